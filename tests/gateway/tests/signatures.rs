//! Holds the signing and verifying of the client against `signatures.json`, and against another implementation.

use antom_core::signature::{Content, KeyInput, KeyRing, Signer, SigningKey, VerifyingKey};
use antom_core::{Client, Error, ErrorKind};
use antom_test_gateway::vectors;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::{Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

#[derive(Deserialize)]
struct Vectors {
    keys: Keys,
    cases: Vec<Vector>,
}

#[derive(Deserialize)]
struct Keys {
    merchant: Pair,
    gateway: Pair,
}

#[derive(Deserialize)]
struct Pair {
    private_pkcs8_der_b64: String,
    private_pkcs1_der_b64: String,
    public_spki_der_b64: String,
    public_pkcs1_der_b64: String,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    signer: String,
    method: String,
    path: String,
    client_id: String,
    time: String,
    body: String,
    body_utf8_hex: String,
    string_to_sign_sha256: String,
    signature_base64: String,
    signature_urlencoded: String,
    signature_urlencoded_lowercase_hex: String,
    header_value_sdk_style: String,
    header_value_docs_style: String,
}

impl Vector {
    fn content(&self) -> Content<'_> {
        Content {
            method: &self.method,
            path: &self.path,
            client_id: &self.client_id,
            time: &self.time,
            body: self.body.as_bytes(),
        }
    }

    /// Every way in which the header may be written.
    fn written_forms(&self) -> Vec<String> {
        let (raw, upper, lower) = (
            &self.signature_base64,
            &self.signature_urlencoded,
            &self.signature_urlencoded_lowercase_hex,
        );
        vec![
            self.header_value_sdk_style.clone(),
            self.header_value_docs_style.clone(),
            format!("algorithm=RSA256,keyVersion=1,signature={raw}"),
            format!("algorithm=RSA256,keyVersion=1,signature={lower}"),
            format!("algorithm=RSA256, keyVersion=2, signature={lower}"),
            format!("signature={upper},keyVersion=1,algorithm=RSA256"),
            format!("keyVersion=1 , signature={raw} , algorithm=RSA256"),
            format!("Algorithm=rsa256,KeyVersion=1,Signature={upper}"),
            format!("algorithm=RSA256,signature={upper}"),
        ]
    }
}

fn load() -> Vectors {
    let text = std::fs::read(vectors().join("signatures.json")).unwrap();
    let vectors: Vectors = serde_json::from_slice(&text).unwrap();
    assert_eq!(vectors.cases.len(), 6);
    vectors
}

impl Vectors {
    fn signer(&self, vector: &Vector) -> &Pair {
        match vector.signer.as_str() {
            "merchant" => &self.keys.merchant,
            "gateway" => &self.keys.gateway,
            other => panic!("there is no key of {other}"),
        }
    }

    fn other(&self, vector: &Vector) -> &Pair {
        match vector.signer.as_str() {
            "merchant" => &self.keys.gateway,
            _ => &self.keys.merchant,
        }
    }
}

impl Pair {
    fn signing_key(&self) -> SigningKey {
        SigningKey::load(&KeyInput::text(self.private_pkcs8_der_b64.as_str())).unwrap()
    }

    fn ring(&self) -> KeyRing {
        let key = VerifyingKey::load(&KeyInput::text(self.public_spki_der_b64.as_str()));
        KeyRing::new(key.unwrap())
    }

    /// The private key in an implementation that the client does not sign with.
    fn independent(&self) -> RsaPrivateKey {
        RsaPrivateKey::from_pkcs8_der(&decode(&self.private_pkcs8_der_b64)).unwrap()
    }

    /// A client that holds this private key, and trusts `antom`.
    fn client(&self, client_id: &str, antom: &Self) -> Result<Client, Error> {
        Client::builder(client_id)
            .private_key(KeyInput::text(self.private_pkcs8_der_b64.as_str()))
            .antom_public_key(KeyInput::text(antom.public_spki_der_b64.as_str()))
            .endpoint("http://127.0.0.1:1")
            .build()
    }
}

