//! The settings of a client. They are checked when the client is made.

use std::time::Duration;

use antom_core::signature::KeyInput;
use antom_core::{Client, ClientBuilder, Product, Region};
use zeroize::Zeroizing;

use crate::boundary::{Bytes, Out, Text, answer, call, free, invalid, required};
use crate::error::antom_status;

/// Antom's two vaulting products. They differ in the fields of a request.
#[repr(C)]
pub enum antom_product {
    /// Antom Payment Orchestration.
    ANTOM_PRODUCT_APO = 0,
    /// Alipay Merchant Services.
    ANTOM_PRODUCT_AMS = 1,
}

/// The settings of a client. Setters copy what they are given; of two calls,
/// the last one counts. A setter that fails changes nothing.
#[derive(Default)]
pub struct antom_options {
    client_id: Option<String>,
    private_key: Option<Key>,
    passphrase: Option<Zeroizing<String>>,
    antom_public_key: Option<Key>,
    endpoint: Option<String>,
    region: Option<Region>,
    product: Product,
    key_version: Option<String>,
    agent_token: Option<Zeroizing<String>>,
    connect_timeout: Option<Duration>,
    timeout: Option<Duration>,
    max_retries: Option<u32>,
    ca: Option<Ca>,
    proxy: Option<Zeroizing<String>>,
}

enum Key {
    Content(Zeroizing<Vec<u8>>),
    Path(String),
}

impl Key {
    fn input(&self) -> KeyInput {
        match self {
            Self::Content(bytes) => KeyInput::bytes(bytes.as_slice()),
            Self::Path(path) => KeyInput::path(path),
        }
    }
}

enum Ca {
    Pem(String),
    Path(String),
}

impl antom_options {
    /// The builder with these settings, and the defaults for what is not set.
    pub(crate) fn builder(&self) -> ClientBuilder {
        let client_id = self.client_id.as_deref().unwrap_or_default();
        let mut builder = Client::builder(client_id).product(self.product);
        if let Some(key) = &self.private_key {
            builder = builder.private_key(match &self.passphrase {
                Some(passphrase) => key.input().with_passphrase(passphrase.as_str()),
                None => key.input(),
            });
        }
        if let Some(key) = &self.antom_public_key {
            builder = builder.antom_public_key(key.input());
        }
        if let Some(url) = &self.endpoint {
            builder = builder.endpoint(url);
        }
        if let Some(region) = self.region {
            builder = builder.region(region);
        }
        if let Some(version) = &self.key_version {
            builder = builder.key_version(version);
        }
        if let Some(token) = &self.agent_token {
            builder = builder.agent_token(token.as_str());
        }
        if let Some(timeout) = self.connect_timeout {
            builder = builder.connect_timeout(timeout);
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(retries) = self.max_retries {
            builder = builder.max_retries(retries);
        }
        match &self.ca {
            Some(Ca::Pem(pem)) => builder = builder.ca_certificate(pem),
            Some(Ca::Path(path)) => builder = builder.ca_certificate_path(path),
            None => {}
        }
        if let Some(url) = &self.proxy {
            builder = builder.proxy(url.as_str());
        }
        builder
    }
}

/// Runs a setter: it has no error object, its status says enough.
fn set(
    options: Option<&mut antom_options>,
    change: impl FnOnce(&mut antom_options) -> Result<(), antom_core::Error>,
) -> antom_status {
    call(Out::NONE, || change(required(options, "options")?))
}

/// Makes empty options. NULL only if something inside the library is broken.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_new() -> Option<Box<antom_options>> {
    answer(None, || Some(Box::default()))
}

/// Required: the client id that Antom gave you. One that begins with
/// "SANDBOX_" selects Antom's test mode.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_client_id(
    options: Option<&mut antom_options>,
    client_id: Text,
) -> antom_status {
    set(options, |options| {
        options.client_id = Some(client_id.required("client_id")?.to_owned());
        Ok(())
    })
}

/// Required, or the next one: your private key, which signs requests. RSA with
/// 2048 bits or more, as PEM, as DER, or as the bare base64 that Antom's
/// Dashboard shows. key_len is in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_private_key(
    options: Option<&mut antom_options>,
    key: Bytes,
    key_len: usize,
) -> antom_status {
    set(options, |options| {
        options.private_key = Some(content(key.required(key_len, "key")?));
        Ok(())
    })
}

/// The same from a file, which antom_client_new reads.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_private_key_path(
    options: Option<&mut antom_options>,
    path: Text,
) -> antom_status {
    set(options, |options| {
        options.private_key = Some(Key::Path(path.required("path")?.to_owned()));
        Ok(())
    })
}

/// The passphrase, if the private key is encrypted. Default: none.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_private_key_passphrase(
    options: Option<&mut antom_options>,
    passphrase: Text,
) -> antom_status {
    set(options, |options| {
        options.passphrase = Some(secret(passphrase.required("passphrase")?));
        Ok(())
    })
}

