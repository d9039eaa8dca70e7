//! A corpus of mistakes that people make with signatures: for each, the doctor must name the right cause first.

use antom_core::Secret;
use antom_core::doctor::{Received, examine};
use antom_core::signature::{Content, SignatureHeader, Signer, SigningKey};
use aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use rsa::pkcs8::DecodePrivateKey;
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPrivateKey};
use sha2::{Digest, Sha256, Sha512};

const PATH: &str = "/ams/sandbox/api/v1/vaults/createVaultingSession";
const CLIENT: &str = "SANDBOX_5X00000000000000";
const TIME: &str = "1755403200123";
const BODY: &str = r#"{"paymentMethodType":"CARD","vaultingRequestId":"1","redirectUrl":"https://shop.example/?a=1&b=é"}"#;
const PYTHON: &str = r#"{
   "paymentMethodType": "CARD",
   "vaultingRequestId": "1",
   "redirectUrl": "https://shop.example/?a=1&b=\u00e9"
}"#;
const SORTED: &str = r#"{"redirectUrl":"https://shop.example/?a=1&b=é","vaultingRequestId":"1","paymentMethodType":"CARD"}"#;

#[derive(Clone)]
struct Parts {
    method: String,
    path: String,
    client_id: String,
    time: String,
    body: Vec<u8>,
}

impl Parts {
    fn new(body: &str) -> Self {
        Self {
            method: "POST".into(),
            path: PATH.into(),
            client_id: CLIENT.into(),
            time: TIME.into(),
            body: body.into(),
        }
    }

    fn content(&self) -> Content<'_> {
        Content {
            method: &self.method,
            path: &self.path,
            client_id: &self.client_id,
            time: &self.time,
            body: &self.body,
        }
    }
}

/// A mistake in one part. `Signed`: the signer did it, the message is right. `Came`: the other way round.
enum Side {
    Signed,
    Came,
}
use Side::{Came, Signed};

type Change = (&'static str, Side, fn(&mut Parts), &'static str);

