//! Notifications from the end of a vaulting to the receiver's socket, under a clock that is moved.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use antom_core::signature::{GeneratedKey, KeyInput, KeyRing, SigningKey};
use antom_core::{Notification, NotificationVerifier, VaultingOutcome, ack};
use std::sync::LazyLock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::*;
use crate::settings::Settings;
use crate::vaulting::tests::vaulting;
use crate::vaulting::{CardEntry, Found, RequestKey};
use crate::world::Foundation;

static ANTOM: LazyLock<GeneratedKey> = LazyLock::new(SigningKey::generate);
static MERCHANT: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate().signing_key);

const CLIENT: &str = "SANDBOX_5X00000000000000";
const HOUR: Duration = Duration::from_hours(1);

/// A request as it came to the receiver.
struct Received {
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Received {
    fn verify(&self) -> Result<Notification, antom_core::Error> {
        let keys = KeyRing::new(ANTOM.signing_key.verifying_key());
        NotificationVerifier::new(CLIENT, keys).verify(
            "POST",
            &self.path,
            &self.headers,
            &self.body,
        )
    }

    fn time(&self) -> OffsetDateTime {
        let is_time = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("request-time");
        let (_, time) = self.headers.iter().find(is_time).unwrap();
        OffsetDateTime::parse(time, &time::format_description::well_known::Rfc3339).unwrap()
    }
}

/// A merchant's server: gives its answers in turn, the last one again and again.
struct Receiver {
    url: String,
    received: UnboundedReceiver<Received>,
    task: JoinHandle<()>,
}

impl Receiver {
    async fn answering(answers: &[Vec<u8>]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://{}/notify?shop=1%202",
            listener.local_addr().unwrap()
        );
        let (sender, received) = unbounded_channel();
        let mut answers: VecDeque<_> = answers.to_vec().into();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let last = answers.len() == 1;
                let answer = if last {
                    answers[0].clone()
                } else {
                    answers.pop_front().unwrap()
                };
                serve(stream, &answer, &sender).await;
            }
        });
        Self {
            url,
            received,
            task,
        }
    }

    async fn next(&mut self) -> Received {
        let next = timeout(Duration::from_secs(20), self.received.recv()).await;
        next.expect("a notification comes").unwrap()
    }

    fn is_empty(&self) -> bool {
        self.received.is_empty()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, answer: &[u8], sender: &UnboundedSender<Received>) {
    let mut bytes = Vec::new();
    let (head, body) = loop {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))
            .unwrap();
        if bytes.len() == end + 4 + length.parse::<usize>().unwrap() {
            break (head, bytes[end + 4..].to_vec());
        }
    };
    let mut lines = head.lines();
    let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    stream.write_all(answer).await.unwrap();
    sender
        .send(Received {
            path,
            headers,
            body,
        })
        .unwrap();
}

