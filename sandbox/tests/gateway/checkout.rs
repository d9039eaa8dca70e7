//! The buyer's pages over plain HTTP, as a browser without scripts uses them.

use antom_sandbox::Settings;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::support::{Answer, Request, Running, get};

const SHOP: &str = "http://127.0.0.1:9/return?order=7";

/// The session of a buyer.
struct Buyer<'a> {
    running: &'a Running,
    session_id: String,
    session_data: String,
}

impl<'a> Buyer<'a> {
    fn new(running: &'a Running, redirect_url: Option<&str>) -> Self {
        Self::with(running, "1", redirect_url)
    }

    fn with(running: &'a Running, request_id: &str, redirect_url: Option<&str>) -> Self {
        let mut body = json!({"paymentMethodType": "CARD", "vaultingRequestId": request_id});
        if let Some(url) = redirect_url {
            body["redirectUrl"] = url.into();
        }
        let answer = running.send_body(&body.to_string());
        let member = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
        Self {
            running,
            session_id: member("vaultingSessionId"),
            session_data: member("vaultingSessionData"),
        }
    }

    /// A redirection, or a page that says what it is.
    fn get(&self, page: &str) -> Answer {
        let id = encoded(&self.session_id);
        let target = format!("{page}?vaultingSessionId={id}");
        let answer = self.running.send(&get(&target));
        assert!(answer.status == 303 || answer.text().contains("Local sandbox — not Antom</p>"));
        answer
    }

    fn post(&self, page: &str, fields: &[(&str, &str)]) -> Answer {
        self.running.send(&self.form(page, fields))
    }

    fn form(&self, page: &str, fields: &[(&str, &str)]) -> Request {
        let session = [("vaultingSessionId", self.session_id.as_str())];
        post(page, &[&session, fields].concat())
    }

    fn enter(&self, card: &str) -> Answer {
        self.post("/checkout/card", &entry(card))
    }

    fn answer_challenge(&self, field: (&str, &str)) -> Answer {
        self.post("/checkout/challenge", &[field])
    }

    /// What an ended session says of itself.
    fn result(&self) -> String {
        let page = self.get("/checkout/result");
        assert_eq!(page.status, 200);
        page.text().to_owned()
    }
}

