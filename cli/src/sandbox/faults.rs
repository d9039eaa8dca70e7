//! `antom sandbox faults`: lists what can go wrong on purpose.

use std::fmt::Write as _;

use antom_sandbox::{FAULTS, Fault, Outcome, Parameter, Unit};
use clap::Args;
use serde::Serialize;

use crate::output::{Failure, print, print_json};

#[derive(Args)]
pub(super) struct Arguments {
    /// Print one line of JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.json {
        let faults: Vec<_> = FAULTS.iter().map(FaultJson::of).collect();
        return Ok(print_json(&ListJson { faults })?);
    }
    Ok(print(&list())?)
}

fn list() -> String {
    let mut text = "A request meets a fault by its header \"x-sandbox-fault: NAME\" or by a rule: \
                    antom sandbox --fault NAME.\nFaults of different parts can be combined: delay=2s,http-503.\n"
        .to_owned();
    for part in ["answer", "time", "bytes"] {
        let title = match part {
            "answer" => "What is answered",
            "time" => "When",
            _ => "How the bytes of the answer go out",
        };
        let _ = writeln!(text, "\n{title}");
        for fault in FAULTS.iter().filter(|fault| fault.part() == part) {
            let _ = writeln!(text, "  {:26}{}", usage(fault), fault.what);
            let carried_out = if fault.processed { "" } else { "not " };
            let outcome = fault.outcome_text();
            let _ = writeln!(
                text,
                "  {:26}{carried_out}carried out; libantom: {outcome}{}",
                "",
                bounds(fault),
            );
        }
    }
    text
}

/// The name, with the value where there is one.
fn usage(fault: &Fault) -> String {
    match fault.parameter {
        Some(Parameter { unit, default, .. }) => {
            format!("{}={}", fault.name, unit.write(default))
        }
        None => fault.name.to_owned(),
    }
}

fn bounds(fault: &Fault) -> String {
    let parameter = fault.parameter;
    parameter.map_or_else(String::new, |parameter| format!("; from {parameter}"))
}

#[derive(Serialize)]
struct ListJson {
    faults: Vec<FaultJson>,
}

#[derive(Serialize)]
struct FaultJson {
    name: &'static str,
    what: &'static str,
    part: &'static str,
    parameter: Option<ParameterJson>,
    processed: bool,
    /// The kind of libantom's error; none for a value.
    error: Option<&'static str>,
    authenticated: Option<bool>,
    retried: bool,
}

/// Durations in milliseconds.
#[derive(Serialize)]
struct ParameterJson {
    unit: &'static str,
    default: u64,
    least: u64,
    most: u64,
}

impl FaultJson {
    fn of(fault: &Fault) -> Self {
        let (error, authenticated, retried) = match fault.outcome {
            Outcome::Value => (None, None, false),
            Outcome::Fails {
                kind,
                authenticated,
                again,
            } => (Some(kind.name()), Some(authenticated), again),
        };
        Self {
            name: fault.name,
            what: fault.what,
            part: fault.part(),
            parameter: fault.parameter.map(|parameter| ParameterJson {
                unit: match parameter.unit {
                    Unit::Duration => "milliseconds",
                    Unit::Calls => "calls",
                    Unit::Mebibytes => "mebibytes",
                },
                default: parameter.default,
                least: parameter.least,
                most: parameter.most,
            }),
            processed: fault.processed,
            error,
            authenticated,
            retried,
        }
    }
}