fn http(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn acknowledgement() -> Vec<u8> {
    http("200 OK", ack().body)
}

fn refusal() -> Vec<u8> {
    http("500 Internal Server Error", b"")
}

/// Of a sandbox that has the port 1, without a certificate authority.
pub(crate) fn notifications(settings: &NotificationSettings) -> Notifications {
    let inbox = "http://127.0.0.1:1/__sandbox/inbox".to_owned();
    Notifications::new(settings, PathBuf::new(), inbox, &[1])
}

/// A world with its courier, which ends when this is dropped.
struct Running {
    world: Arc<World>,
    stop: watch::Sender<()>,
    courier: JoinHandle<()>,
    ids: AtomicUsize,
    log: Arc<Mutex<Vec<String>>>,
}

impl Running {
    fn with(settings: &NotificationSettings) -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = log.clone();
        let notifications = notifications(settings);
        let settings = Settings {
            on_exchange: Box::new(move |exchange| lines.lock().unwrap().push(exchange.to_json())),
            ..Settings::default()
        };
        let foundation = Foundation {
            merchant: MERCHANT.verifying_key(),
            key: SigningKey::load(&KeyInput::text(ANTOM.private_pem.expose().as_str())).unwrap(),
            notifications,
            ..Foundation::for_tests(&settings)
        };
        let (world, ended) = World::new(settings, foundation);
        let (stop, stopped) = watch::channel(());
        Self {
            courier: tokio::spawn(deliver(world.clone(), ended, stopped)),
            world,
            stop,
            ids: AtomicUsize::new(1),
            log,
        }
    }

    fn production() -> Self {
        Self::with(&NotificationSettings {
            profile: Profile::Production,
            ..NotificationSettings::default()
        })
    }

    /// Makes a vaulting, and completes it with a card that is vaulted. Returns its number.
    fn complete(&self, url: Option<&str>) -> u64 {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let key = RequestKey {
            client_id: CLIENT.to_owned(),
            request_id: format!("vault-{id}"),
        };
        let now = self.world.clock.now();
        let create = |number| {
            Ok::<_, ()>(Vaulting {
                number,
                key: key.clone().into(),
                origin: Origin::Session {
                    id: format!("id-{id}").into(),
                    data: format!("data-{id}").into(),
                },
                notification_url: url.map(str::to_owned),
                created_at: now,
                expires_at: now + HOUR,
                ..vaulting()
            })
        };
        let found = self
            .world
            .vaultings
            .find_or_create(&key, [0; 32], create, |v| v.number);
        let Ok(Found::New(number)) = found else {
            panic!("the id is new")
        };
        let entry = CardEntry {
            number: "4054695723100768",
            expiry_month: "02",
            expiry_year: &(now.year() + 3).to_string(),
            security_code: "123",
        };
        let entered = self.world.enter_card(&Locator::Number(number), &entry);
        entered.unwrap().unwrap();
        number
    }

    /// The journal's deliveries, when there are so many; the oldest first.
    async fn deliveries(&self, count: usize) -> Vec<Delivery> {
        let mut progress = self.world.notifications.progress.subscribe();
        let all = async {
            loop {
                let deliveries = self.deliveries_so_far();
                if deliveries.len() >= count {
                    return deliveries;
                }
                progress.changed().await.unwrap();
            }
        };
        let deliveries = timeout(Duration::from_secs(20), all).await;
        let deliveries = deliveries.expect("so many attempts are made");
        assert_eq!(deliveries.len(), count);
        deliveries
    }

    fn deliveries_so_far(&self) -> Vec<Delivery> {
        let entries = self.world.journal.entries();
        let deliveries = entries.iter().rev().filter_map(|entry| match &entry.event {
            Event::Notification(delivery) => Some((**delivery).clone()),
            _ => None,
        });
        deliveries.collect()
    }

    fn switch(&self, change: &str) {
        let change = serde_json::from_str(change).unwrap();
        self.world.notifications.book().change(&change).unwrap();
    }

    async fn end(self) {
        self.stop.send_replace(());
        let ended = timeout(Duration::from_secs(5), self.courier).await;
        ended.expect("the courier ends").unwrap();
    }
}

#[tokio::test]
async fn a_notification_is_signed_over_the_path_with_its_query() {
    let mut receiver = Receiver::answering(&[acknowledgement()]).await;
    let running = Running::with(&NotificationSettings::default());
    let number = running.complete(Some(&receiver.url));
    let letter = receiver.next().await;
    assert_eq!(letter.path, "/notify?shop=1%202");
    let Notification::Vaulting(event) = letter.verify().unwrap() else {
        panic!("it is about a vaulting")
    };
    assert_eq!(event.request_id, "vault-1");
    assert!(matches!(event.outcome, VaultingOutcome::Succeeded(_)));
    let delivery = running.deliveries(1).await.remove(0);
    assert!(delivery.acknowledged, "{}", delivery.outcome);
    assert_eq!(delivery.vaulting, Some(number));
    assert_eq!(
        (delivery.http_status, delivery.attempt, delivery.next),
        (Some(200), 1, None)
    );
    assert!(delivery.request.is_exact);
    running.end().await;
}

