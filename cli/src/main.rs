//! The `antom` command: the local sandbox, the signature doctor, keys, and calls from the command line.
//!
//! Exit codes: 0 it worked, 1 it did not, 2 the command line is not usable, or a setting is missing.

mod attempts;
mod call;
mod doctor;
mod keys;
mod notify;
mod output;
mod sandbox;
mod settings;
mod vault;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

const AFTER_HELP: &str = "\
Exit codes: 0 it worked; 1 it did not, or a signature does not verify; 2 the command line or a message is not usable, or a setting is missing.";

const AFTER_LONG_HELP: &str = "\
Examples:
  antom sandbox
      A gateway on this machine; it prints the settings for the other commands.
  antom vault create --notification-url https://shop.example/notify
  antom vault complete order-7 --card 4054695723100768
  antom vault inquire order-7
  antom call /ams/api/v1/vaults/inquireVaulting --repeatable --body '{\"vaultingRequestId\":\"order-7\"}'
  antom notify http://127.0.0.1:9000/notify --data target/sandbox
  antom doctor request.http
  antom keys generate --out keys

Variables, of which a flag wins over each: ANTOM_CLIENT_ID, ANTOM_PRIVATE_KEY_PATH or ANTOM_PRIVATE_KEY,
ANTOM_PRIVATE_KEY_PASSPHRASE, ANTOM_PUBLIC_KEY_PATH or ANTOM_PUBLIC_KEY, ANTOM_ENDPOINT or ANTOM_REGION,
ANTOM_CA_CERTIFICATE_PATH, ANTOM_PROXY, ANTOM_AGENT_TOKEN, ANTOM_KEY_VERSION, ANTOM_PRODUCT, ANTOM_TIMEOUT_MS,
ANTOM_CONNECT_TIMEOUT_MS, ANTOM_MAX_RETRIES, ANTOM_SANDBOX. docs/command.md says what each one means.

Results go to standard output, errors to standard error; with --json both go to standard output, as one line of JSON.

Exit codes: 0 it worked; 1 it did not, or a signature does not verify; 2 the command line or a message is not usable, or a setting is missing.";

/// Antom's card-vaulting API from the command line, and a local gateway that stands in for Antom.
#[derive(Parser)]
#[command(
    name = "antom",
    version,
    arg_required_else_help = true,
    after_help = AFTER_HELP,
    after_long_help = AFTER_LONG_HELP
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start a local gateway that stands in for Antom.
    Sandbox(sandbox::Arguments),
    /// Say why the signature of a saved message does not verify.
    Doctor(Box<doctor::Arguments>),
    /// Make and inspect keys.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Call Antom's vaulting API.
    #[command(subcommand)]
    Vault(vault::Command),
    /// Send a sample notification to a receiver, and judge its answer.
    #[command(after_help = notify::AFTER_HELP)]
    Notify(Box<notify::Arguments>),
    /// Call any other API of Antom by its path.
    Call(Box<call::Arguments>),
}

fn main() -> ExitCode {
    let (json, outcome) = match Arguments::parse().command {
        Command::Sandbox(arguments) => (arguments.json(), sandbox::run(arguments)),
        Command::Call(arguments) => (arguments.json, call::run(&arguments)),
        Command::Notify(arguments) => (arguments.json, notify::run(*arguments)),
        Command::Doctor(arguments) => (arguments.json, doctor::run(&arguments)),
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
