//! The settings of a client, from flags and from the environment. The variables have the same names in every
//! language. A flag wins over a variable; an empty variable counts as none.

use std::env::{self, VarError};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use antom_core::signature::KeyInput;
use antom_core::{Client, Error, Product, Region, Secret};
use clap::Args;

use crate::attempts::Attempts;
use crate::output::Failure;

/// Where the call goes and who makes it. Keys as text, the passphrase and the agent token come from the environment
/// only: other users of a machine can read command lines.
#[derive(Args)]
#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
#[command(next_help_heading = "Settings (each also as an environment variable)")]
pub(crate) struct ClientArguments {
    /// Client id that Antom gave; one that begins with SANDBOX_ selects the test mode [ANTOM_CLIENT_ID]
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,

    /// File with the merchant's private key [ANTOM_PRIVATE_KEY_PATH; as text: ANTOM_PRIVATE_KEY;
    /// if it is encrypted: ANTOM_PRIVATE_KEY_PASSPHRASE]
    #[arg(long, value_name = "FILE")]
    private_key_path: Option<PathBuf>,

    /// File with Antom's public key [ANTOM_PUBLIC_KEY_PATH; as text: ANTOM_PUBLIC_KEY]
    #[arg(long, value_name = "FILE")]
    antom_public_key_path: Option<PathBuf>,

    /// Address of the gateway; this or --region is required [ANTOM_ENDPOINT]
    #[arg(long, value_name = "URL", conflicts_with = "region")]
    endpoint: Option<String>,

    /// Antom's gateway: north_america, asia or europe [ANTOM_REGION]
    #[arg(long, value_name = "NAME")]
    region: Option<String>,

    /// Certificate authority to trust besides the platform's [ANTOM_CA_CERTIFICATE_PATH; default: none]
    #[arg(long, value_name = "FILE")]
    ca_certificate_path: Option<PathBuf>,

    /// HTTP proxy for https endpoints [ANTOM_PROXY, which can hold a password; default: none]
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,

    /// Version of the private key, for the signature header [ANTOM_KEY_VERSION; default: 1]
    #[arg(long, value_name = "VERSION")]
    key_version: Option<String>,

    /// Vaulting product of the contract: apo or ams [ANTOM_PRODUCT; default: apo]
    #[arg(long, value_name = "NAME")]
    product: Option<String>,

    /// Longest time of a call in milliseconds, all attempts and waits included [ANTOM_TIMEOUT_MS; default: 30000]
    #[arg(long, value_name = "N")]
    timeout_ms: Option<String>,

    /// Longest time to connect in milliseconds [ANTOM_CONNECT_TIMEOUT_MS; default: 5000]
    #[arg(long, value_name = "N")]
    connect_timeout_ms: Option<String>,

    /// How often a failed call is tried again [ANTOM_MAX_RETRIES; default: 2]
    #[arg(long, value_name = "N")]
    max_retries: Option<String>,
}

impl ClientArguments {
    /// The client that flags and environment describe.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let client_id = text(self.client_id.as_ref(), "ANTOM_CLIENT_ID")?
            .ok_or_else(|| missing("--client-id", "ANTOM_CLIENT_ID"))?;
        let mut builder = Client::builder(client_id).observer(Attempts::default());

        let private_key = key(
            self.private_key_path.as_deref(),
            "ANTOM_PRIVATE_KEY",
            "ANTOM_PRIVATE_KEY_PATH",
        )?
        .ok_or_else(|| missing("--private-key-path", "ANTOM_PRIVATE_KEY_PATH"))?;
        builder = builder.private_key(match variable("ANTOM_PRIVATE_KEY_PASSPHRASE")? {
            Some(passphrase) => private_key.with_passphrase(passphrase),
            None => private_key,
        });

        let antom_public_key = key(
            self.antom_public_key_path.as_deref(),
            "ANTOM_PUBLIC_KEY",
            "ANTOM_PUBLIC_KEY_PATH",
        )?
        .ok_or_else(|| missing("--antom-public-key-path", "ANTOM_PUBLIC_KEY_PATH"))?;
        builder = builder.antom_public_key(antom_public_key);