#[tokio::test]
async fn production_sends_eight_times_and_each_time_signs_anew() {
    let mut receiver = Receiver::answering(&[refusal()]).await;
    let running = Running::production();
    running.complete(Some(&receiver.url));
    let first = receiver.next().await;
    let mut minutes = Vec::new();
    for count in 1..=8 {
        let deliveries = running.deliveries(count).await;
        let Some(next) = deliveries[count - 1].next else {
            break;
        };
        let left = next - running.world.clock.now();
        minutes.push(left.whole_seconds().div_euclid(60));
        running.world.clock.advance(left.unsigned_abs()).unwrap();
        let letter = receiver.next().await;
        letter.verify().unwrap();
        assert_eq!(letter.body, first.body);
        assert!(letter.time() >= next);
    }
    // The machine's clock goes on during the test, so a wait can be a little shorter than a whole minute.
    let rounded: Vec<_> = minutes
        .iter()
        .map(|minutes| (minutes + 1) / 2 * 2)
        .collect();
    assert_eq!(rounded, [2, 10, 10, 60, 120, 360, 900]);
    running.world.clock.advance(100 * HOUR).unwrap();
    running.deliveries(8).await;
    running.end().await;
}

#[tokio::test]
async fn what_a_moved_clock_passed_over_is_sent_at_once() {
    let mut receiver = Receiver::answering(&[refusal()]).await;
    let running = Running::production();
    running.complete(Some(&receiver.url));
    receiver.next().await;
    running.deliveries(1).await;
    // 2 min, 12 min, 22 min, 1 h 22 min, 3 h 22 min and 9 h 22 min after the first.
    running.world.clock.advance(15 * HOUR).unwrap();
    let deliveries = running.deliveries(7).await;
    assert!(deliveries[6].next.is_some());
    running.world.clock.advance(10 * HOUR).unwrap();
    assert_eq!(running.deliveries(8).await[7].next, None);
    running.end().await;
}

#[tokio::test]
async fn an_acknowledgement_ends_the_schedule() {
    let mut receiver = Receiver::answering(&[refusal(), acknowledgement()]).await;
    let running = Running::production();
    running.complete(Some(&receiver.url));
    running.deliveries(1).await;
    running.world.clock.advance(2 * HOUR).unwrap();
    let deliveries = running.deliveries(2).await;
    assert_eq!(
        (deliveries[1].acknowledged, deliveries[1].next),
        (true, None)
    );
    running.world.clock.advance(30 * HOUR).unwrap();
    // Another notification shows that the first had its turn.
    running.complete(Some(&receiver.url));
    running.deliveries(3).await;
    for _ in 0..3 {
        receiver.next().await;
    }
    assert!(receiver.is_empty());
    running.end().await;
}

#[tokio::test]
async fn the_sandbox_profile_sends_once() {
    let receiver = Receiver::answering(&[http("200 OK", b"OK")]).await;
    let running = Running::with(&NotificationSettings::default());
    running.complete(Some(&receiver.url));
    let delivery = running.deliveries(1).await.remove(0);
    assert_eq!((delivery.acknowledged, delivery.next), (false, None));
    assert!(
        delivery
            .outcome
            .starts_with("HTTP 200 but the body is not the acknowledgement: it is not JSON;"),
        "{}",
        delivery.outcome
    );
    running.end().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = Receiver::answering(&[acknowledgement()]).await;
    let location = format!(
        "HTTP/1.1 307 Go\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        target.url
    );
    let receiver = Receiver::answering(&[location.into_bytes()]).await;
    let running = Running::with(&NotificationSettings::default());
    running.complete(Some(&receiver.url));
    let delivery = running.deliveries(1).await.remove(0);
    assert!(
        delivery
            .outcome
            .contains("a redirect, which Antom does not follow")
    );
    assert!(target.is_empty());
    running.end().await;
}

#[tokio::test]
async fn other_hosts_are_refused_with_the_option_that_allows_them() {
    let running = Running::with(&NotificationSettings::default());
    running.complete(Some("https://203.0.113.7/antom/notify"));
    running.complete(Some("http://127.0.0.1:1/__sandbox/reset"));
    running.complete(Some("ftp://127.0.0.1/"));
    let deliveries = running.deliveries(3).await;
    for (delivery, reason) in deliveries.iter().zip([
        "allow it with --allow-notify 203.0.113.7",
        "only /__sandbox/inbox takes notifications",
        "does not begin with http://",
    ]) {
        assert!(!delivery.acknowledged && delivery.answer.is_none());
        assert!(delivery.outcome.contains(reason), "{}", delivery.outcome);
    }
    running.end().await;
}

