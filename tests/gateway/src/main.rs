//! `antom-test-gateway [--verbose]`: prints one line of JSON when it is ready, and ends when its standard input closes.

use std::io::{self, Write};
use std::process::ExitCode;

use antom_test_gateway::{Log, TestGateway};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("antom-test-gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let log = match arguments.as_slice() {
        [] => Log::Silent,
        [flag] if flag == "--verbose" => Log::Stderr,
        _ => return Err(io::Error::other("usage: antom-test-gateway [--verbose]")),
    };
    let gateway = TestGateway::start_with(log)?;
    println!("{}", serde_json::to_string(gateway.ready())?);
    io::stdout().flush()?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