const CHANGES: &[Change] = &[
    (
        "live path",
        Signed,
        |p| p.path = p.path.replace("/sandbox", ""),
        "path_sandbox",
    ),
    (
        "sandbox path",
        Came,
        |p| p.path = p.path.replace("/sandbox", ""),
        "path_sandbox",
    ),
    (
        "host",
        Signed,
        |p| p.path.insert_str(0, "https://open-sea-global.alipay.com"),
        "path_origin",
    ),
    (
        "host without a scheme",
        Signed,
        |p| p.path.insert_str(0, "open-na-global.alipay.com"),
        "path_origin",
    ),
    (
        "absolute target",
        Came,
        |p| p.path.insert_str(0, "https://127.0.0.1:8443"),
        "path_origin",
    ),
    (
        "query added",
        Came,
        |p| p.path.push_str("?x=1"),
        "path_query",
    ),
    (
        "slash at the end",
        Signed,
        |p| p.path.push('/'),
        "path_slash",
    ),
    (
        "slash at the end came",
        Came,
        |p| p.path.push('/'),
        "path_slash",
    ),
    (
        "double slash",
        Signed,
        |p| p.path.insert(0, '/'),
        "path_slash",
    ),
    (
        "double slash came",
        Came,
        |p| p.path.insert(0, '/'),
        "path_slash",
    ),
    (
        "no slash",
        Signed,
        |p| p.path = p.path.trim_start_matches('/').into(),
        "path_slash",
    ),
    (
        "lower-case path",
        Signed,
        |p| p.path = p.path.to_lowercase(),
        "path_case",
    ),
    (
        "time later",
        Signed,
        |p| p.time = "1755403200987".into(),
        "time_apart",
    ),
    (
        "time earlier",
        Signed,
        |p| p.time = "1755403198123".into(),
        "time_apart",
    ),
    (
        "seconds came",
        Came,
        |p| {
            p.time.truncate(10);
        },
        "time_unit",
    ),
    (
        "seconds",
        Signed,
        |p| p.time = "1755403200".into(),
        "time_unit",
    ),
    (
        "ISO",
        Signed,
        |p| p.time = "2025-08-17T04:00:00+00:00".into(),
        "time_form",
    ),
    (
        "ISO with Z",
        Signed,
        |p| p.time = "2025-08-17T04:00:00.123Z".into(),
        "time_form",
    ),
    (
        "client id lower",
        Signed,
        |p| p.client_id = p.client_id.to_lowercase(),
        "client_id",
    ),
    (
        "client id bare",
        Signed,
        |p| p.client_id = p.client_id.replace("SANDBOX_", ""),
        "client_id",
    ),
    (
        "client id bare came",
        Came,
        |p| p.client_id = p.client_id.replace("SANDBOX_", ""),
        "client_id",
    ),
    (
        "client id newline",
        Signed,
        |p| p.client_id.push('\n'),
        "client_id",
    ),
    (
        "lower-case method",
        Signed,
        |p| p.method = "post".into(),
        "method",
    ),
    ("GET", Signed, |p| p.method = "GET".into(), "method"),
    ("newline came", Came, |p| p.body.push(b'\n'), "body_newline"),
    (
        "CRLF at the end",
        Signed,
        |p| p.body.extend(b"\r\n"),
        "body_newline",
    ),
    (
        "mark",
        Signed,
        |p| p.body = [b"\xef\xbb\xbf", &p.body[..]].concat(),
        "body_bom",
    ),
    (
        "mark came",
        Came,
        |p| p.body = [b"\xef\xbb\xbf", &p.body[..]].concat(),
        "body_bom",
    ),
    ("no body", Signed, |p| p.body.clear(), "body_empty"),
    (
        "Python's spaces",
        Signed,
        |p| rewrite(p, spaced),
        "body_reserialised",
    ),
    (
        "Python's indent",
        Signed,
        |p| rewrite(p, |_| PYTHON.into()),
        "body_reserialised",
    ),
    (
        "Python's indent came",
        Came,
        |p| rewrite(p, |_| PYTHON.into()),
        "body_reserialised",
    ),
    (
        "indent 2",
        Signed,
        |p| rewrite(p, |_| PYTHON.replace("   ", "  ")),
        "body_reserialised",
    ),
    (
        "indent 4",
        Signed,
        |p| rewrite(p, |_| PYTHON.replace("   ", "    ")),
        "body_reserialised",
    ),
    (
        "PHP's slashes",
        Signed,
        |p| rewrite(p, |b| b.replace('/', "\\/")),
        "body_reserialised",
    ),
    (
        "PHP's slashes came",
        Came,
        |p| rewrite(p, |b| b.replace('/', "\\/")),
        "body_reserialised",
    ),
    (
        "PHP",
        Signed,
        |p| rewrite(p, |b| b.replace('/', "\\/").replace('é', "\\u00e9")),
        "body_reserialised",
    ),
    (
        "PHP came",
        Came,
        |p| rewrite(p, |b| b.replace('/', "\\/").replace('é', "\\u00e9")),
        "body_reserialised",
    ),
    (
        "escapes alone",
        Signed,
        |p| rewrite(p, |b| b.replace('é', "\\u00e9")),
        "body_reserialised",
    ),
    (
        "escapes alone came",
        Came,
        |p| rewrite(p, |b| b.replace('é', "\\u00e9")),
        "body_reserialised",
    ),
    (
        "Python's spaces and escapes",
        Signed,
        |p| rewrite(p, |b| spaced(b).replace('é', "\\u00e9")),
        "body_reserialised",
    ),
    (
        "Python's spaces came",
        Came,
        |p| rewrite(p, spaced),
        "body_reserialised",
    ),
    (
        "Go's escapes",
        Signed,
        |p| rewrite(p, |b| b.replace('&', "\\u0026")),
        "body_reserialised",
    ),
    (
        "Latin-1",
        Signed,
        |p| p.body = encoding_rs::WINDOWS_1252.encode(BODY).0.into(),
        "body_encoding",
    ),
    (
        "Latin-1 came",
        Came,
        |p| p.body = encoding_rs::WINDOWS_1252.encode(BODY).0.into(),
        "body_encoding",
    ),
];

fn rewrite(parts: &mut Parts, change: impl Fn(&str) -> String) {
    parts.body = change(BODY).into();
}

fn spaced(body: &str) -> String {
    body.replace("\":\"", "\": \"").replace("\",\"", "\", \"")
}

/// Messages whose body is not the usual one: what was signed, what came.
fn bodies() -> Vec<(&'static str, Vec<u8>, Vec<u8>, &'static str)> {
    let windows = PYTHON.replace('\n', "\r\n");
    let metadata = r#"{"passThroughMetadata":"客户"}"#;
    let by_name = serde_json::from_str::<serde_json::Value>(SORTED)
        .unwrap()
        .to_string();
    vec![
        (
            "CRLF came",
            PYTHON.into(),
            windows.clone().into(),
            "body_crlf",
        ),
        ("LF came", windows.into(), PYTHON.into(), "body_crlf"),
        (
            "sorted by name",
            by_name.into(),
            SORTED.into(),
            "body_reserialised",
        ),
        (
            "GBK",
            encoding_rs::GBK.encode(metadata).0.into(),
            metadata.into(),
            "body_encoding",
        ),
        (
            "GBK came",
            metadata.into(),
            encoding_rs::GBK.encode(metadata).0.into(),
            "body_encoding",
        ),
    ]
}

