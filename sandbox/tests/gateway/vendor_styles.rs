//! Requests as Antom's own SDKs write them, each with its peculiarities. All must be understood.

use std::io::{Read, Write};

use crate::support::{Answer, Draft, Request, Running, TEST_PATH};

#[test]
fn java_style() {
    let running = Running::start();
    let draft = Draft {
        body: r#"{"is3DSAuthentication":true,"merchantRegion":"SG","paymentMethodType":"CARD","redirectUrl":"https://shop.example/r","vaultingNotificationUrl":"https://shop.example/n","vaultingRequestId":"1"}"#,
        ..Draft::default()
    };
    let request = draft
        .sign(&running.merchant)
        .with("Accept", "text/plain,text/xml,text/javascript,text/html")
        .with("User-Agent", "global-open-sdk-java/2.2.8");
    running.assert_signed(&running.send(&request), &draft, "SUCCESS");
}

#[test]
fn python_style_absolute_target_indented_body_and_iso_time() {
    let running = Running::start();
    let draft = Draft {
        time: "2026-08-17T03:54:19+00:00",
        body: "{\n   \"paymentMethodType\": \"CARD\",\n   \"vaultingRequestId\": \"1\",\n   \"vaultingNotificationUrl\": \"https://www.example.com/n?x=\\u00e9\",\n   \"is3DSAuthentication\": false\n}",
        ..Draft::default()
    };
    for authority in ["127.0.0.1", "localhost:443", "[::1]:8443"] {
        let request = draft
            .sign(&running.merchant)
            .with_line(&format!("POST https://{authority}{TEST_PATH} HTTP/1.1"))
            .with("Accept", "text/plain,text/xml,text/javascript,text/html")
            .with("Cache-Control", "no-cache");
        running.assert_signed(&running.send(&request), &draft, "SUCCESS");
    }
}

#[test]
fn php_style_nulls_offset_without_colon_and_expect_continue() {
    let running = Running::start();
    let draft = Draft {
        time: "2026-08-17T10:00:00+0800",
        body: r#"{"paymentMethodType":"CARD","vaultingRequestId":"1","vaultingNotificationUrl":"https:\/\/www.example.com\/n","redirectUrl":null,"merchantRegion":null,"is3DSAuthentication":null}"#,
        ..Draft::default()
    };
    let request = draft
        .sign(&running.merchant)
        .with("Accept", "*/*")
        .with("agent-token", "")
        .with("Expect", "100-continue");
    let answer = after_continue(&running, &request);
    running.assert_signed(&answer, &draft, "SUCCESS");
    assert!(answer.json().get("normalUrl").is_none(), "null is absent");
}

#[test]
fn go_style_two_content_types_and_empty_agent_token() {
    let running = Running::start();
    let draft = Draft::default();
    let request = draft
        .sign(&running.merchant)
        .replace("content-type", "application/json")
        .with("Content-Type", "application/json; charset=UTF-8")
        .with("Agent-Token", "")
        .with("Key-Version", "1")
        .with("Sdk-Version", "global-open-sdk-go")
        .with("Accept-Encoding", "gzip");
    let answer = running.send(&request);
    running.assert_signed(&answer, &draft, "SUCCESS");
    assert_eq!(answer.header("content-encoding"), None);

    // One JSON line among others is enough.
    let request = request.replace("content-type", "text/plain");
    let request = request.with("Content-Type", "application/json");
    running.assert_signed(&running.send(&request), &draft, "SUCCESS");
}

#[test]
fn dotnet_style_lower_case_hex_and_seven_digits() {
    let running = Running::start();
    let draft = Draft {
        time: "2026-08-17T03:54:19.1234567Z",
        body: r#"{"paymentMethodType":"CARD","vaultingRequestId":"1","vaultingNotificationUrl":null,"redirectUrl":null}"#,
        ..Draft::default()
    };
    let signature = draft
        .signature(&running.merchant)
        .replace("%2B", "%2b")
        .replace("%2F", "%2f")
        .replace("%3D", "%3d");
    assert!(signature.contains("%3d%3d"));
    let request = draft
        .sign(&running.merchant)
        .replace("signature", &signature)
        .with("X-sdkVersion", "ams-dotnet.20201113");
    running.assert_signed(&running.send(&request), &draft, "SUCCESS");
}

#[test]
fn shop_style_milliseconds_with_z_string_booleans_and_documented_spaces() {
    let running = Running::start();
    let draft = Draft {
        time: "2026-08-17T03:54:19.123Z",
        body: r#"{"paymentMethodType":"CARD","vaultingRequestId":"VAULT_1","is3DSAuthentication":"true"}"#,
        ..Draft::default()
    };
    let signature = draft.signature(&running.merchant).replace(',', ", ");
    let request = draft
        .sign(&running.merchant)
        .replace("signature", &signature);
    let answer = running.send(&request);
    running.assert_signed(&answer, &draft, "SUCCESS");
    assert!(answer.json().get("normalUrl").is_some());
}

