//! `antom notify`: sends a sample notification to a receiver, and judges its answer.

use std::path::PathBuf;

use antom_core::signature::{KeyInput, SigningKey};
use antom_sandbox::{DEFAULT_CLIENT_ID, Files, Sample, SampleVerdict};
use clap::{ArgGroup, Args};
use serde::Serialize;

use crate::output::{Failure, block, print, print_json};
use crate::settings::variable;

pub(crate) const AFTER_HELP: &str = "\
Example:
  antom notify http://127.0.0.1:9000/notify --data target/sandbox

Exit codes: 0 it was acknowledged, 1 it was not, 2 the command line is not usable.";

#[derive(Args)]
#[command(group(ArgGroup::new("key").required(true).args(["data", "antom_key"])))]
#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
pub(crate) struct Arguments {
    /// Receiver, on this machine
    #[arg(value_name = "URL")]
    url: String,

    /// Report a vaulting that failed, and not one that succeeded
    #[arg(long)]
    failure: bool,

    /// vaultingRequestId to report on
    #[arg(long, value_name = "ID", default_value = "sample-1")]
    request_id: String,

    /// client-id to address it to: the receiver's own [ANTOM_CLIENT_ID; default: the sandbox's]
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,

    /// Sign with the key of the sandbox that keeps its files there; antom sandbox --data makes them
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Sign with the private key in this file
    #[arg(long, value_name = "FILE")]
    antom_key: Option<PathBuf>,

    /// Certificate authority to trust besides the platform's
    #[arg(long, value_name = "FILE")]
    ca_certificate_path: Option<PathBuf>,

    /// Host other than this machine that it may be sent to, can be repeated
    #[arg(long, value_name = "HOST")]
    allow: Vec<String>,

    /// Print one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    let json = arguments.json;
    let source = if arguments.data.is_some() {
        "antom sandbox with the same --data makes the key"
    } else {
        "--antom-key wants the private key that signs in Antom's place"
    };
    let (sample, key) = arguments.into_sample()?;
    let key = SigningKey::load(&KeyInput::path(key))
        .map_err(|error| Failure::Usage(format!("{}; {source}", error.message())))?;
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| Failure::Other(format!("cannot start threads: {e}")))?;
    let verdict = runtime
        .block_on(sample.send(&key))
        .map_err(Failure::Usage)?;
    if json {
        print_json(&VerdictJson::of(&verdict))?;
    } else {
        print(&block(&describe(&sample, &verdict)))?;
    }
    if verdict.acknowledged {
        Ok(())
    } else {
        Err(Failure::AlreadyTold)
    }
}

impl Arguments {
    /// The sample, and the file of the key that signs it.
    fn into_sample(self) -> Result<(Sample, PathBuf), Failure> {
        let client_id = match self.client_id {
            Some(client_id) => Some(client_id),
            None => variable("ANTOM_CLIENT_ID")?,
        };
        let files = self.data.map(Files::kept_in);
        let key = match (self.antom_key, &files) {
            (Some(key), _) => key,
            (None, Some(files)) => files.antom_private_key(),
            (None, None) => return Err(Failure::Usage("give --data or --antom-key".to_owned())),
        };
        let own_authority = files.map(|files| files.ca_certificate());
        let sample = Sample {
            url: self.url,
            client_id: client_id.unwrap_or_else(|| DEFAULT_CLIENT_ID.to_owned()),
            request_id: self.request_id,
            is_failure: self.failure,
            allowed_hosts: self.allow,
            ca_certificate: self
                .ca_certificate_path
                .or_else(|| own_authority.filter(|path| path.exists())),
        };
        Ok((sample, key))
    }
}

fn describe(sample: &Sample, verdict: &SampleVerdict) -> Vec<(&'static str, String)> {
    let word = if verdict.acknowledged { "yes" } else { "no" };
    let mut lines = vec![
        ("sent to", sample.url.clone()),
        ("request id", sample.request_id.clone()),
        ("acknowledged", word.to_owned()),
        ("what happened", verdict.outcome.clone()),
    ];
    let status = verdict.http_status.map(|status| status.to_string());
    lines.extend(status.map(|status| ("HTTP status", status)));
    lines.push(("duration", format!("{} ms", verdict.duration.as_millis())));
    lines
}

#[derive(Serialize)]
struct VerdictJson<'v> {
    acknowledged: bool,
    outcome: &'v str,
    http_status: Option<u16>,
    duration_ms: u128,
}

impl<'v> VerdictJson<'v> {
    fn of(verdict: &'v SampleVerdict) -> Self {
        Self {
            acknowledged: verdict.acknowledged,
            outcome: &verdict.outcome,
            http_status: verdict.http_status,
            duration_ms: verdict.duration.as_millis(),
        }
    }
}
