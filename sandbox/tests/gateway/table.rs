//! The order of the gateway's checks: one test for each, and for each whether its answer is signed.

use std::num::NonZeroU32;

use antom_core::signature::{Content, SigningKey};
use antom_sandbox::{DEFAULT_CLIENT_ID, Settings, Token};

use crate::support::{BODY, Draft, LIVE_PATH, Running, TEST_PATH};

const LIVE_ID: &str = "5X00000000000000";

#[test]
fn a_good_request_gets_a_signed_session() {
    let running = Running::start();
    let answer = running.send_body(BODY);
    running.assert_signed(&answer, &Draft::default(), "SUCCESS");
    let session = answer.json();
    assert_eq!(session["result"]["resultStatus"], "S");
    assert_eq!(session["result"]["resultMessage"], "success.");
    assert!(session.get("normalUrl").is_none(), "only AMS has one");

    let id = session["vaultingSessionId"].as_str().unwrap();
    let is_base64 = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c))
    };
    assert!(id.len() == 64 && is_base64(id), "{id}");
    let data = session["vaultingSessionData"].as_str().unwrap();
    let parts: Vec<_> = data.split("&&").collect();
    assert!(parts[0].len() == 88 && is_base64(parts[0]), "{data}");
    assert_eq!(parts[1], "SG");
    assert!(parts[2].len() == 3 && parts[2].chars().all(|c| c.is_ascii_digit()));

    // Seconds and an offset with a colon.
    for time in [
        answer.header("response-time").unwrap(),
        session["vaultingSessionExpiryTime"].as_str().unwrap(),
    ] {
        assert_eq!(time.len(), "2019-05-28T12:12:14+08:00".len(), "{time}");
        assert!(time.ends_with("+08:00"), "{time}");
    }
}

