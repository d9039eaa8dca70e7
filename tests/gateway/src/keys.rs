//! The keys of `signatures.json`, and signatures that are right or wrong in one respect.

use std::io;

use antom_core::signature::{Content, KeyInput, SigningKey, VerifyingKey};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha512};

use crate::case::{Form, Sign, vectors};

/// The other client id that answers may be for.
const OTHER_CLIENT_ID: &str = "SANDBOX_5Y00000000000000";

/// A key pair of the vectors.
pub(crate) struct KeyPair {
    pub(crate) private_pem: String,
    pub(crate) public_pem: String,
    pub(crate) signing: SigningKey,
    pub(crate) verifying: VerifyingKey,
    rsa: RsaPrivateKey,
}

/// The key pairs of the vectors.
pub(crate) struct Keys {
    pub(crate) merchant: KeyPair,
    pub(crate) gateway: KeyPair,
}

impl Keys {
    pub(crate) fn load() -> io::Result<Self> {
        let text = std::fs::read(vectors().join("signatures.json"))?;
        let keys = &serde_json::from_slice::<Value>(&text)?["keys"];
        Ok(Self {
            merchant: KeyPair::load(&keys["merchant"])?,
            gateway: KeyPair::load(&keys["gateway"])?,
        })
    }

    /// The raw signature of an answer. `None` is no signature at all.
    fn sign(&self, sign: Sign, right: &Content<'_>) -> Option<Vec<u8>> {
        let with = |key: &KeyPair, content: &Content<'_>| {
            content.sign(&key.signing).expect("a key in memory signs")
        };
        let good = |content: &Content<'_>| with(&self.gateway, content);
        Some(match sign {
            Sign::None => return None,
            Sign::Good => good(right),
            Sign::Empty | Sign::Garbage => Vec::new(),
            Sign::Truncated => good(right)[..128].to_vec(),
            Sign::OtherKey => with(&self.merchant, right),
            Sign::OtherMethod => good(&Content {
                method: "GET",
                ..*right
            }),
            Sign::OtherClientId => good(&Content {
                client_id: OTHER_CLIENT_ID,
                ..*right
            }),
            Sign::OtherBody => good(&Content {
                body: &[right.body, b" "].concat(),
                ..*right
            }),
            Sign::OtherPath => good(&Content {
                path: &other_path(right.path),
                ..*right
            }),
            Sign::OtherTime => good(&Content {
                time: &format!("{}0", right.time),
                ..*right
            }),
            Sign::Sha1 => self
                .gateway
                .sign_digest::<Sha1>(Pkcs1v15Sign::new::<Sha1>(), right),
            Sign::Sha512 => self
                .gateway
                .sign_digest::<Sha512>(Pkcs1v15Sign::new::<Sha512>(), right),
        })
    }

    /// The value of the signature header of an answer. `None` is no such header.
    pub(crate) fn header(&self, sign: Sign, form: Form, right: &Content<'_>) -> Option<String> {
        let signature = match sign {
            Sign::Garbage => "%%this-is-no-base64%%".to_owned(),
            _ => BASE64_STANDARD.encode(self.sign(sign, right)?),
        };
        let upper = signature
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D");
        let lower = signature
            .replace('+', "%2b")
            .replace('/', "%2f")
            .replace('=', "%3d");
        Some(match form {
            Form::Sdk => format!("algorithm=RSA256,keyVersion=1,signature={upper}"),
            Form::Docs => format!("algorithm=RSA256, keyVersion=1, signature={upper}"),
            Form::LowerHex => format!("algorithm=RSA256,keyVersion=1,signature={lower}"),
            Form::Raw => format!("algorithm=RSA256,keyVersion=1,signature={signature}"),
            Form::Reordered => format!("signature={upper},keyVersion=1,algorithm=RSA256"),
            Form::NoKeyVersion => format!("algorithm=RSA256,signature={upper}"),
            Form::NoAlgorithm => format!("keyVersion=1,signature={upper}"),
            Form::OtherAlgorithm => format!("algorithm=RSA512,keyVersion=1,signature={upper}"),
            Form::DoublePart => {
                format!("algorithm=RSA256,keyVersion=1,signature={upper},signature={upper}")
            }
        })
    }
}

impl KeyPair {
    fn load(vector: &Value) -> io::Result<Self> {
        let base64 = vector["private_pkcs8_der_b64"].as_str().unwrap_or_default();
        let der = BASE64_STANDARD.decode(base64).map_err(io::Error::other)?;
        let rsa = RsaPrivateKey::from_pkcs8_der(&der).map_err(io::Error::other)?;
        let signing = SigningKey::load(&KeyInput::bytes(der)).map_err(io::Error::other)?;
        let private_pem = rsa.to_pkcs8_pem(LineEnding::LF).map_err(io::Error::other)?;
        let public_pem = rsa.to_public_key().to_public_key_pem(LineEnding::LF);
        Ok(Self {
            private_pem: private_pem.to_string(),
            public_pem: public_pem.map_err(io::Error::other)?,
            verifying: signing.verifying_key(),
            signing,
            rsa,
        })
    }

    fn sign_digest<D: Digest>(&self, scheme: Pkcs1v15Sign, content: &Content<'_>) -> Vec<u8> {
        self.rsa
            .sign(scheme, &D::digest(content.to_bytes()))
            .expect("a key of 2048 bits signs any digest")
    }
}

/// The path of the other mode: live for test, test for live.
fn other_path(path: &str) -> String {
    if path.contains("/ams/sandbox/api") {
        path.replacen("/ams/sandbox/api", "/ams/api", 1)
    } else {
        path.replacen("/ams/api", "/ams/sandbox/api", 1)
    }
}