/// Required, or the next one: Antom's public key, which answers are verified
/// with. The same forms as the private key. It is not your own public key; test
/// mode and live mode have different ones.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_antom_public_key(
    options: Option<&mut antom_options>,
    key: Bytes,
    key_len: usize,
) -> antom_status {
    set(options, |options| {
        options.antom_public_key = Some(content(key.required(key_len, "key")?));
        Ok(())
    })
}

/// The same from a file, which antom_client_new reads.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_antom_public_key_path(
    options: Option<&mut antom_options>,
    path: Text,
) -> antom_status {
    set(options, |options| {
        options.antom_public_key = Some(Key::Path(path.required("path")?.to_owned()));
        Ok(())
    })
}

/// Required, or the next one: scheme, host and port of the gateway, for example
/// "https://open-sea-global.alipay.com". http only for this machine.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_endpoint(
    options: Option<&mut antom_options>,
    url: Text,
) -> antom_status {
    set(options, |options| {
        options.endpoint = Some(url.required("url")?.to_owned());
        Ok(())
    })
}

/// One of Antom's gateways: "north_america", "asia" or "europe". Any other name
/// gives ANTOM_ERR_INVALID_ARGUMENT. An endpoint as well is ANTOM_ERR_CONFIG.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_region(
    options: Option<&mut antom_options>,
    name: Text,
) -> antom_status {
    set(options, |options| {
        let name = name.required("name")?;
        let region = Region::ALL.iter().find(|region| region.name() == name);
        let unknown = || invalid("name", "there is no such region");
        options.region = Some(*region.ok_or_else(unknown)?);
        Ok(())
    })
}

/// The product that you have a contract for: a value of enum antom_product.
/// Default: ANTOM_PRODUCT_APO.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_product(
    options: Option<&mut antom_options>,
    product: i32,
) -> antom_status {
    const APO: i32 = antom_product::ANTOM_PRODUCT_APO as i32;
    const AMS: i32 = antom_product::ANTOM_PRODUCT_AMS as i32;
    set(options, |options| {
        options.product = match product {
            APO => Product::Apo,
            AMS => Product::Ams,
            _ => return Err(invalid("product", "there is no such product")),
        };
        Ok(())
    })
}

/// The keyVersion of your private key. Default: "1".
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_key_version(
    options: Option<&mut antom_options>,
    key_version: Text,
) -> antom_status {
    set(options, |options| {
        options.key_version = Some(key_version.required("key_version")?.to_owned());
        Ok(())
    })
}

/// The agent-token header of agents and ISVs. Default: none.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_agent_token(
    options: Option<&mut antom_options>,
    agent_token: Text,
) -> antom_status {
    set(options, |options| {
        options.agent_token = Some(secret(agent_token.required("agent_token")?));
        Ok(())
    })
}

/// How long opening a connection may take, in milliseconds: 1 to 3600000, which
/// antom_client_new checks. Default: 5000.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_connect_timeout_ms(
    options: Option<&mut antom_options>,
    milliseconds: u32,
) -> antom_status {
    set(options, |options| {
        options.connect_timeout = Some(Duration::from_millis(milliseconds.into()));
        Ok(())
    })
}

/// How long a whole call may take, all attempts and the waits between them
/// included, in milliseconds: 1 to 3600000, which antom_client_new checks.
/// Default: 30000.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_timeout_ms(
    options: Option<&mut antom_options>,
    milliseconds: u32,
) -> antom_status {
    set(options, |options| {
        options.timeout = Some(Duration::from_millis(milliseconds.into()));
        Ok(())
    })
}

/// How often a failed call is tried again, where that is safe and the timeout
/// leaves time. Default: 2; 0 is never.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_max_retries(
    options: Option<&mut antom_options>,
    retries: u32,
) -> antom_status {
    set(options, |options| {
        options.max_retries = Some(retries);
        Ok(())
    })
}

/// PEM text with a certificate authority to trust besides those of the system,
/// for example that of a local gateway. pem_len is in bytes. Default: none.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_ca_certificate(
    options: Option<&mut antom_options>,
    pem: Bytes,
    pem_len: usize,
) -> antom_status {
    set(options, |options| {
        let pem = str::from_utf8(pem.required(pem_len, "pem")?)
            .map_err(|_| invalid("pem", "it is not UTF-8"))?;
        options.ca = Some(Ca::Pem(pem.to_owned()));
        Ok(())
    })
}

/// The same from a file, which antom_client_new reads.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_ca_certificate_path(
    options: Option<&mut antom_options>,
    path: Text,
) -> antom_status {
    set(options, |options| {
        options.ca = Some(Ca::Path(path.required("path")?.to_owned()));
        Ok(())
    })
}

/// An HTTP proxy, for example "http://user:password@proxy.example:3128".
/// Default: none; the variables of the environment are not read.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_proxy(
    options: Option<&mut antom_options>,
    url: Text,
) -> antom_status {
    set(options, |options| {
        options.proxy = Some(secret(url.required("url")?));
        Ok(())
    })
}

/// Frees the options and wipes the keys in them. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_free(options: Option<Box<antom_options>>) {
    free(options);
}

fn content(bytes: &[u8]) -> Key {
    Key::Content(Zeroizing::new(bytes.to_vec()))
}

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}
