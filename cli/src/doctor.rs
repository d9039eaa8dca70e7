//! `antom doctor`: why the signature of a saved message does not verify.
//!
//! Reads and prints; what is wrong is found by the core's doctor.

mod curl;
mod har;
mod keys;
mod raw;
mod report;
mod saved;
mod shell;
mod shown;

use std::path::PathBuf;

use antom_core::doctor::{Cause, Diagnosis, Received};
use antom_core::signature::{Content, SignatureHeader};
use clap::Args;

use crate::output::Failure;
use crate::settings::variable;
use keys::{KeyArgument, Keys, Party, key_argument};
use report::Report;
use saved::{AnsweredRequest, Choice, Format, Found, Line, Message, Request};
use shown::escaped;

/// How many bytes of the string to sign are shown where not all of it is asked for.
const SHOWN: usize = 2048;

const AFTER_HELP: &str = "\
Exit codes: 0 the signature verifies, 1 it does not, 2 the command line or the message is not usable.";

const AFTER_LONG_HELP: &str = "\
Examples:
  antom doctor request.http
      A request as it was on the wire, checked with the key of ANTOM_PRIVATE_KEY_PATH.
  antom doctor - --merchant-key merchant_public.pem < request.curl
      A curl command line, as the developer tools of a browser copy it.
  antom doctor page.har --response --antom-key antom_public.pem
      The answer of the last entry to an /ams/ path.
  antom doctor answer.http --path /ams/api/v1/vaults/inquireVaulting
      An answer alone does not say which path its signature covers.
  antom doctor notification.http --meant-body logged.json --meant-path /notify
      Shows the first byte that differs from what the sender says it signed.

A request to a path with /ams/ in it is signed by the merchant; another request is taken for a notification, which
Antom signs, as it signs answers. Card numbers, security codes, tokens and session data are shown as asterisks.