/// Strings to sign that were put together wrongly.
fn joints() -> Vec<(&'static str, String, &'static str)> {
    vec![
        (
            "no newline",
            format!("POST {PATH}{CLIENT}.{TIME}.{BODY}"),
            "joint_newline",
        ),
        (
            "CRLF",
            format!("POST {PATH}\r\n{CLIENT}.{TIME}.{BODY}"),
            "joint_newline",
        ),
        (
            "backslash n",
            format!("POST {PATH}\\n{CLIENT}.{TIME}.{BODY}"),
            "joint_newline",
        ),
        (
            "no first dot",
            format!("POST {PATH}\n{CLIENT}{TIME}.{BODY}"),
            "joint_dot",
        ),
        (
            "no second dot",
            format!("POST {PATH}\n{CLIENT}.{TIME}{BODY}"),
            "joint_dot",
        ),
        (
            "no space",
            format!("POST{PATH}\n{CLIENT}.{TIME}.{BODY}"),
            "joint_space",
        ),
        (
            "newline at the end",
            format!("POST {PATH}\n{CLIENT}.{TIME}.{BODY}\n"),
            "joint_end",
        ),
    ]
}

/// Signatures that were written wrongly into the header.
fn headers(good: &str) -> Vec<(&'static str, String, &'static str)> {
    let signature = SignatureHeader::parse(good).unwrap().signature;
    let (start, value) = good.split_once("signature=").unwrap();
    let with = |value: &str| format!("{start}signature={value}");
    let plain = BASE64_STANDARD.encode(&signature);
    let hex = format!(
        "{:0>512}",
        BigUint::from_bytes_be(&signature).to_str_radix(16)
    );
    vec![
        ("not percent-encoded", with(&plain), "not_percent_encoded"),
        (
            "encoded twice",
            with(&value.replace('%', "%25")),
            "encoded_twice",
        ),
        (
            "plus became space",
            with(&plain.replace('+', " ")),
            "plus_became_space",
        ),
        (
            "base64url",
            with(&BASE64_URL_SAFE.encode(&signature)),
            "base64url",
        ),
        ("hex", with(&hex), "hex"),
        (
            "padding lost",
            with(plain.trim_end_matches('=')),
            "padding_lost",
        ),
        ("no signature", with(""), "signature_missing"),
        (
            "another algorithm",
            good.replace("RSA256", "RSA2"),
            "header_malformed",
        ),
        (
            "no grammar",
            plain.trim_end_matches('=').to_owned(),
            "header_malformed",
        ),
    ]
}

fn header(bytes: &[u8], key: &SigningKey) -> String {
    SignatureHeader::write(
        &key.sign(bytes, &Sha256::digest(bytes).into()).unwrap(),
        "1",
    )
}

/// `DigestInfo` of a SHA-1 digest (RFC 8017, 9.2).
fn sha1_info(bytes: &[u8]) -> Vec<u8> {
    const PREFIX: &[u8] = &[
        0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 0x14,
    ];
    let digest = aws_lc_rs::digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes);
    [PREFIX, digest.as_ref()].concat()
}

/// Signatures of `right` by other schemes than the documented one.
fn schemes(pem: &Secret<String>, right: &[u8]) -> [(&'static str, String, &'static str); 3] {
    let private = RsaPrivateKey::from_pkcs8_pem(pem.expose()).unwrap();
    let sha1 = private.sign(Pkcs1v15Sign::new_unprefixed(), &sha1_info(right));
    let sha512 = private.sign(Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(right));
    let pss = private.sign_with_rng(
        &mut rsa::rand_core::OsRng,
        Pss::new::<Sha256>(),
        &Sha256::digest(right),
    );
    [
        ("SHA-1", sha1, "other_hash"),
        ("SHA-512", sha512, "other_hash"),
        ("PSS", pss, "pss"),
    ]
    .map(|(name, signature, cause)| {
        let header = SignatureHeader::write(&signature.unwrap(), "1");
        (name, header, cause)
    })
}