fn entry(card: &str) -> [(&str, &str); 3] {
    [
        ("number", card),
        ("expiry", "12/39"),
        ("security_code", "123"),
    ]
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn post(page: &str, fields: &[(&str, &str)]) -> Request {
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    let mut request = get(page)
        .with_line(&format!("POST {page} HTTP/1.1"))
        .with("Content-Type", "application/x-www-form-urlencoded");
    request.body = pairs.join("&").into_bytes();
    request
}

#[track_caller]
fn assert_goes_to(answer: &Answer, start: &str) {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let location = answer.header("location").unwrap();
    assert!(location.starts_with(start), "{location}");
    assert!(!location.contains("4054"), "{location}");
}

#[test]
fn each_test_card_leads_where_it_should() {
    let running = Running::start();
    for (request_id, card, page, ending) in [
        ("1", "4054695723100768", SHOP, "SUCCESS"),
        ("2", "5162 7741 1497 4622", SHOP, "SUCCESS"),
        ("3", "4054-6927-6017-4822", SHOP, "DO_NOT_HONOR"),
        ("4", "4000000000000606", SHOP, "CARD_EXPIRED"),
        (
            "5",
            "4000000000000408",
            "/checkout/result?",
            "No answer came in time",
        ),
    ] {
        let buyer = Buyer::with(&running, request_id, Some(SHOP));
        assert_goes_to(&buyer.enter(card), page);
        assert!(buyer.result().contains(ending), "{card}");
    }
}

#[test]
fn without_a_redirect_url_the_buyer_sees_the_result() {
    let running = Running::start();
    let buyer = Buyer::new(&running, None);
    assert_goes_to(
        &buyer.enter("4054695723100768"),
        "/checkout/result?vaultingSessionId=",
    );
    let result = buyer.result();
    assert!(result.contains("The card is saved"), "{result}");
    assert!(result.contains("Visa •••• 0768"), "{result}");
    assert!(!result.contains("405469572310"), "{result}");
}

#[test]
fn three_d_secure_takes_its_code_and_nothing_else() {
    let running = Running::start();
    let buyer = Buyer::new(&running, Some(SHOP));
    assert_goes_to(&buyer.enter("4000000000000309"), "/checkout/challenge?");
    assert_goes_to(&buyer.get("/checkout"), "/checkout/challenge?");
    assert!(
        buyer
            .get("/checkout/challenge")
            .text()
            .contains("ending in <strong>0309")
    );
    for wrong in ["", "000000", "１２３４５６"] {
        let page = buyer.answer_challenge(("code", wrong));
        assert_eq!(page.status, 422, "{wrong}");
        assert!(page.text().contains("The code is not 123456"));
        assert!(page.text().contains("aria-invalid=\"true\""));
    }
    assert_goes_to(&buyer.answer_challenge(("code", " 123456 ")), SHOP);
    assert!(buyer.result().contains("SUCCESS"));

    let cancelling = Buyer::with(&running, "2", Some(SHOP));
    cancelling.enter("4000000000000309");
    assert_goes_to(&cancelling.answer_challenge(("action", "cancel")), SHOP);
    assert!(
        cancelling
            .result()
            .contains("USER_PAYMENT_VERIFICATION_FAILED")
    );

    let early = Buyer::with(&running, "3", None);
    assert_goes_to(&early.get("/checkout/challenge"), "/checkout?");
    assert_goes_to(&early.answer_challenge(("code", "123456")), "/checkout?");
}

#[test]
fn a_buyer_who_left_can_come_back() {
    let running = Running::start();
    let buyer = Buyer::new(&running, Some(SHOP));
    assert_goes_to(&buyer.enter("4000000000000507"), "/checkout/left?");
    assert!(
        buyer
            .get("/checkout/left")
            .text()
            .contains("The buyer left")
    );
    assert_goes_to(&buyer.get("/checkout/result"), "/checkout?");
    assert_goes_to(&buyer.enter("4054695723100768"), SHOP);
    assert_eq!(buyer.get("/checkout/left").status, 410);
}

#[test]
fn every_wrong_field_is_named_beside_it() {
    let running = Running::start();
    let buyer = Buyer::new(&running, None);
    let fields = [
        ("number", "4054"),
        ("expiry", "13/39"),
        ("security_code", "9"),
    ];
    let page = buyer.post("/checkout/card", &fields);
    assert_eq!(page.status, 422);
    for (field, problem) in [
        (
            "number",
            "The card number is not complete or has a wrong digit.",
        ),
        ("expiry", "The month must be 01 to 12."),
        ("security_code", "The security code has 3 digits."),
    ] {
        let beside = format!("<p class=\"error\" id=\"{field}-problem\">{problem}</p>");
        assert!(page.text().contains(&beside), "{}", page.text());
    }
    assert_eq!(page.text().matches("aria-invalid=\"true\"").count(), 3);
    assert_eq!(page.text().matches(" autofocus").count(), 1);
    assert!(page.text().contains("<title>Error: "));
    assert!(
        page.text().contains("value=\"13/39\""),
        "what is no secret is kept"
    );
    // Nothing at all, and twice the same, is wrong but harmless.
    assert_eq!(buyer.post("/checkout/card", &[]).status, 422);
    assert_goes_to(&buyer.enter("4054695723100768"), "/checkout/result?");
}

#[test]
fn a_number_that_is_no_test_card_is_refused_and_never_shown_again() {
    let running = Running::start();
    let buyer = Buyer::new(&running, None);
    for number in ["4111111111111111", "4111 1111 1111 1111"] {
        let page = buyer.enter(number);
        assert_eq!(page.status, 422);
        assert!(page.text().contains("This is not a test card"));
        assert!(!page.text().contains("4111"), "{}", page.text());
    }
    let wrong_expiry = [
        ("number", "4054695723100768"),
        ("expiry", "1/20"),
        ("security_code", "987"),
    ];
    let page = buyer.post("/checkout/card", &wrong_expiry);
    assert!(!page.text().contains("987"), "{}", page.text());
}

#[test]
fn a_card_that_a_server_sent_is_confirmed_on_the_same_page() {
    let running = Running::start();
    let vault = |request_id: &str, card: &str| {
        let body = json!({
            "vaultingRequestId": request_id,
            "vaultingNotificationUrl": "https://shop.example/n",
            "redirectUrl": SHOP,
            "paymentMethodDetail": {"paymentMethodType": "CARD", "card": {
                "cardNo": card, "cvv": "987", "expiryMonth": "12", "expiryYear": "39",
                "cardholderName": {"firstName": "A"}, "businessRegistrationNo": "96"}},
            "env": {"terminalType": "app", "timeZoneOffset": 60},
        });
        running
            .call("/v1/vaults/vaultPaymentMethod", &body.to_string())
            .json()
    };
    let url = vault("1", "4000000000000309")["normalUrl"]
        .as_str()
        .unwrap()
        .to_owned();
    let target = url.strip_prefix(&running.sandbox().http_url()).unwrap();
    let page = running.send(&get(target));
    assert_eq!(page.status, 200);
    assert!(page.text().contains("ending in <strong>0309"));
    assert!(page.text().contains("name=\"vaulting\" value=\"1\""));
    let answer = |code| post("/checkout/challenge", &[("vaulting", "1"), ("code", code)]);
    assert_eq!(running.send(&answer("1")).status, 422);
    assert_goes_to(&running.send(&answer("123456")), SHOP);
    assert_eq!(running.send(&get(target)).status, 410);
    assert_eq!(
        vault("1", "4000000000000309")["result"]["resultCode"],
        "SUCCESS"
    );
}

#[test]
fn what_the_buyer_did_is_what_the_shop_learns() {
    let running = Running::start();
    let buyer = Buyer::new(&running, Some(SHOP));
    let ask = || {
        running
            .call("/v1/vaults/inquireVaulting", r#"{"vaultingRequestId":"1"}"#)
            .json()
    };
    assert_eq!(ask()["vaultingStatus"], "PROCESSING");
    buyer.enter("4054695723100768");
    let inquiry = ask();
    assert_eq!(inquiry["vaultingStatus"], "SUCCESS");
    let card = &inquiry["paymentMethodDetail"]["card"];
    assert_eq!(
        (&card["expiryMonth"], &card["expiryYear"]),
        (&json!("12"), &json!("39"))
    );
}

#[test]
fn the_same_form_sent_twice_leads_to_the_same_place() {
    let running = Running::start();
    for (request_id, card, page) in [
        ("1", "4054695723100768", SHOP),
        ("2", "4054692760174822", SHOP),
        ("3", "4000000000000309", "/checkout/challenge?"),
        ("4", "4000000000000408", "/checkout/result?"),
        ("5", "4000000000000507", "/checkout/left?"),
    ] {
        let buyer = Buyer::with(&running, request_id, Some(SHOP));
        assert_goes_to(&buyer.enter(card), page);
        assert_goes_to(&buyer.enter(card), page);
    }
    let buyer = Buyer::with(&running, "6", Some(SHOP));
    buyer.enter("4000000000000309");
    for _ in 0..2 {
        assert_goes_to(&buyer.answer_challenge(("code", "123456")), SHOP);
    }
}

#[test]
fn a_used_session_and_an_expired_one_say_so() {
    let running = Running::start();
    let used = Buyer::new(&running, Some(SHOP));
    used.enter("4054695723100768");
    for page in ["/checkout", "/checkout/challenge"] {
        let page = used.get(page);
        assert_eq!(page.status, 410);
        assert!(page.text().contains("This session is already used"));
        assert!(page.text().contains(&format!("href=\"{SHOP}\"")));
    }

    let hasty = Running::with(Settings {
        session_lifetime: std::time::Duration::ZERO,
        ..Settings::default()
    });
    let late = Buyer::new(&hasty, Some(SHOP));
    for page in [
        late.get("/checkout"),
        late.enter("4054695723100768"),
        late.get("/checkout/challenge"),
        late.get("/checkout/left"),
    ] {
        assert_eq!(page.status, 410);
        assert!(
            page.text().contains("This session has expired"),
            "{}",
            page.text()
        );
    }
    assert!(late.result().contains("The session has expired"));
}

#[test]
fn a_session_is_found_by_what_cannot_be_guessed_only() {
    let running = Running::start();
    let buyer = Buyer::new(&running, None);
    let data = encoded(&buyer.session_data);
    let exchanged = running.send(&get(&format!("/checkout?sessionData={data}")));
    assert_goes_to(&exchanged, "/checkout?vaultingSessionId=");
    assert!(!exchanged.header("location").unwrap().contains(&data));
    for query in [
        "",
        "?",
        "?vaulting=1",
        "?vaultingSessionId=",
        "?vaultingSessionId=none",
        "?sessionData=%FF%00",
        "?vaultingRequestId=1",
    ] {
        for page in [
            "/checkout",
            "/checkout/challenge",
            "/checkout/left",
            "/checkout/result",
        ] {
            let answer = running.send(&get(&format!("{page}{query}")));
            assert_eq!(answer.status, 404, "{page}{query}");
            assert!(answer.text().contains("There is no such session"));
        }
    }
    assert_eq!(
        running
            .send(&post("/checkout/card", &[("vaulting", "1")]))
            .status,
        404
    );
    assert_eq!(buyer.get("/checkout").status, 200);
}

#[test]
fn only_a_post_changes_something() {
    let running = Running::start();
    let buyer = Buyer::new(&running, None);
    let id = encoded(&buyer.session_id);
    let query =
        format!("vaultingSessionId={id}&number=4054695723100768&expiry=12/39&security_code=123");
    let answer = running.send(&get(&format!("/checkout/card?{query}")));
    assert_eq!(answer.status, 405);
    assert_eq!(
        running.send(&get(&format!("/checkout?{query}"))).status,
        200
    );
    assert_eq!(
        buyer.get("/checkout").status,
        200,
        "the session is still open"
    );
}

#[test]
fn a_form_of_another_site_is_refused() {
    let running = Running::start();
    let buyer = Buyer::new(&running, None);
    let form = || buyer.form("/checkout/card", &entry("4054695723100768"));
    for (name, value) in [
        ("Origin", "http://127.0.0.1:3000"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let answer = running.send(&form().with(name, value));
        assert_eq!(answer.status, 403, "{name}: {value}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    assert_eq!(
        buyer.get("/checkout").status,
        200,
        "the session is still open"
    );
    let own = form()
        .with("Origin", "http://127.0.0.1")
        .with("Sec-Fetch-Site", "same-origin");
    assert_goes_to(&running.send(&own), "/checkout/result?");
}

#[test]
fn a_form_may_lead_back_to_the_shop_and_nowhere_else_without_one() {
    let running = Running::start();
    let policy = |buyer: &Buyer<'_>| {
        let page = buyer.get("/checkout");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        page.header("content-security-policy").unwrap().to_owned()
    };
    let with_shop = policy(&Buyer::new(&running, Some(SHOP)));
    assert!(
        with_shop.ends_with("form-action 'self' http: https:"),
        "{with_shop}"
    );
    let without = policy(&Buyer::with(&running, "2", None));
    assert!(without.ends_with("form-action 'self'"), "{without}");
}

#[test]
fn nothing_that_comes_from_outside_becomes_html() {
    const ATTACK: &str = "\"'><img src=x onerror=alert(1)>{{123*321}}</script>&";
    let running = Running::start();
    let buyer = Buyer::with(
        &running,
        "<b>1</b>",
        Some("https://shop.example/?a='\"><b>&x=1"),
    );
    let attack = encoded(ATTACK);
    let mut pages = vec![
        running.send(&get(&format!("/checkout?vaultingSessionId={attack}"))),
        running.send(&get(&format!("/checkout?sessionData={attack}"))),
        running.send(&get(&format!(
            "/checkout?vaultingSessionId={}&use={attack}",
            encoded(&buyer.session_id)
        ))),
        running.send(&post("/checkout/card", &[("vaultingSessionId", ATTACK)])),
        buyer.post(
            "/checkout/card",
            &[
                ("number", ATTACK),
                ("expiry", ATTACK),
                ("security_code", ATTACK),
            ],
        ),
    ];
    buyer.enter("4000000000000309");
    pages.push(buyer.answer_challenge(("code", ATTACK)));
    buyer.answer_challenge(("code", "123456"));
    pages.push(buyer.get("/checkout"));
    pages.push(buyer.get("/checkout/result"));
    for page in pages {
        for raw in ["<img", "<b>", "39483", "</script>&"] {
            let text = page.text().replace(" defer></script>", "");
            assert!(!text.contains(raw), "{raw} in {text}");
        }
    }
    let link = buyer.get("/checkout").text().to_owned();
    assert!(
        link.contains("href=\"https://shop.example/?a=%27%22%3E%3Cb%3E&#38;x=1\""),
        "{link}"
    );
}

#[test]
fn a_form_that_is_too_large_is_not_read() {
    let running = Running::start();
    let buyer = Buyer::new(&running, None);
    let large = "1".repeat(20_000);
    let answer = buyer.post("/checkout/card", &[("number", &large)]);
    assert_eq!(answer.status, 413);
}

#[test]
fn a_test_card_is_filled_in_without_its_number_in_the_address() {
    let running = Running::start();
    let buyer = Buyer::new(&running, None);
    let id = encoded(&buyer.session_id);
    let page = running.send(&get(&format!("/checkout?vaultingSessionId={id}&use=9")));
    assert!(page.text().contains("value=\"4000 0000 0000 0309\""));
    assert!(page.text().contains("name=\"use\" value=\"9\""));
    for nothing in ["99", "-1", "x"] {
        let page = running.send(&get(&format!(
            "/checkout?vaultingSessionId={id}&use={nothing}"
        )));
        assert_eq!(page.status, 200);
    }
}

#[test]
fn no_card_number_gets_into_the_log() {
    let running = Running::start();
    let buyer = Buyer::new(&running, Some(SHOP));
    buyer.enter("4111111111111111");
    buyer.enter("4054695723100768");
    let log: String = running
        .exchanges()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(!log.contains("4111") && !log.contains("4054"), "{log}");
}
