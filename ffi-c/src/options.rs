//! The settings of a client. They are checked when the client is made.

use std::ffi::c_char;
use std::time::{Duration, UNIX_EPOCH};

use antom_core::signature::KeyInput;
use antom_core::{Client, ClientBuilder, Error, Product, Region};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::boundary::{
    Bytes, Context, Out, SignCallback, Text, answer, call, free, invalid, required,
};
use crate::error::antom_status;
use crate::observer::{ObserveCallback, antom_observe_fn};

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
    signer: Option<Signing>,
    merchant_public_key: Option<Key>,
    antom_public_keys: Vec<(String, Key)>,
    max_response_age: Option<Duration>,
    observer: Option<ObserveCallback>,
    shared: bool,
}

/// What signs instead of a private key.
#[derive(Clone, Copy)]
enum Signing {
    Callback(SignCallback),
    ByHand,
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
        match self.signer {
            Some(Signing::Callback(signer)) => builder = builder.signer(signer),
            Some(Signing::ByHand) => builder = builder.signatures_by_hand(),
            None => {}
        }
        if let Some(key) = &self.merchant_public_key {
            builder = builder.signer_public_key(key.input());
        }
        for (version, key) in &self.antom_public_keys {
            builder = builder.antom_public_key_version(version, key.input());
        }
        if let Some(age) = self.max_response_age {
            builder = builder.max_response_age(age);
        }
        if let Some(observer) = self.observer {
            builder = builder.observer(observer);
        }
        builder
    }

    /// Whether the client is one for all that ask with the same settings. Not with a callback: its context need not
    /// live as long as the process.
    pub(crate) fn is_shared(&self) -> Result<bool, Error> {
        let calls_back =
            matches!(self.signer, Some(Signing::Callback(_))) || self.observer.is_some();
        if self.shared && calls_back {
            return Err(invalid(
                "options",
                "a client with a signer or an observer cannot be shared, because it outlives what they use",
            ));
        }
        Ok(self.shared)
    }

    /// Equal for options that make the same client, and for no others. A file counts with its time and size, so that
    /// a new key under the same name makes a new client.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let Self {
            client_id,
            private_key,
            passphrase,
            antom_public_key,
            endpoint,
            region,
            product,
            key_version,
            agent_token,
            connect_timeout,
            timeout,
            max_retries,
            ca,
            proxy,
            merchant_public_key,
            antom_public_keys,
            max_response_age,
            signer,
            // Never together with callbacks, see `is_shared`.
            observer: _,
            shared: _,
        } = self;
        let mut digest = SettingsDigest::default();
        digest.text(client_id.as_deref());
        digest.key(private_key.as_ref());
        digest.text(passphrase.as_deref().map(String::as_str));
        digest.text(signer.map(|_| "by hand"));
        digest.key(antom_public_key.as_ref());
        digest.text(endpoint.as_deref());
        digest.text(region.map(Region::name));
        digest.text(Some(match product {
            Product::Apo => "apo",
            Product::Ams => "ams",
        }));
        digest.text(key_version.as_deref());
        digest.text(agent_token.as_deref().map(String::as_str));
        for number in [
            connect_timeout.map(|timeout| timeout.as_millis()),
            timeout.map(|timeout| timeout.as_millis()),
            max_retries.map(u128::from),
            max_response_age.map(|age| age.as_millis()),
        ] {
            digest.number(number);
        }
        match ca {
            Some(Ca::Pem(pem)) => digest.text(Some(pem)),
            Some(Ca::Path(path)) => digest.file(path),
            None => digest.text(None),
        }
        digest.text(proxy.as_deref().map(String::as_str));
        digest.key(merchant_public_key.as_ref());
        for (version, key) in antom_public_keys {
            digest.text(Some(version));
            digest.key(Some(key));
        }
        digest.sha256.finalize().into()
    }
}

/// Settings one after the other, each with its length, so that none runs into the next.
#[derive(Default)]
struct SettingsDigest {
    sha256: Sha256,
}

