//! `antom keys`: makes key pairs and says what a key file holds.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use antom_core::Error;
use antom_core::signature::{KeyDescription, KeyInput, SigningKey, VerifyingKey};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::output::{Failure, block, print, print_json};
use crate::settings::passphrase_file;

const GENERATE_EXAMPLES: &str = "\
Examples:
  antom keys generate --out keys
  antom keys generate --out keys --force --json

The private key stays with you. The public key, on one line, is what Antom's Dashboard takes.

Exit codes: 0 both files are written, 1 they are not, 2 the command line is not usable.";

const INSPECT_EXAMPLES: &str = "\
Examples:
  antom keys inspect merchant_private.pem
  antom keys inspect encrypted.pem --passphrase-file passphrase.txt
  antom keys inspect antom_public.der --json

A private key and its public key have the same fingerprint.

Exit codes: 0 the key is usable, 1 it is not, 2 the command line is not usable.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a key pair of 2048 bits, the size that Antom asks for.
    #[command(after_long_help = GENERATE_EXAMPLES)]
    Generate(GenerateArguments),
    /// Say what a key file holds, without showing a private key.
    #[command(after_long_help = INSPECT_EXAMPLES)]
    Inspect(InspectArguments),
}

#[derive(Args)]
#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
pub(crate) struct GenerateArguments {
    /// Directory for merchant_private.pem and merchant_public.pem; made if it is not there
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,

    /// Replace files that are there already [default: they are left alone]
    #[arg(long)]
    force: bool,

    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct InspectArguments {
    /// Key of at most 64 KiB: PEM, DER or bare base64; PKCS#1, PKCS#8 (encrypted or not) or SPKI
    file: PathBuf,

    /// File with the passphrase of an encrypted private key [default: none]
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,

    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Generate(arguments) => arguments.json,
            Self::Inspect(arguments) => arguments.json,
        }
    }
}

pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Generate(arguments) => generate(&arguments),
        Command::Inspect(arguments) => inspect(&arguments),
    }
}

fn generate(arguments: &GenerateArguments) -> Result<(), Failure> {
    let private = arguments.out.join("merchant_private.pem");
    let public = arguments.out.join("merchant_public.pem");
    if !arguments.force
        && let Some(present) = [&private, &public].into_iter().find(|path| path.exists())
    {
        return Err(unusable(present, "it is there already; --force replaces it").into());
    }
    make_directory(&arguments.out).map_err(|e| unusable(&arguments.out, &e.to_string()))?;
    let key = SigningKey::generate();
    let half = key.signing_key.verifying_key();
    write(&private, key.private_pem.expose(), 0o600, arguments.force)?;
    write(&public, half.to_pem(), 0o644, arguments.force)?;
    if arguments.json {
        #[derive(Serialize)]
        struct Generated<'a> {
            private_key_path: &'a Path,
            public_key_path: &'a Path,
            fingerprint: String,
            public_key: String,
        }
        print_json(&Generated {
            private_key_path: &private,
            public_key_path: &public,
            fingerprint: half.fingerprint(),
            public_key: bare_base64(&half),
        })?;
    } else {
        print(&format!(
            "{}\nThe public key for Antom's Dashboard:\n\n{}\n",
            block(&[
                ("private key", private.display().to_string()),
                ("public key", public.display().to_string()),
                ("fingerprint", half.fingerprint()),
            ]),
            bare_base64(&half)
        ))?;
    }
    Ok(())
}

fn inspect(arguments: &InspectArguments) -> Result<(), Failure> {
    let mut input = KeyInput::path(&arguments.file);
    if let Some(path) = &arguments.passphrase_file {
        input = input.with_passphrase(passphrase_file(path)?.expose());
    }
    let key = KeyDescription::of(&input)?;
    let kind = if key.is_private { "private" } else { "public" };
    if arguments.json {
        #[derive(Serialize)]
        struct Inspected<'a> {
            kind: &'a str,
            form: &'a str,
            bits: usize,
            fingerprint: String,
            public_key: String,
        }
        print_json(&Inspected {
            kind,
            form: key.form,
            bits: key.bits,
            fingerprint: key.public.fingerprint(),
            public_key: bare_base64(&key.public),
        })?;
    } else {
        print(&format!(
            "{}\nThe public half, as Antom's Dashboard shows and takes it:\n\n{}\n",
            block(&[
                ("kind", format!("RSA {kind} key")),
                ("form", key.form.to_owned()),
                ("bits", key.bits.to_string()),
                ("fingerprint", key.public.fingerprint()),
            ]),
            bare_base64(&key.public)
        ))?;
    }
    Ok(())
}

/// The SPKI form on one line without armour.
fn bare_base64(key: &VerifyingKey) -> String {
    key.to_pem()
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect()
}

fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn write(path: &Path, text: &str, mode: u32, force: bool) -> Result<(), Error> {
    let create = || -> io::Result<File> {
        if force && path.exists() {
            // Removed and not overwritten, so that the new file has the new permissions from the start.
            fs::remove_file(path)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        #[cfg(not(unix))]
        let _ = mode;
        options.open(path)
    };
    create()
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|e| unusable(path, &e.to_string()))
}

fn unusable(path: &Path, problem: &str) -> Error {
    Error::invalid_argument(format!("cannot write {}: {problem}", path.display()))
}