#[tokio::test]
async fn every_attempt_is_a_line_of_the_log_without_the_query() {
    let receiver = Receiver::answering(&[acknowledgement(), refusal()]).await;
    let running = Running::with(&NotificationSettings::default());
    running.complete(Some(&receiver.url));
    running.deliveries(1).await;
    running.complete(Some("http://me:canary@127.0.0.1/"));
    running.deliveries(2).await;
    let log = running.log.lock().unwrap().clone();
    let lines: Vec<serde_json::Value> = log
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let url = receiver.url.split('?').next().unwrap();
    assert_eq!(lines[0]["path"], url);
    assert_eq!(lines[0]["verdict"], "NOTIFICATION_ACKNOWLEDGED");
    assert_eq!(lines[0]["reason"], serde_json::Value::Null);
    assert_eq!(lines[0]["request_id"], "vault-1");
    assert_eq!(lines[1]["verdict"], "NOTIFICATION_NOT_ACKNOWLEDGED");
    assert_eq!(lines[1]["http_status"], 0);
    assert!(!log[1].contains("canary"), "{}", log[1]);
    running.end().await;
}

#[tokio::test]
async fn without_a_url_the_dashboards_is_used() {
    let mut receiver = Receiver::answering(&[acknowledgement()]).await;
    let running = Running::with(&NotificationSettings {
        dashboard_url: Some(receiver.url.clone()),
        ..NotificationSettings::default()
    });
    running.complete(None);
    receiver.next().await.verify().unwrap();
    let delivery = running.deliveries(1).await.remove(0);
    assert!(
        delivery
            .outcome
            .contains("the request had no vaultingNotificationUrl")
    );
    running.end().await;
}

