//! One sample notification to any receiver, without a running sandbox: what `antom notify` does.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use antom_core::signature::SigningKey;
use axum::body::Bytes;

use super::acknowledgement::judge;
use super::destination::{self, Allowed, Destination};
use super::message::{self, Letter};
use super::sender::Sender;
use crate::cards::TEST_CARDS;
use crate::clock::{self, Clock};
use crate::vaulting::{Card, CardToken, Origin, RequestKey, Stage, Vaulting};

/// A notification that is made up.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The receiver: on this machine, or on one of [`allowed_hosts`](Self::allowed_hosts).
    pub url: String,
    /// The `client-id` header: the receiver's own.
    pub client_id: String,
    /// `vaultingRequestId`.
    pub request_id: String,
    /// Whether it is about a vaulting that failed, with `DO_NOT_HONOR`, and not about one that succeeded.
    pub is_failure: bool,
    /// Hosts other than this machine that it may go to.
    pub allowed_hosts: Vec<String>,
    /// A certificate authority in PEM, to trust besides the platform's.
    pub ca_certificate: Option<PathBuf>,
}

/// What became of a [`Sample`].
#[derive(Clone, Debug)]
pub struct SampleVerdict {
    /// Whether the answer was the acknowledgement that Antom wants.
    pub acknowledged: bool,
    /// What happened, and what to do if it is not acknowledged.
    pub outcome: String,
    /// The status of the answer, if there was one.
    pub http_status: Option<u16>,
    /// Until the whole answer was there.
    pub duration: Duration,
}

impl Sample {
    /// Signs it with `key`, sends it once, and judges the answer. Takes 15 s at most. Needs a Tokio runtime.
    ///
    /// # Errors
    /// In words: the URL, an allowed host or the client id cannot be used.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn send(&self, key: &SigningKey) -> Result<SampleVerdict, String> {
        let destination = Destination::parse(&self.url)?;
        if let Some(host) = self
            .allowed_hosts
            .iter()
            .find(|host| !destination::is_host(host))
        {
            return Err(format!("{host} is not the name or the address of a host"));
        }
        if !self.client_id.chars().all(|c| c.is_ascii_graphic()) || self.client_id.is_empty() {
            return Err("the client id must be visible ASCII characters without spaces".to_owned());
        }
        let letter = Letter {
            client_id: self.client_id.clone(),
            path: destination.path_and_query(),
            body: message::body(&self.vaulting()).expect("the vaulting of a sample has ended"),
        };
        let message = letter.sign(key, &clock::text(Clock::new().now()));
        let allowed = Allowed::new(&self.allowed_hosts, "--allow", &[]);
        let sender = Sender::new(allowed, self.ca_certificate.clone());
        let started = Instant::now();
        let answer = sender.send(&destination, &message).await;
        let judged = judge(&answer);
        Ok(SampleVerdict {
            acknowledged: judged.acknowledged,
            outcome: judged.text,
            http_status: answer.ok().map(|answer| answer.status),
            duration: started.elapsed(),
        })
    }

    /// The vaulting that it is about, as if it had just ended.
    fn vaulting(&self) -> Vaulting {
        let now = Clock::new().now();
        let card = Card {
            test_card: &TEST_CARDS[0],
            expiry_month: "02".to_owned(),
            expiry_year: format!("{:02}", (now.year() + 3) % 100),
        };
        Vaulting {
            number: 1,
            key: RequestKey {
                client_id: self.client_id.clone(),
                request_id: self.request_id.clone(),
            }
            .into(),
            origin: Origin::Direct,
            fingerprint: [0; 32],
            answer: Bytes::new(),
            created_at: now,
            expires_at: now,
            notification_url: Some(self.url.clone()),
            redirect_url: None,
            metadata: None,
            asks_for_3ds: false,
            stage: if self.is_failure {
                Stage::Failed {
                    code: "DO_NOT_HONOR",
                }
            } else {
                Stage::Succeeded {
                    card,
                    token: CardToken("ALIPAYsampleOfTheSandboxAndNoRealToken".to_owned()),
                }
            },
        }
    }
}