#[test]
fn the_right_cause_is_named_first() {
    let [merchant, antom, live, next, stranger] = [(); 5].map(|()| SigningKey::generate());
    let keys = [
        ("the merchant's key", &merchant.signing_key.verifying_key()),
        ("Antom's key", &antom.signing_key.verifying_key()),
        ("the merchant's live key", &live.signing_key.verifying_key()),
        (
            "the merchant's key of version 2",
            &next.signing_key.verifying_key(),
        ),
    ];
    let mut examined = Vec::new();
    let mut look = |name, came: &Parts, header: &str, expected| {
        let content = came.content();
        let found = examine(&Received::from_content(&content, header), &keys).cause;
        examined.push((name, expected, found.map_or("verifies", |cause| cause.id)));
    };

    for (name, side, change, cause) in CHANGES {
        let right = Parts::new(BODY);
        let mut wrong = right.clone();
        change(&mut wrong);
        let (signed, came) = match side {
            Signed => (wrong, right),
            Came => (right, wrong),
        };
        look(
            *name,
            &came,
            &header(&signed.content().to_bytes(), &merchant.signing_key),
            *cause,
        );
    }
    for (name, signed, came, cause) in bodies() {
        let [signed, came] = [signed, came].map(|body| Parts {
            body,
            ..Parts::new("")
        });
        look(
            name,
            &came,
            &header(&signed.content().to_bytes(), &merchant.signing_key),
            cause,
        );
    }
    let message = Parts::new(BODY);
    for (name, string, cause) in joints() {
        look(
            name,
            &message,
            &header(string.as_bytes(), &merchant.signing_key),
            cause,
        );
    }
    let right = message.content().to_bytes();
    let good = header(&right, &merchant.signing_key);
    for (name, header, cause) in headers(&good) {
        look(name, &message, &header, cause);
    }
    for (name, header, cause) in schemes(&merchant.private_pem, &right) {
        look(name, &message, &header, cause);
    }
    for (name, key) in [
        ("Antom's key", &antom),
        ("the key of the other mode", &live),
        ("the key of another version", &next),
    ] {
        let header = header(&right, &key.signing_key);
        look(name, &message, &header, "other_key");
    }
    look(
        "a stranger's key",
        &message,
        &header(&right, &stranger.signing_key),
        "unknown_key",
    );
    look("nothing wrong", &message, &good, "verifies");

    let wrong: Vec<_> = examined
        .iter()
        .filter(|(_, expected, found)| expected != found)
        .collect();
    assert!(examined.len() >= 40, "only {} cases", examined.len());
    assert!(
        wrong.is_empty(),
        "{} of {} wrong: {wrong:#?}",
        wrong.len(),
        examined.len()
    );
}

#[test]
fn what_was_meant_shows_where_it_differs() {
    let key = SigningKey::generate().signing_key;
    let meant = Parts {
        path: "/ams/api/v9/other".into(),
        ..Parts::new(BODY)
    };
    let header = header(&meant.content().to_bytes(), &key);
    let came = Parts::new(BODY);
    let received = Received {
        meant: Some(&meant.content()),
        ..Received::from_content(&came.content(), &header)
    };
    let diagnosis = examine(&received, &[("the merchant's key", &key.verifying_key())]);
    assert_eq!(diagnosis.cause.unwrap().id, "part_differs");
    assert_eq!(diagnosis.first_difference, Some("POST /ams/".len()));
}

#[test]
fn a_query_that_was_lost_on_the_way_is_named_where_it_is_known() {
    let key = SigningKey::generate().signing_key;
    let meant = Parts {
        path: "/notify?shop=7".into(),
        ..Parts::new(BODY)
    };
    let header = header(&meant.content().to_bytes(), &key);
    let came = Parts {
        path: "/notify".into(),
        ..meant.clone()
    };
    let received = Received {
        meant: Some(&meant.content()),
        ..Received::from_content(&came.content(), &header)
    };
    let diagnosis = examine(&received, &[("Antom's key", &key.verifying_key())]);
    assert_eq!(diagnosis.cause.unwrap().id, "path_query");
    assert_eq!(diagnosis.first_difference, Some("POST /notify".len()));
    assert_eq!(diagnosis.string_to_sign, came.content().to_bytes());
}

#[test]
fn times_at_the_ends_of_the_calendar_are_examined() {
    let key = SigningKey::generate().signing_key;
    let signed_elsewhere = header(b"something else", &key);
    for time in [
        "9999-12-31T23:59:59-10:00",
        "9999-12-31T23:59:59Z",
        "0000-01-01T00:00:00+10:00",
        "253402300799999",
    ] {
        let came = Parts {
            time: time.into(),
            ..Parts::new(BODY)
        };
        let content = came.content();
        let received = Received::from_content(&content, &signed_elsewhere);
        let cause = examine(&received, &[("the merchant's key", &key.verifying_key())]).cause;
        assert_eq!(cause.unwrap().id, "other_content", "{time}");
    }
}

#[test]
fn rubbish_has_a_cause_too() {
    let key = SigningKey::generate().signing_key;
    let rubbish = Received {
        method: "",
        path: "?é://",
        client_id: "\n",
        time: "170141183460469231731687303715884105727",
        signature: "",
        body: b"\xff\xfe{",
        meant: None,
    };
    let signed_elsewhere = header(b"something else", &key);
    for signature in [
        "",
        "=",
        ",",
        "algorithm=RSA256,signature=%",
        "signature=\u{fffd}",
        &signed_elsewhere,
    ] {
        let received = Received {
            signature,
            ..rubbish
        };
        let verifying_key = key.verifying_key();
        assert!(
            examine(&received, &[("the merchant's key", &verifying_key)])
                .cause
                .is_some()
        );
    }
}
