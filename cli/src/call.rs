//! `antom call`: any API of Antom by its path. The verified answer is printed and not interpreted.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, IsTerminal, Read};

use antom_core::{ErrorKind, Repeat};
use antom_sandbox::indented_json;
use clap::Args;

use crate::output::{Failure, print};
use crate::settings::ClientArguments;

/// The largest body that is read from a file or from standard input, in bytes.
const LARGEST_BODY: u64 = 1024 * 1024;

const AFTER_HELP: &str = "\
Exit codes: 0 Antom answered S, 1 an error of the table in docs/errors.md, 2 the command line is not usable or a setting is missing.";

const AFTER_LONG_HELP: &str = "\
Examples:
  antom call /ams/api/v1/vaults/inquireVaulting --repeatable --body '{\"vaultingRequestId\":\"order-7\"}'
  antom call /ams/api/v1/payments/inquiryPayment --repeatable --body inquiry.json
  jq -c . order.json | antom call /ams/api/v1/payments/pay --body -

The path is the live one; for a client id that begins with SANDBOX_ it becomes /ams/sandbox/api/... by itself. Without
--repeatable a request that may have arrived is not sent again. The answer may hold tokens: mind where it goes.

An agent token is read from ANTOM_AGENT_TOKEN, other settings from the variables in brackets; a flag wins.

Exit codes: 0 Antom answered S, 1 an error of the table in docs/errors.md, 2 the command line is not usable or a setting is missing.";

#[derive(Args)]
#[command(after_help = AFTER_HELP, after_long_help = AFTER_LONG_HELP)]
pub(crate) struct Arguments {
    /// Live path, for example /ams/api/v1/vaults/inquireVaulting
    #[arg(value_name = "PATH")]
    path: String,

    /// Body, which is sent byte for byte: a file of at most 1 MiB, - for standard input, or the JSON object itself
    #[arg(long, value_name = "FILE|-|JSON", default_value = "{}")]
    body: String,

    /// Say that a second, identical request does no harm, so that a failed one may be sent again
    #[arg(long)]
    repeatable: bool,

    /// Print the answer as it came, also to a terminal, and errors as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    client: ClientArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let body = body(&arguments.body).map_err(Failure::Usage)?;
    let repeat = if arguments.repeatable {
        Repeat::Harmless
    } else {
        Repeat::OnlyIfNotSent
    };
    let client = arguments.client.client()?;
    let answer = client
        .call(&arguments.path, &body, repeat)
        .map_err(|error| match error.kind() {
            ErrorKind::InvalidArgument => Failure::Unusable(error),
            _ => Failure::Call(error),
        })?;
    let answer = answer.json.expose();
    if io::stdout().is_terminal() && !arguments.json {
        print(&pretty(answer))?;
    } else {
        print(answer)?;
        if !answer.ends_with('\n') {
            print("\n")?;
        }
    }
    Ok(())
}

fn body(argument: &str) -> Result<String, String> {
    if argument.trim_start().starts_with('{') {
        return Ok(argument.to_owned());
    }
    if argument == "-" {
        return bounded(io::stdin().lock()).map_err(|e| format!("standard input: {e}"));
    }
    File::open(argument)
        .map_err(|e| e.to_string())
        .and_then(bounded)
        .map_err(|e| format!("cannot read {argument}: {e}"))
}

fn bounded(from: impl Read) -> Result<String, String> {
    let mut text = String::new();
    from.take(LARGEST_BODY + 1)
        .read_to_string(&mut text)
        .map_err(|e| match e.kind() {
            io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
            _ => e.to_string(),
        })?;
    if text.len() as u64 > LARGEST_BODY {
        return Err("it is larger than 1 MiB".to_owned());
    }
    Ok(text)
}

/// Valid JSON with a line for each member; what could steer a terminal becomes an escape.
fn pretty(json: &str) -> String {
    let indented = indented_json(json);
    let mut text = String::with_capacity(indented.len());
    for c in indented.chars() {
        // Within a string a line break is an escape already.
        if c == '\n' {
            text.push(c);
        } else {
            push_safely(&mut text, c);
        }
    }
    text.push('\n');
    text
}

fn push_safely(text: &mut String, c: char) {
    if c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric() {
        text.push(c);
    } else {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_cannot_steer_the_terminal() {
        let json = "{\"a\":\"é\u{9b}2J\u{202e}\u{7f}😀\"}";
        let shown = pretty(json);
        assert_eq!(
            shown,
            "{\n  \"a\": \"é\\u009b2J\\u202e\\u007f\\ud83d\\ude00\"\n}\n"
        );
        let values = [json, &shown].map(serde_json::from_str::<serde_json::Value>);
        let [before, after] = values.map(Result::unwrap);
        assert_eq!(before, after);
    }
}
