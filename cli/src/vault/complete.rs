//! `antom vault complete`: plays the buyer of a session in the local sandbox, who enters a test card. It calls the
//! sandbox's own HTTP interface, which Antom does not have.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, thread};

use clap::Args;
use serde::{Deserialize, Serialize};
use ureq::Agent;

use crate::output::{Failure, block, print, print_json};

const DEFAULT_SANDBOX: &str = "http://127.0.0.1:8080";
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long the first attempt to notify is waited for.
const FIRST_ATTEMPT: Duration = Duration::from_secs(2);
const BETWEEN_LOOKS: Duration = Duration::from_millis(25);
/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 64 * 1024;
/// How many years ahead a card expires of which nothing else is said.
const YEARS_AHEAD: u64 = 3;

pub(super) const AFTER_HELP: &str = "\
Examples:
  antom vault complete order-7 --card 4054695723100768
  antom vault complete order-7 --code 123456

Test cards:
  4054695723100768  is vaulted
  4054692760174822  is refused with DO_NOT_HONOR
  4000000000000606  is refused with CARD_EXPIRED
  4000000000000309  asks for 3-D Secure; the code is 123456
  4000000000000408  is vaulted, but the buyer's page hears nothing
  4000000000000507  makes the buyer leave; the session stays open
  The checkout page of the sandbox lists more.

Exit codes: 0 the sandbox took the card, whatever became of it; 1 it did not; 2 the command line is not usable.";

#[derive(Args)]
#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
pub(crate) struct Arguments {
    /// The session: its id, or its vaultingRequestId
    #[arg(value_name = "SESSION")]
    session: String,

    /// Number of a test card; not needed with --code once the buyer is on the 3-D Secure page
    #[arg(long, value_name = "NUMBER", required_unless_present = "code")]
    card: Option<String>,

    /// When the card expires; left out, in three years
    #[arg(long, value_name = "MM/YY")]
    expiry: Option<String>,

    /// The three digits on the back
    #[arg(long, value_name = "DIGITS", default_value = "123")]
    security_code: String,

    /// What the buyer answers on the 3-D Secure page, where there is one; left out, the session waits there
    #[arg(long, value_name = "DIGITS")]
    code: Option<String>,

    /// Address of the sandbox [ANTOM_SANDBOX; default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL")]
    sandbox: Option<String>,

    /// Print one line of JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<&'a str>,
    expiry: &'a str,
    security_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge_code: Option<&'a str>,
}

/// What the sandbox answers.
#[derive(Deserialize)]
struct Answer {
    progress: String,
    what_next: String,
    session: Session,
}

/// As much of the session as matters here.
#[derive(Deserialize)]
struct Session {
    status: String,
    result_code: String,
    stage: String,
    number: u64,
    #[serde(default)]
    notification: Option<Notification>,
}

/// What became of the notification of the session's end.
#[derive(Deserialize, Serialize)]
struct Notification {
    url: String,
    /// `waiting`, `sending`, `acknowledged` or `given_up`.
    state: String,
    attempts: u32,
    /// When the next attempt is due, on the sandbox's clock.
    next: Option<String>,
    /// What became of the last attempt.
    outcome: Option<String>,
}

impl Notification {
    fn was_attempted(&self) -> bool {
        self.state != "sending" && self.attempts > 0
    }

    fn describe(&self) -> String {
        let url = &self.url;
        let outcome = self.outcome.as_deref().unwrap_or("being sent");
        match (self.state.as_str(), &self.next) {
            ("acknowledged", _) => format!("acknowledged by {url}"),
            (_, Some(next)) if self.attempts == 0 => format!("due at {next}, to {url}"),
            (_, Some(next)) => format!("{outcome}; sent again at {next}"),
            (_, None) => outcome.to_owned(),
        }
    }
}

/// What became of it.
#[derive(Serialize)]
struct Outcome {
    /// `SUCCESS`, `FAIL` or `PROCESSING`.
    status: String,
    /// The `vaultingResultCode`.
    code: String,
    /// What happened.
    what: String,
    /// What happens next, or is to be done.
    next: String,
    /// Of the session's end, if it has ended.
    notification: Option<Notification>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let sandbox = sandbox_address(arguments.sandbox.as_deref())?;
    let url = format!(
        "{sandbox}/__sandbox/sessions/{}/complete",
        path_segment(&arguments.session)
    );
    let expiry = arguments.expiry.clone().unwrap_or_else(good_expiry);
    let entry = Entry {
        card: arguments.card.as_deref(),
        expiry: &expiry,
        security_code: &arguments.security_code,
        challenge_code: arguments.code.as_deref(),
    };
    let agent = agent();
    let answer = post(&agent, &url, &entry).map_err(|problem| match problem {
        Problem::Refused(message) => Failure::Other(message),
        Problem::NoAnswer(problem) => Failure::Other(format!(
            "the sandbox at {sandbox} does not answer: {problem}; is it running? Give its address with --sandbox or \
             ANTOM_SANDBOX"
        )),
        Problem::NotTheSandbox(status) => Failure::Other(format!(
            "what answers at {sandbox} is not a sandbox that can do this (HTTP status {status}); give the sandbox's \
             http address with --sandbox or ANTOM_SANDBOX"
        )),
    })?;
    let session = answer.session;
    let next = if answer.progress == "challenge" {
        let session = shell_word(&arguments.session);
        format!("the buyer is on the 3-D Secure page: antom vault complete {session} --code 123456")
    } else {
        answer.what_next
    };
    let notification = if session.status == "PROCESSING" {
        None
    } else {
        let url = format!("{sandbox}/__sandbox/sessions/{}", session.number);
        notification(&agent, &url)
    };
    let outcome = Outcome {
        status: session.status,
        code: session.result_code,
        what: session.stage,
        next,
        notification,
    };
    if arguments.json {
        print_json(&outcome)?;
    } else {
        print(&block(&describe(outcome)))?;
    }
    Ok(())
}

