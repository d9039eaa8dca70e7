//! The `antom` command: the local sandbox, keys, and calls from the command line.
//!
//! Exit codes: 0 it worked, 1 it did not, 2 the command line is not usable, or a setting is missing.

mod keys;
mod output;
mod sandbox;
mod settings;
mod vault;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Antom's card-vaulting API from the command line, and a local gateway that stands in for Antom.
#[derive(Parser)]
#[command(name = "antom", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start a local gateway that stands in for Antom.
    Sandbox(sandbox::Arguments),
    /// Make and inspect keys.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Call Antom's vaulting API.
    #[command(subcommand)]
    Vault(vault::Command),
}

fn main() -> ExitCode {
    let (json, outcome) = match Arguments::parse().command {
        Command::Sandbox(arguments) => (arguments.json(), sandbox::run(arguments)),
        Command::Keys(command) => (command.json(), keys::run(command)),
        Command::Vault(command) => (command.json(), vault::run(command)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(json);
            failure.exit_code()
        }
    }
}