fn decode(base64: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(base64).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[test]
fn the_vectors_agree_with_themselves() {
    for vector in load().cases {
        let name = &vector.name;
        assert_eq!(hex(vector.body.as_bytes()), vector.body_utf8_hex, "{name}");
        let digest = Sha256::digest(vector.content().to_bytes());
        assert_eq!(hex(&digest), vector.string_to_sign_sha256, "{name}");
        assert!(
            vector
                .header_value_sdk_style
                .ends_with(&vector.signature_urlencoded),
            "{name}"
        );
        let upper = vector
            .signature_urlencoded_lowercase_hex
            .replace("%2b", "%2B");
        let upper = upper.replace("%2f", "%2F").replace("%3d", "%3D");
        assert_eq!(upper, vector.signature_urlencoded, "{name}");
    }
}

#[test]
fn all_four_forms_of_a_key_are_the_same_key() {
    let vectors = load();
    for pair in [&vectors.keys.merchant, &vectors.keys.gateway] {
        let independent = pair.independent();
        let pkcs1 = decode(&pair.private_pkcs1_der_b64);
        assert!(RsaPrivateKey::from_pkcs1_der(&pkcs1).unwrap() == independent);
        let public = independent.to_public_key();
        let spki = decode(&pair.public_spki_der_b64);
        let public_pkcs1 = decode(&pair.public_pkcs1_der_b64);
        assert!(RsaPublicKey::from_public_key_der(&spki).unwrap() == public);
        assert!(RsaPublicKey::from_pkcs1_der(&public_pkcs1).unwrap() == public);
    }
}

#[test]
fn two_implementations_make_the_signature_of_every_vector() {
    let vectors = load();
    for vector in &vectors.cases {
        let pair = vectors.signer(vector);
        let content = vector.content();
        let expected = decode(&vector.signature_base64);
        assert_eq!(
            content.sign(&pair.signing_key()).unwrap(),
            expected,
            "{}",
            vector.name
        );
        let digest = Sha256::digest(content.to_bytes());
        let scheme = Pkcs1v15Sign::new::<Sha256>();
        assert_eq!(
            pair.independent().sign(scheme, &digest).unwrap(),
            expected,
            "{}",
            vector.name
        );
    }
}

#[test]
fn a_signer_outside_gets_the_digest_of_what_it_signs() {
    let vectors = load();
    for vector in &vectors.cases {
        let key = vectors.signer(vector).independent();
        let hsm = |content: &[u8], sha256: &[u8; 32]| {
            assert_eq!(Sha256::digest(content)[..], sha256[..]);
            Ok(key.sign(Pkcs1v15Sign::new::<Sha256>(), sha256)?)
        };
        let signature = vector.content().sign(&hsm as &dyn Signer).unwrap();
        assert_eq!(
            signature,
            decode(&vector.signature_base64),
            "{}",
            vector.name
        );
    }
}

#[test]
fn a_client_writes_the_header_of_every_vector() {
    let vectors = load();
    for vector in &vectors.cases {
        let client = vectors
            .signer(vector)
            .client(&vector.client_id, vectors.other(vector))
            .unwrap();
        let header = client
            .sign(
                &vector.method,
                &vector.path,
                &vector.time,
                vector.body.as_bytes(),
            )
            .unwrap();
        assert_eq!(header, vector.header_value_sdk_style, "{}", vector.name);
    }
}

#[test]
fn every_written_form_verifies() {
    let vectors = load();
    for vector in &vectors.cases {
        let ring = vectors.signer(vector).ring();
        let client = vectors
            .other(vector)
            .client(&vector.client_id, vectors.signer(vector))
            .unwrap();
        for header in vector.written_forms() {
            assert_eq!(
                ring.verify(&vector.content(), &header),
                Ok(()),
                "{}: {header}",
                vector.name
            );
            let body = vector.body.as_bytes();
            client
                .verify(&vector.method, &vector.path, &vector.time, body, &header)
                .unwrap();
        }
    }
}

#[test]
fn a_signature_is_good_for_its_content_only() {
    let vectors = load();
    for vector in &vectors.cases {
        let ring = vectors.signer(vector).ring();
        let right = vector.content();
        let with_space = format!("{} ", vector.body);
        let one_millisecond_later = format!("{}1", &vector.time[..vector.time.len() - 1]);
        assert_ne!(one_millisecond_later, vector.time);
        let other_mode = vector.path.replacen("/ams/sandbox/api", "/ams/api", 1);
        let other_mode = if other_mode == vector.path {
            format!("{}/", vector.path)
        } else {
            other_mode
        };
        let mut wrong = vec![
            Content {
                method: "GET",
                ..right
            },
            Content {
                method: "post",
                ..right
            },
            Content {
                path: &other_mode,
                ..right
            },
            Content {
                client_id: "SANDBOX_5Y00000000000000",
                ..right
            },
            Content {
                client_id: "",
                ..right
            },
            Content {
                time: &one_millisecond_later,
                ..right
            },
            Content { time: "", ..right },
            Content {
                body: with_space.as_bytes(),
                ..right
            },
        ];
        if !vector.body.is_empty() {
            wrong.push(Content { body: b"", ..right });
            wrong.push(Content {
                body: &right.body[1..],
                ..right
            });
        }
        for (number, content) in wrong.iter().enumerate() {
            let verified = ring.verify(content, &vector.header_value_sdk_style);
            assert!(verified.is_err(), "{}, change {number}", vector.name);
        }
    }
}

#[test]
fn the_line_break_of_the_string_to_sign_is_lf() {
    let vectors = load();
    for vector in &vectors.cases {
        let text = String::from_utf8(vector.content().to_bytes()).unwrap();
        let with_crlf = text.replacen('\n', "\r\n", 1);
        let key = vectors.signer(vector).signing_key().verifying_key();
        let signature = decode(&vector.signature_base64);
        assert!(key.verify(text.as_bytes(), &signature), "{}", vector.name);
        assert!(
            !key.verify(with_crlf.as_bytes(), &signature),
            "{}",
            vector.name
        );
    }
}

#[test]
fn nobody_elses_and_no_other_algorithms_signature_verifies() {
    let vectors = load();
    for vector in &vectors.cases {
        let pair = vectors.signer(vector);
        let ring = pair.ring();
        let content = vector.content();
        let bytes = content.to_bytes();
        let key = pair.independent();
        let with = |scheme, digest: &[u8]| key.sign(scheme, digest).unwrap();
        let good = decode(&vector.signature_base64);
        let mut one_bit = good.clone();
        one_bit[100] ^= 1;
        let wrong = [
            (
                "other key",
                content.sign(&vectors.other(vector).signing_key()).unwrap(),
            ),
            (
                "SHA-1",
                with(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(&bytes)),
            ),
            (
                "SHA-384",
                with(Pkcs1v15Sign::new::<Sha384>(), &Sha384::digest(&bytes)),
            ),
            (
                "SHA-512",
                with(Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(&bytes)),
            ),
            (
                "digest without its name",
                with(Pkcs1v15Sign::new_unprefixed(), &Sha256::digest(&bytes)),
            ),
            (
                "content without a digest",
                with(Pkcs1v15Sign::new_unprefixed(), &bytes[..32]),
            ),
            ("one bit", one_bit),
            ("truncated", good[..255].to_vec()),
            (
                "longer by a zero before it",
                [&[0], good.as_slice()].concat(),
            ),
            (
                "longer by a zero after it",
                [good.as_slice(), &[0]].concat(),
            ),
            ("zeros", vec![0; 256]),
            ("ones", vec![0xff; 256]),
            ("nothing", Vec::new()),
        ];
        for (what, signature) in wrong {
            let base64 = BASE64_STANDARD.encode(signature);
            let header = format!("algorithm=RSA256,keyVersion=1,signature={base64}");
            assert!(
                ring.verify(&content, &header).is_err(),
                "{}: {what}",
                vector.name
            );
        }
    }
}

#[test]
fn a_header_that_breaks_the_grammar_never_verifies() {
    let vectors = load();
    for vector in &vectors.cases {
        let (pair, other) = (vectors.signer(vector), vectors.other(vector));
        let client = other.client(&vector.client_id, pair).unwrap();
        let upper = &vector.signature_urlencoded;
        let wrong = [
            String::new(),
            upper.clone(),
            format!("signature={upper}"),
            format!("algorithm=RSA512,keyVersion=1,signature={upper}"),
            format!("algorithm=none,keyVersion=1,signature={upper}"),
            "algorithm=RSA256,keyVersion=1,signature=".to_owned(),
            "algorithm=RSA256,keyVersion=1".to_owned(),
            format!("algorithm=RSA256,keyVersion=1,signature={upper},signature={upper}"),
            format!(
                "algorithm=RSA256,keyVersion=1,signature={}",
                &upper[..upper.len() - 3]
            ),
            format!(
                "algorithm=RSA256,keyVersion=1,signature={}",
                vector.signature_base64.replace('+', " ")
            ),
            format!("algorithm=RSA256;keyVersion=1;signature={upper}"),
        ];
        for header in wrong {
            let body = vector.body.as_bytes();
            let error = client.verify(&vector.method, &vector.path, &vector.time, body, &header);
            // A signature without `+` in it is not changed by taking `+` for a space.
            if header.contains(&vector.signature_base64) {
                continue;
            }
            let error = error.expect_err(&header);
            assert_eq!(
                error.kind(),
                ErrorKind::UntrustedResponse,
                "{}",
                vector.name
            );
            assert!(!error.message().contains(&upper[..20]), "{}", vector.name);
        }
    }
}

#[test]
fn base64_has_one_spelling() {
    let vectors = load();
    for vector in &vectors.cases {
        let ring = vectors.signer(vector).ring();
        // The last character before the padding carries four bits that must be zero.
        let base64 = &vector.signature_base64;
        let last = base64.as_bytes()[base64.len() - 3];
        let header = format!(
            "algorithm=RSA256,keyVersion=1,signature={}{}==",
            &base64[..base64.len() - 3],
            char::from(last + 1)
        );
        assert!(
            ring.verify(&vector.content(), &header).is_err(),
            "{}",
            vector.name
        );
    }
}