fn describe(outcome: Outcome) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("status", outcome.status),
        ("result code", outcome.code),
        ("what", outcome.what),
        ("next", outcome.next),
    ];
    let notification = outcome.notification.map(|sent| sent.describe());
    lines.extend(notification.map(|text| ("notification", text)));
    lines
}

enum Problem {
    /// In the sandbox's own words.
    Refused(String),
    NoAnswer(ureq::Error),
    NotTheSandbox(u16),
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(TIMEOUT))
        .build()
        .new_agent()
}

/// What became of the first attempt to notify, if it is made at once. That nothing can be learnt of it is no failure.
fn notification(agent: &Agent, url: &str) -> Option<Notification> {
    let begin = Instant::now();
    loop {
        let mut answer = agent.get(url).call().ok()?;
        let body = answer.body_mut().with_config().limit(LONGEST_ANSWER);
        let session: Session = serde_json::from_slice(&body.read_to_vec().ok()?).ok()?;
        let sent = session.notification;
        let is_known = sent.as_ref().is_some_and(Notification::was_attempted);
        if is_known || begin.elapsed() > FIRST_ATTEMPT {
            return sent;
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

fn post(agent: &Agent, url: &str, entry: &Entry<'_>) -> Result<Answer, Problem> {
    let body = serde_json::to_vec(entry).expect("text always serialises");
    let mut answer = agent
        .post(url)
        .content_type("application/json")
        .send(&body)
        .map_err(Problem::NoAnswer)?;
    let text = answer
        .body_mut()
        .with_config()
        .limit(LONGEST_ANSWER)
        .read_to_vec()
        .map_err(Problem::NoAnswer)?;
    let status = answer.status();
    if status.is_success() {
        return serde_json::from_slice(&text).map_err(|_| Problem::NotTheSandbox(status.as_u16()));
    }
    match serde_json::from_slice(&text) {
        Ok(Refusal { error }) => Err(Problem::Refused(error)),
        Err(_) => Err(Problem::NotTheSandbox(status.as_u16())),
    }
}

/// Without a slash at the end.
pub(super) fn sandbox_address(flag: Option<&str>) -> Result<String, Failure> {
    let variable = env::var("ANTOM_SANDBOX").ok().filter(|url| !url.is_empty());
    let url = flag.map(str::to_owned).or(variable);
    let url = url.unwrap_or_else(|| DEFAULT_SANDBOX.to_owned());
    let authority = url
        .strip_prefix("http://")
        .map(|rest| rest.trim_end_matches('/'));
    match authority {
        Some(authority) if !authority.is_empty() && !authority.contains(['/', '?', '#', '@']) => {
            Ok(format!("http://{authority}"))
        }
        _ if url.starts_with("https:") => Err(Failure::Usage(format!(
            "give the sandbox's http address, for example {DEFAULT_SANDBOX}: the https address is for clients of the API"
        ))),
        _ => Err(Failure::Usage(format!(
            "the address of the sandbox must be like {DEFAULT_SANDBOX}"
        ))),
    }
}

/// As it can be typed again.
fn shell_word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.:".contains(&byte);
    if text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// As one part of a path, whatever it holds.
pub(super) fn path_segment(text: &str) -> String {
    let encoded = text.bytes().map(|byte| {
        if byte.is_ascii_alphanumeric() || b"-_".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    encoded.collect()
}

/// For example `12/29`.
fn good_expiry() -> String {
    const SECONDS_OF_A_YEAR: u64 = 31_556_952;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let year = 1970 + now.unwrap_or_default().as_secs() / SECONDS_OF_A_YEAR;
    format!("12/{:02}", (year + YEARS_AHEAD) % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_stays_one_part_of_the_path() {
        assert_eq!(path_segment("a+b/c=é."), "a%2Bb%2Fc%3D%C3%A9%2E");
    }

    #[test]
    fn only_the_address_of_a_sandbox_is_taken() {
        let good =
            |text| sandbox_address(Some(text)).is_ok_and(|url| url == "http://127.0.0.1:9000");
        assert!(good("http://127.0.0.1:9000") && good("http://127.0.0.1:9000/"));
        for bad in [
            "",
            "127.0.0.1",
            "https://127.0.0.1",
            "http://",
            "http://a/b",
            "http://a@b",
        ] {
            assert!(sandbox_address(Some(bad)).is_err(), "{bad}");
        }
    }
}