#[tokio::test]
async fn duplicates_and_drops_happen_on_purpose() {
    let mut receiver = Receiver::answering(&[acknowledgement()]).await;
    let running = Running::production();
    running.switch(r#"{"duplicate": true, "drop": 1}"#);
    running.complete(Some(&receiver.url));
    let dropped = running.deliveries(1).await.remove(0);
    assert!(
        dropped.outcome.contains("dropped on purpose"),
        "{}",
        dropped.outcome
    );
    assert!(dropped.next.is_some() && receiver.is_empty());
    running.world.clock.advance(HOUR).unwrap();
    let deliveries = running.deliveries(3).await;
    assert!(
        deliveries[2]
            .outcome
            .contains("the second of two on purpose")
    );
    assert_eq!((deliveries[1].attempt, deliveries[2].attempt), (2, 2));
    let (one, two) = (receiver.next().await, receiver.next().await);
    one.verify().unwrap();
    two.verify().unwrap();
    assert_eq!(one.body, two.body);
    running.end().await;
}

#[tokio::test]
async fn a_delay_is_kept_on_the_sandboxs_clock() {
    let receiver = Receiver::answering(&[acknowledgement()]).await;
    let running = Running::with(&NotificationSettings::default());
    running.switch(r#"{"delay": "1h"}"#);
    let mut progress = running.world.notifications.progress.subscribe();
    running.complete(Some(&receiver.url));
    progress.changed().await.unwrap();
    running.switch(r#"{"delay": "0s"}"#);
    running.complete(Some(&receiver.url));
    let first = running.deliveries(1).await.remove(0);
    assert_eq!(first.request_id.as_deref(), Some("vault-2"));
    running.world.clock.advance(HOUR).unwrap();
    assert_eq!(
        running.deliveries(2).await[1].request_id.as_deref(),
        Some("vault-1")
    );
    running.end().await;
}

#[tokio::test]
async fn a_forgery_is_refused_by_libantom_and_an_acknowledgement_of_it_is_a_warning() {
    let mut receiver = Receiver::answering(&[refusal(), acknowledgement()]).await;
    let running = Running::with(&NotificationSettings::default());
    for (switch, warning) in [
        ("corrupt_body", "its body was changed after it was signed"),
        ("wrong_key", "it was signed with another key"),
        ("wrong_client_id", "it was for another client id"),
    ] {
        running.switch(&format!(r#"{{"{switch}": true}}"#));
        let before = running.deliveries_so_far().len();
        running.complete(Some(&receiver.url));
        let forged = receiver.next().await;
        assert!(forged.verify().is_err(), "{switch}");
        let outcome = &running.deliveries(before + 1).await[before].outcome;
        assert!(outcome.contains(warning), "{outcome}");
        let expected = if before == 0 {
            "a refusal is right"
        } else {
            "your server must check that"
        };
        assert!(outcome.contains(expected), "{outcome}");
        running.switch(&format!(r#"{{"{switch}": false}}"#));
    }
    running.end().await;
}

#[tokio::test]
async fn an_attempt_by_hand_leaves_the_schedule_as_it_is() {
    let mut receiver = Receiver::answering(&[refusal(), refusal(), acknowledgement()]).await;
    let running = Running::production();
    running.complete(Some(&receiver.url));
    let planned = running.deliveries(1).await[0].next;
    for count in 2..=3 {
        running.world.notifications.book().resend(1).unwrap();
        running.world.notifications.wake.notify_one();
        let delivery = running.deliveries(count).await.remove(count - 1);
        assert_eq!(delivery.next, if count == 2 { planned } else { None });
        receiver.next().await;
    }
    // Even after it was acknowledged.
    running.world.notifications.book().resend(1).unwrap();
    running.world.notifications.wake.notify_one();
    assert!(running.deliveries(4).await[3].acknowledged);
    let unknown = running.world.notifications.book().resend(2);
    assert_eq!(unknown, Err(book::ResendProblem::Unknown));
    running.end().await;
}

#[tokio::test]
async fn what_waits_is_bounded_and_a_reset_forgets_it() {
    let running = Running::with(&NotificationSettings::default());
    running.switch(r#"{"delay": "1h"}"#);
    let number = running.complete(Some("http://127.0.0.1:1/"));
    let vaulting = running
        .world
        .vaultings
        .get(&Locator::Number(number))
        .unwrap();
    for _ in 0..MOST_NOTICES + 2 {
        running.world.notify(&vaulting).unwrap();
    }
    assert_eq!(
        running.world.notifications.book().shown().len(),
        MOST_NOTICES
    );
    let given_up = running.world.journal.entries().into_iter().filter(
        |entry| matches!(&entry.event, Event::Control { what } if what.contains("was given up")),
    );
    assert!((2..=3).contains(&given_up.count()));
    running.world.notifications.reset();
    running.world.clock.advance(HOUR).unwrap();
    assert!(running.world.notifications.book().shown().is_empty());
    let switches = running.world.notifications.book().switches.clone();
    assert_eq!(switches, Switches::default());
    running.end().await;
}

#[tokio::test]
async fn a_profile_of_one_attempt_ends_the_schedules_that_run() {
    let receiver = Receiver::answering(&[refusal()]).await;
    let running = Running::production();
    running.complete(Some(&receiver.url));
    running.deliveries(1).await;
    running.switch(r#"{"profile": "sandbox"}"#);
    assert_eq!(running.world.notifications.book().next_due(), None);
    running.end().await;
}

#[tokio::test]
async fn the_answer_waits_for_the_notification_if_it_is_told_to() {
    let mut receiver = Receiver::answering(&[acknowledgement()]).await;
    let running = Running::with(&NotificationSettings::default());
    running.switch(r#"{"before_the_answer": true}"#);
    let number = running.complete(Some(&receiver.url));
    let direct = |vaulting: &mut Vaulting| vaulting.origin = Origin::Direct;
    running
        .world
        .vaultings
        .with(&Locator::Number(number), direct);
    before_the_answer(&running.world, Some(number)).await;
    assert_eq!(running.deliveries_so_far().len(), 1);
    receiver.next().await;
    running.end().await;
}

#[tokio::test]
async fn a_receiver_that_never_answers_does_not_keep_the_sandbox_from_ending() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let running = Running::with(&NotificationSettings::default());
    running.complete(Some(&url));
    let _open = listener.accept().await.unwrap();
    running.end().await;
}
