//! What the command prints: aligned lines for people, one line of JSON for programs.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;

use antom_core::Error;
use serde::Serialize;

/// Why a command failed.
pub(crate) enum Failure {
    /// The client, a key or a file says no.
    Call(Error),
    /// Not a matter of Antom's API: no port, no place to print.
    Other(String),
    /// The command line or the environment is not usable.
    Usage(String),
    /// The same, where the library said so.
    Unusable(Error),
    /// Everything there is to say is printed; the exit code says that it is not good.
    AlreadyTold,
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Call(_) | Self::Other(_) | Self::AlreadyTold => ExitCode::from(1),
            Self::Usage(_) | Self::Unusable(_) => ExitCode::from(2),
        }
    }

    /// For people on standard error, for programs on standard output. If nobody reads it, nothing can be done.
    pub(crate) fn report(&self, json: bool) {
        let _ = match self {
            Self::AlreadyTold => Ok(()),
            Self::Call(error) | Self::Unusable(error) if json => print_json(&ErrorJson::of(error)),
            Self::Call(error) | Self::Unusable(error) => {
                print_to(io::stderr(), &block(&describe(error)))
            }
            Self::Usage(message) if json => {
                print_json(&ErrorJson::of(&Error::invalid_argument(message)))
            }
            Self::Other(message) | Self::Usage(message) => {
                print_to(io::stderr(), &format!("error: {message}\n"))
            }
        };
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Other(format!("cannot write to standard output: {error}"))
    }
}

/// Prints text for people.
pub(crate) fn print(text: &str) -> io::Result<()> {
    print_to(io::stdout(), text)
}

/// Prints one line of JSON.
pub(crate) fn print_json(value: &impl Serialize) -> io::Result<()> {
    let line = serde_json::to_string(value).expect("text and numbers always serialise");
    print(&format!("{line}\n"))
}

fn print_to(mut to: impl Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.flush()
}

/// Names on the left, values on the right.
pub(crate) fn block(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in lines {
        // A value may come from a gateway, and must not steer the terminal.
        let value = value.replace(char::is_control, " ");
        let _ = writeln!(text, "{name:width$}  {value}");
    }
    text
}

fn describe(error: &Error) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        (
            "error",
            format!("{} ({})", error.kind().name(), error.kind().number()),
        ),
        ("message", error.message().to_owned()),
    ];
    // Some messages end with it.
    let advice = Some(error.advice()).filter(|advice| !error.message().ends_with(advice));
    let optional = [
        ("advice", advice.map(str::to_owned)),
        ("request id", error.request_id().map(str::to_owned)),
        ("HTTP status", error.http_status().map(|s| s.to_string())),
        ("result code", error.result_code().map(str::to_owned)),
    ];
    for (name, value) in optional {
        lines.extend(value.map(|value| (name, value)));
    }
    for violation in error.violations() {
        lines.push(("violation", violation.to_string()));
    }
    lines
}

#[derive(Serialize)]
struct ErrorJson<'e> {
    error: ErrorMembers<'e>,
}

#[derive(Serialize)]
struct ErrorMembers<'e> {
    kind: &'static str,
    number: i32,
    message: &'e str,
    advice: &'e str,
    retryable: bool,
    result_code: Option<&'e str>,
    http_status: Option<u16>,
    authenticated: bool,
    attempts: u32,
    request_id: Option<&'e str>,
    violations: Vec<ViolationMembers<'e>>,
}

#[derive(Serialize)]
struct ViolationMembers<'e> {
    field: &'e str,
    problem: &'e str,
}

impl<'e> ErrorJson<'e> {
    fn of(error: &'e Error) -> Self {
        let violations = error.violations().iter().map(|violation| ViolationMembers {
            field: violation.field(),
            problem: violation.problem(),
        });
        Self {
            error: ErrorMembers {
                kind: error.kind().name(),
                number: error.kind().number(),
                message: error.message(),
                advice: error.advice(),
                retryable: error.is_retryable(),
                result_code: error.result_code(),
                http_status: error.http_status(),
                authenticated: error.is_authenticated(),
                attempts: error.attempts(),
                request_id: error.request_id(),
                violations: violations.collect(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_steer_the_terminal_or_forge_a_line() {
        let text = block(&[("result code", "\u{1b}[2J\nrequest id  forged".to_owned())]);
        assert_eq!(text, "result code   [2J request id  forged\n");
    }
}