#[test]
fn two_sessions_have_nothing_in_common() {
    let running = Running::start();
    let one = running.send_body(BODY).json();
    let other = running
        .send_body(r#"{"paymentMethodType":"CARD","vaultingRequestId":"2"}"#)
        .json();
    assert_ne!(one["vaultingSessionId"], other["vaultingSessionId"]);
    assert_ne!(one["vaultingSessionData"], other["vaultingSessionData"]);
}

#[test]
fn only_an_ams_request_gets_a_normal_url() {
    let running = Running::start();
    for (id, field) in [
        ("1", r#""merchantRegion":"SG""#),
        ("2", r#""is3DSAuthentication":false"#),
    ] {
        let body = format!(r#"{{"paymentMethodType":"CARD","vaultingRequestId":"{id}",{field}}}"#);
        let session = running.send_body(&body).json();
        let url = session["normalUrl"].as_str().unwrap();
        assert!(url.starts_with(&running.sandbox().http_url()), "{url}");
        assert!(!url.contains(['+', ' ']), "{url}");
    }
}

#[test]
fn row_1_another_method_is_not_supported() {
    let running = Running::start();
    for method in ["GET", "PUT", "DELETE", "OPTIONS", "BREW"] {
        let draft = Draft {
            method,
            ..Draft::default()
        };
        let answer = running.send(&draft.sign(&running.merchant));
        answer.assert_unsigned("METHOD_NOT_SUPPORTED");
        assert!(
            !answer
                .headers
                .iter()
                .any(|(name, _)| name.starts_with("access-control")),
            "no CORS"
        );
    }
}

#[test]
fn row_2_another_path_is_not_defined() {
    let running = Running::start();
    for path in [
        "/",
        "/ams/sandbox/api/v1/vaults/createVaultingSession/",
        "/ams/sandbox/api/v1",
        "/ams/sandbox/api/v1/vaults/create%56aultingSession",
        "/ams/sandbox/apis/v1/payments/pay",
        "//ams/sandbox/api/v1/vaults/createVaultingSession",
        "/ams/sandbox/api/V1/vaults/createVaultingSession",
    ] {
        let draft = Draft {
            path,
            ..Draft::default()
        };
        let answer = running.send(&draft.sign(&running.merchant));
        answer.assert_unsigned("NO_INTERFACE_DEF");
    }
}

#[test]
fn row_2_client_id_and_path_belong_to_the_same_mode() {
    let running = Running::start();
    for (path, client_id, fits) in [
        (TEST_PATH, DEFAULT_CLIENT_ID, true),
        (LIVE_PATH, LIVE_ID, true),
        (TEST_PATH, LIVE_ID, false),
        (LIVE_PATH, DEFAULT_CLIENT_ID, false),
    ] {
        let draft = Draft {
            path,
            client_id,
            ..Draft::default()
        };
        let answer = running.send(&draft.sign(&running.merchant));
        if fits {
            running.assert_signed(&answer, &draft, "SUCCESS");
        } else {
            answer.assert_unsigned("INVALID_CLIENT");
            assert!(answer.message().contains("belongs to the path"));
        }
    }
}

#[test]
fn row_3_content_type_is_json_or_absent() {
    let running = Running::start();
    let draft = Draft::default();
    let request = draft.sign(&running.merchant).without("content-type");
    running.assert_signed(&running.send(&request), &draft, "SUCCESS");
    for good in [
        "application/json",
        "Application/JSON;charset=utf-8",
        "application/json ; x=y",
    ] {
        let answer = running.send(&request.clone().with("Content-Type", good));
        running.assert_signed(&answer, &draft, "SUCCESS");
    }
    for bad in ["text/plain", "application/jsonp", "", "multipart/form-data"] {
        let answer = running.send(&request.clone().with("Content-Type", bad));
        answer.assert_unsigned("MEDIA_TYPE_NOT_ACCEPTABLE");
    }
}

#[test]
fn row_4_client_id_is_known() {
    let running = Running::start();
    let request = Draft::default().sign(&running.merchant);
    let missing = running.send(&request.clone().without("client-id"));
    missing.assert_unsigned("INVALID_CLIENT");
    assert_eq!(missing.header("client-id"), None);

    let unknown = running.send(&request.clone().replace("client-id", "SANDBOX_5Y"));
    unknown.assert_unsigned("INVALID_CLIENT");
    assert!(unknown.message().contains(DEFAULT_CLIENT_ID));
    assert_eq!(unknown.header("client-id"), Some("SANDBOX_5Y"));

    let twice = running.send(&request.with("Client-Id", DEFAULT_CLIENT_ID));
    twice.assert_unsigned("INVALID_CLIENT");
}

#[test]
fn row_5_key_version_is_known() {
    let running = Running::start();
    let draft = Draft::default();
    let good = draft.signature(&running.merchant);
    let request = draft.sign(&running.merchant);
    let other = good.replace("keyVersion=1", "keyVersion=2");
    let answer = running.send(&request.clone().replace("signature", &other));
    answer.assert_unsigned("KEY_NOT_FOUND");

    // Without a version, the newest key is meant.
    let none = good.replace("keyVersion=1,", "");
    let answer = running.send(&request.replace("signature", &none));
    running.assert_signed(&answer, &draft, "SUCCESS");
}

#[test]
fn row_6_the_headers_of_a_signature_are_needed_and_well_formed() {
    let running = Running::start();
    let draft = Draft::default();
    let request = draft.sign(&running.merchant);
    let signature = draft.signature(&running.merchant);
    let cases = [
        (request.clone().without("signature"), "no signature header"),
        (
            request.clone().with("signature", &signature),
            "more than one signature header",
        ),
        (request.clone().replace("signature", ""), "not name=value"),
        (
            request
                .clone()
                .replace("signature", &signature.replace("RSA256", "RSA512")),
            "another algorithm than RSA256",
        ),
        (
            request
                .clone()
                .replace("signature", "algorithm=RSA256,keyVersion=1,signature="),
            "holds no signature",
        ),
        (
            request.clone().replace(
                "signature",
                "algorithm=RSA256,keyVersion=1,signature=%21%21",
            ),
            "not percent-encoded base64",
        ),
        (
            request.clone().without("request-time"),
            "no request-time header",
        ),
        (
            request.clone().with("request-time", draft.time),
            "more than one request-time header",
        ),
        (
            request.clone().replace("request-time", "1685599933"),
            "milliseconds are expected",
        ),
        (
            request.clone().replace("request-time", "yesterday"),
            "neither milliseconds",
        ),
    ];
    for (request, cause) in cases {
        let answer = running.send(&request);
        answer.assert_unsigned("INVALID_SIGNATURE");
        let doctor = answer.header("x-sandbox-doctor").unwrap();
        assert!(doctor.contains(cause), "{doctor}");
        assert!(answer.message().contains(cause), "{}", answer.message());
    }
}

#[test]
fn row_6_a_wrong_signature_is_refused_with_its_likely_cause() {
    let running = Running::start();
    let draft = Draft::default();
    let request = draft.sign(&running.merchant);
    let with_newline = format!("{BODY}\n");
    let with_query = format!("{TEST_PATH}?x=1");
    let signed = |draft: Draft<'_>| draft.signature(&running.merchant);
    let elsewhere = SigningKey::generate().signing_key;

    let over_live_path = signed(Draft {
        path: LIVE_PATH,
        ..draft
    });
    let over_newline = signed(Draft {
        body: &with_newline,
        ..draft
    });
    let over_no_body = signed(Draft { body: "", ..draft });
    let mut longer = request.clone();
    longer.body = with_newline.into_bytes();
    let to_query = request
        .clone()
        .with_line(&format!("POST {with_query} HTTP/1.1"));
    let cases = [
        (
            request.clone().replace("signature", &over_live_path),
            "signed without /sandbox",
        ),
        (
            request.clone().replace("signature", &over_newline),
            "newline at its end",
        ),
        (longer, "signed without the white space at its end"),
        (to_query, "signed without its query"),
        (
            request.clone().replace("signature", &over_no_body),
            "the body was signed as nothing",
        ),
        (
            request
                .clone()
                .replace("signature", &draft.signature(&elsewhere)),
            "another key",
        ),
        (
            request.clone().replace("request-time", "1685599933872"),
            "not the time that was signed",
        ),
    ];
    for (request, cause) in cases {
        let answer = running.send(&request);
        answer.assert_unsigned("INVALID_SIGNATURE");
        let doctor = answer.header("x-sandbox-doctor").unwrap();
        assert!(doctor.contains(cause), "{cause}: {doctor}");
        // A client is told all of the cause, and where the rest stands.
        let console = format!("; what to do: {}/)", running.sandbox().http_url());
        let message = answer.message();
        assert!(message.contains(cause), "{message}");
        assert!(message.ends_with(&console), "{message}");
    }

    let live = Draft {
        path: LIVE_PATH,
        client_id: LIVE_ID,
        ..draft
    };
    let over_test_path = signed(Draft {
        path: TEST_PATH,
        ..live
    });
    let request = live
        .sign(&running.merchant)
        .replace("signature", &over_test_path);
    let answer = running.send(&request);
    answer.assert_unsigned("INVALID_SIGNATURE");
    let doctor = answer.header("x-sandbox-doctor").unwrap();
    assert!(doctor.contains("signed with /sandbox"), "{doctor}");
}

#[test]
fn row_6_every_signed_part_counts() {
    let running = Running::start();
    let draft = Draft::default();
    let request = draft.sign(&running.merchant);
    let other_method = Draft {
        method: "GET",
        ..draft
    };
    let other_client = Draft {
        client_id: LIVE_ID,
        ..draft
    };
    for other in [other_method, other_client] {
        let signature = other.signature(&running.merchant);
        let answer = running.send(&request.clone().replace("signature", &signature));
        answer.assert_unsigned("INVALID_SIGNATURE");
    }
}

#[test]
fn row_6_a_query_is_part_of_the_signed_path() {
    let running = Running::start();
    let path = format!("{TEST_PATH}?x=%2F&y");
    let draft = Draft {
        path: &path,
        ..Draft::default()
    };
    let answer = running.send(&draft.sign(&running.merchant));
    running.assert_signed(&answer, &draft, "SUCCESS");
}

#[test]
fn row_7_an_agent_token_is_checked_where_one_is_set() {
    let running = Running::with(Settings {
        agent_token: Some(Token::new("good-agent-token").unwrap()),
        expired_agent_token: Some(Token::new("old-agent-token").unwrap()),
        ..Settings::default()
    });
    let draft = Draft::default();
    let request = draft.sign(&running.merchant);
    for (token, code) in [
        (Some("good-agent-token"), "SUCCESS"),
        (Some("old-agent-token"), "EXPIRED_AGENT_TOKEN"),
        (Some("other-agent-token"), "INVALID_AGENT_TOKEN"),
        (Some(""), "INVALID_AGENT_TOKEN"),
        (None, "INVALID_AGENT_TOKEN"),
    ] {
        let request = match token {
            Some(token) => request.clone().with("Agent-Token", token),
            None => request.clone(),
        };
        running.assert_signed(&running.send(&request), &draft, code);
    }
    let twice = request
        .with("agent-token", "good-agent-token")
        .with("agent-token", "good-agent-token");
    running.assert_signed(&running.send(&twice), &draft, "INVALID_AGENT_TOKEN");
}

#[test]
fn row_7_only_the_expired_token_matters_where_no_other_is_set() {
    let running = Running::with(Settings {
        expired_agent_token: Some(Token::new("old-agent-token").unwrap()),
        ..Settings::default()
    });
    let draft = Draft::default();
    for (token, code) in [("", "SUCCESS"), ("old-agent-token", "EXPIRED_AGENT_TOKEN")] {
        let request = draft.sign(&running.merchant).with("agent-token", token);
        running.assert_signed(&running.send(&request), &draft, code);
    }
}

#[test]
fn row_8_too_many_requests_are_unknown_and_signed() {
    let running = Running::with(Settings {
        rate_limit: NonZeroU32::new(1),
        ..Settings::default()
    });
    let draft = Draft::default();
    let request = draft.sign(&running.merchant);
    // A refused signature does not count.
    for _ in 0..5 {
        running
            .send(&request.clone().without("signature"))
            .assert_unsigned("INVALID_SIGNATURE");
    }
    let answers: Vec<_> = (0..10).map(|_| running.send(&request)).collect();
    let refused: Vec<_> = answers.iter().filter(|a| a.code() != "SUCCESS").collect();
    assert!(answers[0].code() == "SUCCESS" && !refused.is_empty());
    for answer in refused {
        running.assert_signed(answer, &draft, "REQUEST_TRAFFIC_EXCEED_LIMIT");
        assert_eq!(answer.result_status(), "U");
    }
}

#[test]
fn row_9_broken_fields_are_named_in_a_signed_answer() {
    let running = Running::start();
    let long = "x".repeat(65);
    let long_url = format!("https://shop.example/{}", "x".repeat(2048));
    for (body, named) in [
        ("", &["the body is not a JSON object"][..]),
        ("[]", &["the body is not a JSON object"]),
        (
            "{}",
            &[
                "paymentMethodType is required",
                "vaultingRequestId is required",
            ],
        ),
        (
            r#"{"paymentMethodType":null,"vaultingRequestId":""}"#,
            &[
                "paymentMethodType is required",
                "vaultingRequestId is empty",
            ],
        ),
        (
            &format!(r#"{{"paymentMethodType":"CARD","vaultingRequestId":"{long}"}}"#),
            &["vaultingRequestId is 65 characters long: at most 64"],
        ),
        (
            r#"{"paymentMethodType":"CARD","vaultingRequestId":"1","redirectUrl":"shop.example"}"#,
            &["redirectUrl is not an absolute URL"],
        ),
        (
            &format!(
                r#"{{"paymentMethodType":"CARD","vaultingRequestId":"1","vaultingNotificationUrl":"{long_url}"}}"#
            ),
            &["vaultingNotificationUrl is 2069 characters long"],
        ),
        (
            r#"{"paymentMethodType":"CARD","vaultingRequestId":1,"is3DSAuthentication":"maybe","merchantRegion":"Singapore"}"#,
            &[
                "vaultingRequestId is a number and not a string",
                "merchantRegion",
                "is3DSAuthentication",
            ],
        ),
    ] {
        let draft = Draft {
            body,
            ..Draft::default()
        };
        let answer = running.send(&draft.sign(&running.merchant));
        running.assert_signed(&answer, &draft, "PARAM_ILLEGAL");
        assert_eq!(answer.result_status(), "F");
        let message = answer.message();
        for text in named {
            assert!(message.contains(text), "{text}: {message}");
        }
        assert!(message.chars().count() <= 256, "{message}");
    }
}

#[test]
fn row_9_limits_count_characters_and_unknown_fields_are_ignored() {
    let running = Running::start();
    let id = "é".repeat(64);
    let body = format!(
        r#"{{"paymentMethodType":"CARD","vaultingRequestId":"{id}","passThroughMetadata":"{{\"k\":\"v\"}}","isAuthorization":true,"x":[{{}}]}}"#
    );
    let draft = Draft {
        body: &body,
        ..Draft::default()
    };
    let answer = running.send(&draft.sign(&running.merchant));
    running.assert_signed(&answer, &draft, "SUCCESS");
}

#[test]
fn earlier_rows_come_first() {
    let running = Running::start();
    // Wrong in every row: as each is put right, the next one answers.
    let request = Draft {
        method: "GET",
        path: "/ams/nowhere",
        client_id: "SANDBOX_unknown",
        body: "no JSON",
        time: "soon",
    }
    .sign(&running.merchant)
    .replace("content-type", "text/html")
    .replace("signature", "keyVersion=9,algorithm=RSA256,signature=AAAA");
    let mut codes = Vec::new();
    let mut next = |request: &crate::support::Request| codes.push(running.send(request).code());

    next(&request);
    let request = request.with_line("POST /ams/nowhere HTTP/1.1");
    next(&request);
    let request = request.with_line(&format!("POST {LIVE_PATH} HTTP/1.1"));
    next(&request);
    let request = request.with_line(&format!("POST {TEST_PATH} HTTP/1.1"));
    next(&request);
    let request = request.replace("content-type", "application/json");
    next(&request);
    let request = request.replace("client-id", DEFAULT_CLIENT_ID);
    next(&request);
    let request = request.replace("signature", "keyVersion=1,algorithm=RSA256,signature=AAAA");
    next(&request);
    let signed = Draft {
        body: "no JSON",
        ..Draft::default()
    };
    next(&signed.sign(&running.merchant));
    assert_eq!(
        codes,
        [
            "METHOD_NOT_SUPPORTED",
            "NO_INTERFACE_DEF",
            "INVALID_CLIENT",
            "MEDIA_TYPE_NOT_ACCEPTABLE",
            "INVALID_CLIENT",
            "KEY_NOT_FOUND",
            "INVALID_SIGNATURE",
            "PARAM_ILLEGAL",
        ]
    );
}

#[test]
fn an_answer_is_bound_to_its_request() {
    let running = Running::start();
    let draft = Draft::default();
    let answer = running.send(&draft.sign(&running.merchant));
    let verify = |path, client_id, body: &[u8]| {
        let content = Content {
            method: "POST",
            path,
            client_id,
            time: answer.header("response-time").unwrap(),
            body,
        };
        let signature = answer.header("signature").unwrap();
        running.antom.verify(&content, signature).is_ok()
    };
    assert!(verify(TEST_PATH, DEFAULT_CLIENT_ID, &answer.body));
    assert!(!verify(LIVE_PATH, DEFAULT_CLIENT_ID, &answer.body));
    assert!(!verify(TEST_PATH, LIVE_ID, &answer.body));
    assert!(!verify(TEST_PATH, DEFAULT_CLIENT_ID, b"{}"));
}
