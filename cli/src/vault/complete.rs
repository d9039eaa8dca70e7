//! `antom vault complete`: plays the buyer of a session in the local sandbox, who enters a test card. It calls the
//! sandbox's own HTTP interface, which Antom does not have.

use std::env;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use serde::{Deserialize, Serialize};
use ureq::Agent;

use crate::output::{Failure, block, print, print_json};

const DEFAULT_SANDBOX: &str = "http://127.0.0.1:8080";
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 64 * 1024;
/// How many years ahead a card expires of which nothing else is said.
const YEARS_AHEAD: u64 = 3;

#[derive(Args)]
#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
pub(crate) struct Arguments {
    /// The session: its id, or its vaultingRequestId
    #[arg(value_name = "SESSION")]
    session: String,

    /// Number of a test card; the checkout page of the sandbox lists them
    #[arg(long, value_name = "NUMBER")]
    card: String,

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
    card: &'a str,
    expiry: &'a str,
    security_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge_code: Option<&'a str>,
}

/// What became of it.
#[derive(Serialize, Deserialize)]
struct Outcome {
    /// `SUCCESS`, `FAIL` or `PROCESSING`.
    status: String,
    /// The `vaultingResultCode`, where there is one.
    code: Option<String>,
    /// In a sentence.
    what: String,
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
        card: &arguments.card,
        expiry: &expiry,
        security_code: &arguments.security_code,
        challenge_code: arguments.code.as_deref(),
    };
    let outcome = post(&url, &entry).map_err(|problem| match problem {
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
    if arguments.json {
        print_json(&outcome)?;
    } else {
        print(&block(&describe(outcome)))?;
    }
    Ok(())
}

fn describe(outcome: Outcome) -> Vec<(&'static str, String)> {
    let mut lines = vec![("status", outcome.status)];
    lines.extend(outcome.code.map(|code| ("result code", code)));
    lines.push(("what", outcome.what));
    lines
}

enum Problem {
    /// In the sandbox's own words.
    Refused(String),
    NoAnswer(ureq::Error),
    NotTheSandbox(u16),
}

fn post(url: &str, entry: &Entry<'_>) -> Result<Outcome, Problem> {
    let agent = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(TIMEOUT))
        .build()
        .new_agent();
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
fn sandbox_address(flag: Option<&str>) -> Result<String, Failure> {
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
        _ => Err(Failure::Usage(format!(
            "the address of the sandbox must be like {DEFAULT_SANDBOX}"
        ))),
    }
}

/// As one part of a path, whatever it holds.
fn path_segment(text: &str) -> String {
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