        builder = match self.gateway()? {
            Gateway::Endpoint(url) => builder.endpoint(url),
            Gateway::Region(region) => builder.region(region),
        };
        let ca = self.ca_certificate_path.clone();
        if let Some(path) = match ca {
            Some(path) => Some(path),
            None => variable("ANTOM_CA_CERTIFICATE_PATH")?.map(PathBuf::from),
        } {
            builder = builder.ca_certificate_path(path);
        }
        if let Some(proxy) = text(self.proxy.as_ref(), "ANTOM_PROXY")? {
            builder = builder.proxy(proxy);
        }
        if let Some(token) = variable("ANTOM_AGENT_TOKEN")? {
            builder = builder.agent_token(token);
        }
        if let Some(version) = text(self.key_version.as_ref(), "ANTOM_KEY_VERSION")? {
            builder = builder.key_version(version);
        }
        if let Some(name) = text(self.product.as_ref(), "ANTOM_PRODUCT")? {
            builder = builder.product(product(&name)?);
        }
        if let Some(timeout) = text(self.timeout_ms.as_ref(), "ANTOM_TIMEOUT_MS")? {
            builder = builder.timeout(milliseconds(&timeout, "ANTOM_TIMEOUT_MS")?);
        }
        if let Some(timeout) = text(self.connect_timeout_ms.as_ref(), "ANTOM_CONNECT_TIMEOUT_MS")? {
            builder = builder.connect_timeout(milliseconds(&timeout, "ANTOM_CONNECT_TIMEOUT_MS")?);
        }
        if let Some(retries) = text(self.max_retries.as_ref(), "ANTOM_MAX_RETRIES")? {
            let number = retries.parse().map_err(|_| {
                Failure::Usage("ANTOM_MAX_RETRIES must be a whole number".to_owned())
            })?;
            builder = builder.max_retries(number);
        }
        Ok(builder.build()?)
    }

    /// Whether the calls go to a gateway on this machine.
    pub(crate) fn is_local(&self) -> bool {
        let hosts = ["://127.0.0.1", "://localhost", "://[::1]"];
        matches!(self.gateway(), Ok(Gateway::Endpoint(url)) if hosts.iter().any(|host| url.contains(host)))
    }

    fn gateway(&self) -> Result<Gateway, Failure> {
        let (endpoint, region) = if self.endpoint.is_some() || self.region.is_some() {
            (self.endpoint.clone(), self.region.clone())
        } else {
            (variable("ANTOM_ENDPOINT")?, variable("ANTOM_REGION")?)
        };
        match (endpoint, region) {
            (Some(url), None) => Ok(Gateway::Endpoint(url)),
            (None, Some(name)) => region_named(&name).map(Gateway::Region),
            (None, None) => Err(missing("--endpoint or --region", "ANTOM_ENDPOINT")),
            (Some(_), Some(_)) => Err(both("ANTOM_ENDPOINT", "ANTOM_REGION")),
        }
    }
}

enum Gateway {
    Endpoint(String),
    Region(Region),
}

/// A passphrase from a file, without the line break that editors put at the end.
pub(crate) fn passphrase_file(path: &Path) -> Result<Secret<String>, Error> {
    let mut text = fs::read_to_string(path).map_err(|problem| {
        Error::invalid_argument(format!(
            "passphrase file: cannot read {}: {problem}",
            path.display()
        ))
    })?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(Secret::new(text))
}

/// A key from the flag's file, or from the variable with its text, or from the variable with its path.
pub(crate) fn key(
    flag: Option<&Path>,
    as_text: &str,
    as_path: &str,
) -> Result<Option<KeyInput>, Failure> {
    if let Some(path) = flag {
        return Ok(Some(KeyInput::path(path)));
    }
    match (variable(as_text)?, variable(as_path)?) {
        (Some(_), Some(_)) => Err(both(as_text, as_path)),
        (Some(text), None) => Ok(Some(KeyInput::text(text))),
        (None, Some(path)) => Ok(Some(KeyInput::path(path))),
        (None, None) => Ok(None),
    }
}

fn text(flag: Option<&String>, name: &str) -> Result<Option<String>, Failure> {
    match flag {
        Some(value) => Ok(Some(value.clone())),
        None => variable(name),
    }
}

/// A variable of the environment; an empty one counts as none.
pub(crate) fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(Failure::Usage(format!("{name} is not UTF-8"))),
    }
}

fn region_named(name: &str) -> Result<Region, Failure> {
    let names: Vec<_> = Region::ALL.iter().map(|region| region.name()).collect();
    let region = Region::ALL.iter().find(|region| region.name() == name);
    region
        .copied()
        .ok_or_else(|| Failure::Usage(format!("the region must be one of {}", names.join(", "))))
}

fn product(name: &str) -> Result<Product, Failure> {
    match name {
        "apo" => Ok(Product::Apo),
        "ams" => Ok(Product::Ams),
        _ => Err(Failure::Usage("the product must be apo or ams".into())),
    }
}

fn milliseconds(text: &str, name: &str) -> Result<Duration, Failure> {
    let number = text
        .parse()
        .map_err(|_| Failure::Usage(format!("{name} must be a whole number of milliseconds")))?;
    Ok(Duration::from_millis(number))
}

fn missing(flag: &str, name: &str) -> Failure {
    Failure::Usage(format!("a setting is missing: give {flag} or set {name}"))
}

fn both(one: &str, other: &str) -> Failure {
    Failure::Usage(format!("{one} and {other} are both set: keep one of them"))
}