/// How one of the SDKs writes a request.
struct Style {
    time: &'static str,
    /// `%` stands for the path.
    target: &'static str,
    lower_case_hex: bool,
    headers: &'static [(&'static str, &'static str)],
}

const STYLES: [Style; 6] = [
    // Java
    Style {
        time: "1685599933871",
        target: "%",
        lower_case_hex: false,
        headers: &[
            ("Accept", "text/plain,text/xml,text/javascript,text/html"),
            ("User-Agent", "global-open-sdk-java/2.2.8"),
        ],
    },
    // Python
    Style {
        time: "2026-08-17T03:54:19+00:00",
        target: "https://localhost%",
        lower_case_hex: false,
        headers: &[("Cache-Control", "no-cache"), ("Agent-Token", "")],
    },
    // PHP
    Style {
        time: "2026-08-17T10:00:00+0800",
        target: "%",
        lower_case_hex: false,
        headers: &[
            ("Accept", "*/*"),
            ("agent-token", ""),
            ("Expect", "100-continue"),
        ],
    },
    // Go
    Style {
        time: "1685599933871",
        target: "%",
        lower_case_hex: false,
        headers: &[
            ("Content-Type", "application/json"),
            ("agent-token", ""),
            ("Key-Version", "1"),
            ("SDK-VERSION", "global-open-sdk-go"),
            ("Accept-Encoding", "gzip"),
        ],
    },
    // .NET
    Style {
        time: "2026-08-17T03:54:19.1234567Z",
        target: "%",
        lower_case_hex: true,
        headers: &[("X-sdkVersion", "ams-dotnet.20201113")],
    },
    // JavaScript, in shops
    Style {
        time: "2026-08-17T03:54:19.123Z",
        target: "%",
        lower_case_hex: false,
        headers: &[],
    },
];

#[test]
fn every_api_takes_every_style_with_explicit_nulls_and_both_kinds_of_booleans() {
    let running = Running::start();
    for (number, style) in STYLES.iter().enumerate() {
        let flag = [r#""false""#, "false", "null"][number % 3];
        let bodies = [
            (
                "createVaultingSession",
                format!(
                    r#"{{"paymentMethodType":"CARD","vaultingRequestId":"s{number}","redirectUrl":null,"merchantRegion":null,"is3DSAuthentication":{flag}}}"#
                ),
            ),
            (
                "vaultPaymentMethod",
                format!(
                    r#"{{"vaultingRequestId":"d{number}","vaultingNotificationUrl":"https:\/\/shop.example\/n","redirectUrl":"https:\/\/shop.example\/r","merchantRegion":null,"metadata":null,"paymentMethodDetail":{{"paymentMethodType":"CARD","wallet":null,"card":{{"cardNo":"4054695723100768","cvv":null,"expiryMonth":"02","expiryYear":"29","is3DSAuthentication":{flag}}}}},"env":{{"terminalType":"WEB","osType":null,"colorDepth":"24"}}}}"#
                ),
            ),
            (
                "inquireVaulting",
                format!(r#"{{"vaultingRequestId":"d{number}","merchantAccountId":null}}"#),
            ),
        ];
        for (api, body) in bodies {
            let path = format!("/ams/sandbox/api/v1/vaults/{api}");
            let draft = Draft {
                path: &path,
                time: style.time,
                body: &body,
                ..Draft::default()
            };
            let mut signature = draft.signature(&running.merchant);
            if style.lower_case_hex {
                for hex in ["%2B", "%2F", "%3D"] {
                    signature = signature.replace(hex, &hex.to_ascii_lowercase());
                }
            }
            let target = style.target.replace('%', &path);
            let request = draft
                .sign(&running.merchant)
                .replace("signature", &signature)
                .with_line(&format!("POST {target} HTTP/1.1"));
            let request = style
                .headers
                .iter()
                .fold(request, |request, (name, value)| request.with(name, value));
            let answer = if request.headers.iter().any(|(name, _)| name == "Expect") {
                after_continue(&running, &request)
            } else {
                running.send(&request)
            };
            running.assert_signed(&answer, &draft, "SUCCESS");
        }
    }
}

fn after_continue(running: &Running, request: &Request) -> Answer {
    let mut stream = running.connect();
    stream.write_all(&request.head()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(go_on, *b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&request.body).unwrap();
    Answer::read(&mut stream)
}