impl SettingsDigest {
    fn bytes(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes.len().to_le_bytes());
        self.sha256.update(bytes);
    }

    fn number(&mut self, number: Option<u128>) {
        match number {
            Some(number) => self.bytes(&number.to_le_bytes()),
            None => self.bytes(b""),
        }
    }

    fn text(&mut self, text: Option<&str>) {
        self.sha256.update([u8::from(text.is_some())]);
        self.bytes(text.unwrap_or_default().as_bytes());
    }

    fn key(&mut self, key: Option<&Key>) {
        match key {
            None => self.text(None),
            Some(Key::Content(bytes)) => self.bytes(bytes),
            Some(Key::Path(path)) => self.file(path),
        }
    }

    fn file(&mut self, path: &str) {
        self.bytes(path.as_bytes());
        let metadata = std::fs::metadata(path).ok();
        self.number(metadata.as_ref().map(|file| file.len().into()));
        let changed = metadata.and_then(|file| file.modified().ok());
        let since = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        self.number(since.map(|since| since.as_nanos()));
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

/// Required: the id that Antom gave you. "SANDBOX_..." selects test mode.
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

/// Required, or one of the next two: your private key, which signs requests.
/// RSA, 2048 bits or more, as PEM, DER, or the base64 of Antom's Dashboard.
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

/// The same from the file at path, which antom_client_new reads.
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

/// Signs with your private key, by RSASSA-PKCS1-v1_5 with SHA-256: the content,
/// or its digest sha256 of 32 bytes. Writes the signature, for which there is
/// room for signature_size bytes, and returns its length; 0 if it cannot. It
/// must not unwind: no C++ exception and no longjmp may leave it. context is
/// the caller's own.
pub type antom_sign_fn = Option<
    extern "C" fn(
        context: Context,
        content: *const c_char,
        content_len: usize,
        sha256: *const u8,
        signature: *mut u8,
        signature_size: usize,
    ) -> usize,
>;

/// Instead of a private key: sign is called on the thread of a call, for every
/// attempt. It gets context, which must stay valid as long as the client, also
/// from several threads at once. If it fails, nothing is sent:
/// ANTOM_ERR_SIGNING. NULL: see antom_client_with_signature.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_signer(
    options: Option<&mut antom_options>,
    sign: antom_sign_fn,
    context: Context,
) -> antom_status {
    set(options, |options| {
        options.signer = Some(match sign {
            Some(function) => Signing::Callback(SignCallback { function, context }),
            None => Signing::ByHand,
        });
        Ok(())
    })
}

/// Your own public key, for a signer, in the forms of a private key:
/// antom_client_new then tests one signature of it. Default: none.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_signer_public_key(
    options: Option<&mut antom_options>,
    key: Bytes,
    key_len: usize,
) -> antom_status {
    set(options, |options| {
        options.merchant_public_key = Some(content(key.required(key_len, "key")?));
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

/// Required, or the next one: Antom's public key, in the same forms. It is not
/// your own key; test mode and live mode have different ones.
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

/// The same from the file at path, which antom_client_new reads.
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

/// One more public key of Antom's, for what names this key_version: while Antom
/// changes its key, both are valid. May be called several times.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_add_antom_public_key(
    options: Option<&mut antom_options>,
    key_version: Text,
    key: Bytes,
    key_len: usize,
) -> antom_status {
    set(options, |options| {
        let version = key_version.required("key_version")?.to_owned();
        let key = content(key.required(key_len, "key")?);
        options
            .antom_public_keys
            .retain(|(other, _)| *other != version);
        options.antom_public_keys.push((version, key));
        Ok(())
    })
}

/// Required, or the next one: the url of the gateway, scheme, host and port,
/// like "https://open-sea-global.alipay.com". http only for this machine.
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

/// Instead: the name of Antom's gateway, "north_america", "asia" or "europe".
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

/// A value of enum antom_product. Default: ANTOM_PRODUCT_APO.
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

/// For opening a connection, in milliseconds, 1 to 3600000. Default: 5000.
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

/// For a whole call, all attempts and waits included, in milliseconds, 1 to
/// 3600000. Default: 30000.
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

/// How often a failed call is tried again where that is safe. Default: 2.
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

/// PEM text of an authority to trust besides the system's. Default: none.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_ca_certificate(
    options: Option<&mut antom_options>,
    pem: Bytes,
    pem_len: usize,
) -> antom_status {
    set(options, |options| {
        options.ca = Some(Ca::Pem(pem.utf8(pem_len, "pem")?.to_owned()));
        Ok(())
    })
}

/// The same from the file at path, which antom_client_new reads.
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

/// The url of an HTTP proxy, for example "http://user:password@host:3128".
/// Default: none; the environment is not asked.
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

/// How many seconds the signed time of an answer may differ from this
/// machine's; more is ANTOM_ERR_UNTRUSTED_RESPONSE. Default: any number.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_max_response_age_s(
    options: Option<&mut antom_options>,
    seconds: u32,
) -> antom_status {
    set(options, |options| {
        options.max_response_age = Some(Duration::from_secs(seconds.into()));
        Ok(())
    })
}

/// observe is told of every call. It gets context, for which the same holds as
/// for a signer's. NULL, the default, tells nobody.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_observer(
    options: Option<&mut antom_options>,
    observe: antom_observe_fn,
    context: Context,
) -> antom_status {
    set(options, |options| {
        options.observer = observe.map(|function| ObserveCallback { function, context });
        Ok(())
    })
}

/// 1: clients with the same options share their connections, which stay open
/// after the last _free, for hosts that make a client for every task, as PHP
/// does; not with a signer or an observer. Default: 0.
#[unsafe(no_mangle)]
pub extern "C" fn antom_options_set_shared(
    options: Option<&mut antom_options>,
    shared: i32,
) -> antom_status {
    set(options, |options| {
        options.shared = match shared {
            0 => false,
            1 => true,
            _ => return Err(invalid("shared", "it must be 0 or 1")),
        };
        Ok(())
    })
}

/// Frees the options and wipes the keys in them.
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
