//! Steps that have no public door, for the benchmarks alone.

use crate::api::Operation;
use crate::api::create_vaulting_session::CreateVaultingSession;
use crate::signature::{Content, KeyRing, SignatureHeader, SigningKey};
use crate::transport::{self, Body};
use crate::trust::{Expected, Verdict, judge};

/// A signed answer as it came from the network.
pub struct Answer {
    answer: transport::Answer,
    keys: KeyRing,
    client_id: &'static str,
    path: &'static str,
}

impl Answer {
    /// An answer with HTTP 200 that `key` signed.
    ///
    /// # Panics
    /// If the key does not sign.
    pub fn new(
        key: &SigningKey,
        client_id: &'static str,
        path: &'static str,
        time: &str,
        body: &str,
    ) -> Self {
        let content = Content {
            method: "POST",
            path,
            client_id,
            time,
            body: body.as_bytes(),
        };
        let signature = content.sign(key).expect("the key signs");
        let header = SignatureHeader::write(&signature, "1");
        let headers = [
            ("client-id", client_id),
            ("response-time", time),
            ("signature", &header),
        ]
        .into_iter()
        .map(|(name, value)| {
            let value = value.parse().expect("a header's value");
            (ureq::http::HeaderName::from_static(name), value)
        })
        .collect();
        Self {
            answer: transport::Answer {
                status: 200,
                headers,
                body: Body::Complete(body.into()),
                connect: None,
            },
            keys: KeyRing::new(key.verifying_key()),
            client_id,
            path,
        }
    }

    fn judged(&self) -> Verdict<'_> {
        judge(
            &self.answer,
            &Expected {
                method: "POST",
                path: self.path,
                client_id: self.client_id,
                keys: &self.keys,
                now: time::OffsetDateTime::UNIX_EPOCH,
                max_age: None,
            },
        )
    }

    /// Judges it: one verification, and the reading of its result.
    pub fn is_trusted(&self) -> bool {
        matches!(self.judged(), Verdict::Signed(..))
    }

    /// Judges it and reads the session out of it.
    pub fn parses(&self) -> bool {
        match self.judged() {
            Verdict::Signed(signed) => CreateVaultingSession::default().parse(&signed).is_ok(),
            _ => false,
        }
    }
}