Variables: ANTOM_PRIVATE_KEY_PATH, ANTOM_PRIVATE_KEY and ANTOM_PRIVATE_KEY_PASSPHRASE (the merchant's key),
ANTOM_PUBLIC_KEY_PATH and ANTOM_PUBLIC_KEY (Antom's), ANTOM_CLIENT_ID.

Exit codes: 0 the signature verifies, 1 it does not, 2 the command line or the message is not usable.";

#[derive(Args)]
#[command(after_help = AFTER_HELP, after_long_help = AFTER_LONG_HELP)]
#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
pub(crate) struct Arguments {
    /// Saved message of at most 64 MiB: raw HTTP, a curl command line or a HAR file; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Form of the message [default: what its first bytes show]
    #[arg(long, value_name = "FORM")]
    format: Option<Format>,

    /// Number of the entry in a HAR file, from 1 [default: the last one to a path with /ams/ in it]
    #[arg(long, value_name = "N")]
    entry: Option<usize>,

    /// Examine the answer of the HAR file's entry, and not its request
    #[arg(long)]
    response: bool,

    /// Path of the request with its query [default: the message's own; an answer alone has none]
    #[arg(long, value_name = "PATH")]
    path: Option<String>,

    /// HTTP method of the request [default: the message's own; POST for an answer alone]
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,

    /// Client id for an answer that has no client-id header [ANTOM_CLIENT_ID]
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,

    /// Merchant's key, private or public, in any form; can be repeated, with a version [default: ANTOM_PRIVATE_KEY_PATH
    /// or ANTOM_PRIVATE_KEY]
    #[arg(long, value_name = "[VERSION=]FILE", value_parser = key_argument)]
    merchant_key: Vec<KeyArgument>,

    /// Antom's public key, in any form; can be repeated, with a version [default: ANTOM_PUBLIC_KEY_PATH or
    /// ANTOM_PUBLIC_KEY]
    #[arg(long, value_name = "[VERSION=]FILE", value_parser = key_argument)]
    antom_key: Vec<KeyArgument>,

    /// Who should have signed [default: the merchant for requests, Antom for answers and notifications]
    #[arg(long, value_name = "WHO")]
    expect: Option<Party>,

    /// Path that the sender says it signed [default: the one that came]
    #[arg(long, value_name = "PATH")]
    meant_path: Option<String>,

    /// File with the body that the sender says it signed [default: the one that came]
    #[arg(long, value_name = "FILE")]
    meant_body: Option<PathBuf>,

    /// Time that the sender says it signed, as text [default: the one that came]
    #[arg(long, value_name = "TIME")]
    meant_time: Option<String>,

    /// Client id that the sender says it signed [default: the one that came]
    #[arg(long, value_name = "ID")]
    meant_client_id: Option<String>,

    /// Show the whole string to sign [default: its first 2048 bytes]
    #[arg(long)]
    full: bool,

    /// Print one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a message is, which decides who signs it and what its time is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Request,
    Answer,
    Notification,
}

impl Kind {
    fn signer(self) -> Party {
        match self {
            Self::Request => Party::Merchant,
            Self::Answer | Self::Notification => Party::Antom,
        }
    }

    fn time_header(self) -> &'static str {
        match self {
            Self::Request | Self::Notification => "request-time",
            Self::Answer => "response-time",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Answer => "answer",
            Self::Notification => "notification",
        }
    }
}

/// A message with everything that its signature should cover.
struct SignedMessage {
    kind: Kind,
    request: Request,
    /// `None` where a header is missing or comes twice, with the cause that this is.
    headers: Result<SignedHeaders, Cause>,
    body: Vec<u8>,
    notes: Vec<String>,
    /// How many bytes of the string to sign are shown; `None` shows all.
    shown: Option<usize>,
}

struct SignedHeaders {
    client_id: String,
    time: String,
    signature: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let saved = arguments.saved_message().map_err(unusable)?;
    let message = arguments.signed_message(saved)?;
    let keys = Keys::load(&arguments.merchant_key, &arguments.antom_key)?;
    let party = arguments.expect.unwrap_or_else(|| message.kind.signer());
    let report = match &message.headers {
        Err(cause) => Report::of_incomplete(&message, party, cause),
        Ok(headers) => {
            let content = message.content(headers);
            let meant = arguments.meant(&message, headers)?;
            let meant = meant.as_ref().map(Meant::content);
            let received = Received {
                meant: meant.as_ref(),
                ..Received::from_content(&content, &headers.signature)
            };
            let diagnosis = diagnose(&keys, party, &received)?;
            Report::of_examined(&message, party, &keys, &content, meant.as_ref(), &diagnosis)
        }
    };
    report.print(arguments.json)?;
    if report.verifies() {
        Ok(())
    } else {
        Err(Failure::AlreadyTold)
    }
}

/// Parts of a message may stand in what is wrong with it.
fn unusable(problem: impl AsRef<str>) -> Failure {
    Failure::Usage(escaped(problem.as_ref().as_bytes()))
}

impl Arguments {
    fn saved_message(&self) -> Result<Message, String> {
        let choice = Choice {
            entry: self.entry,
            answer: self.response,
        };
        saved::parse(&saved::read(&self.file)?, self.format, choice)
    }

    fn signed_message(&self, saved: Message) -> Result<SignedMessage, Failure> {
        let Message {
            line,
            headers,
            body,
            mut notes,
        } = saved;
        let configured = match &self.client_id {
            Some(id) => Some(id.clone()),
            None => variable("ANTOM_CLIENT_ID")?,
        };
        let (kind, request, sent_client_id) = self.line(line)?;
        let find = |name: &str| headers.find(name).map_err(unusable);
        let client_id = match find("client-id")? {
            Found::Never if kind == Kind::Answer => sent_client_id
                .or_else(|| configured.clone())
                .map_or(Found::Never, Found::Once),
            found => found,
        };
        let headers = SignedHeaders::of(
            kind,
            client_id,
            find(kind.time_header())?,
            find("signature")?,
        );
        if let (Ok(headers), Some(configured)) = (&headers, configured)
            && headers.client_id != configured
        {
            notes.push(format!(
                "the message is for the client id {}, the settings say {configured}",
                headers.client_id
            ));
        }
        Ok(SignedMessage {
            kind,
            request,
            headers,
            body,
            notes,
            shown: (!self.full).then_some(SHOWN),
        })
    }

    /// What the message is, the request that it is or answers, and the client id of that.
    fn line(&self, line: Line) -> Result<(Kind, Request, Option<String>), Failure> {
        let (is_answer, own, client_id) = match line {
            Line::Request(request) => (false, Some(request), None),
            Line::Answer(Some(AnsweredRequest { request, client_id })) => {
                (true, Some(request), client_id)
            }
            Line::Answer(None) => (true, None, None),
        };
        let (own_method, own_path) =
            own.map_or((None, None), |own| (Some(own.method), Some(own.path)));
        let method = self.method.clone().or(own_method);
        let path = self.path.clone().or(own_path).ok_or_else(|| {
            Failure::Usage(
                "this is an answer, whose signature covers the path of its request: give it with --path".into(),
            )
        })?;
        let kind = if is_answer {
            Kind::Answer
        } else if path.to_ascii_lowercase().contains("/ams/") {
            Kind::Request
        } else {
            Kind::Notification
        };
        let request = Request {
            method: method.unwrap_or_else(|| "POST".to_owned()),
            path,
        };
        Ok((kind, request, client_id))
    }

    fn meant(
        &self,
        message: &SignedMessage,
        came: &SignedHeaders,
    ) -> Result<Option<Meant>, Failure> {
        if self.meant_path.is_none()
            && self.meant_body.is_none()
            && self.meant_time.is_none()
            && self.meant_client_id.is_none()
        {
            return Ok(None);
        }
        let or =
            |meant: &Option<String>, came: &str| meant.clone().unwrap_or_else(|| came.to_owned());
        let body = match &self.meant_body {
            Some(path) => saved::read_file(path).map_err(unusable)?,
            None => message.body.clone(),
        };
        Ok(Some(Meant {
            method: message.request.method.clone(),
            path: or(&self.meant_path, &message.request.path),
            client_id: or(&self.meant_client_id, &came.client_id),
            time: or(&self.meant_time, &came.time),
            body,
        }))
    }
}

/// What the sender says that it signed.
struct Meant {
    method: String,
    path: String,
    client_id: String,
    time: String,
    body: Vec<u8>,
}

impl Meant {
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

impl SignedMessage {
    fn content<'m>(&'m self, headers: &'m SignedHeaders) -> Content<'m> {
        Content {
            method: &self.request.method,
            path: &self.request.path,
            client_id: &headers.client_id,
            time: &headers.time,
            body: &self.body,
        }
    }
}

impl SignedHeaders {
    fn of(kind: Kind, client_id: Found, time: Found, signature: Found) -> Result<Self, Cause> {
        Ok(Self {
            signature: once(signature, "signature", "signature_missing")?,
            time: once(time, kind.time_header(), "time_missing")?,
            client_id: once(client_id, "client-id", "client_id_missing")?,
        })
    }
}

fn once(found: Found, name: &str, missing: &'static str) -> Result<String, Cause> {
    match found {
        Found::Once(value) => Ok(value),
        Found::Never => Err(Cause {
            id: missing,
            what: format!("the message has no {name} header"),
            fix: "the sender must send it; if it did, save the message with all of its headers",
        }),
        Found::Often => Err(Cause {
            id: "header_double",
            what: format!("the message has more than one {name} header"),
            fix: "the sender must send it once: a receiver cannot know which one counts",
        }),
    }
}

fn diagnose(keys: &Keys, party: Party, received: &Received<'_>) -> Result<Diagnosis, Failure> {
    let version = SignatureHeader::parse(received.signature)
        .ok()
        .and_then(|header| header.key_version);
    let expected = keys.expected(party, version.as_deref())?;
    let diagnosis = keys.examine(received, &expected);
    if !expected.is_empty() {
        return Ok(diagnosis);
    }
    Ok(Diagnosis {
        cause: Some(Cause {
            id: "key_version_unknown",
            what: format!(
                "the signature names key version {}, for which {} has no key here",
                version.unwrap_or_default(),
                party.name()
            ),
            fix: "give the key of that version as VERSION=FILE, or a key without a version for all others",
        }),
        ..diagnosis
    })
}
