//! The settings of a client: their defaults, and every check that can be made before the first call.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use url::{Host, Url};
use zeroize::Zeroizing;

use crate::api::rules::Product;
use crate::client::{Client, Closing, Shared};
use crate::error::Error;
use crate::observer::{Observer, Silent};
use crate::retry::Budget;
use crate::secret::Secret;
use crate::signature::key::{about_file, read_file};
use crate::signature::{
    Content, KeyInput, KeyRing, SignedByHand, Signer, SigningKey, VerifyingKey,
};
use crate::transport::http::{HttpSettings, HttpTransport, Trust};

const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// A platform's whole store has about 200 KiB.
const LARGEST_CA_FILE: u64 = 1024 * 1024;
const DEFAULT_MAX_RETRIES: u32 = 2;
const SHORTEST_RESPONSE_AGE: Duration = Duration::from_secs(1);
pub(crate) const LONGEST_TIMEOUT: Duration = Duration::from_hours(1);

/// Antom's gateways. See <https://docs.antom.com/ac/ams/api_fund>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// `https://open-na-global.alipay.com`
    NorthAmerica,
    /// `https://open-sea-global.alipay.com`
    Asia,
    /// `https://open-de-global.alipay.com`
    Europe,
}

impl Region {
    /// Every region.
    pub const ALL: &[Self] = &[Self::NorthAmerica, Self::Asia, Self::Europe];

    /// The address of the region's gateway.
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::NorthAmerica => "https://open-na-global.alipay.com",
            Self::Asia => "https://open-sea-global.alipay.com",
            Self::Europe => "https://open-de-global.alipay.com",
        }
    }

    /// The name that settings use: `north_america`, `asia` or `europe`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NorthAmerica => "north_america",
            Self::Asia => "asia",
            Self::Europe => "europe",
        }
    }
}

/// A certificate authority to trust in addition to the platform's.
enum CaInput {
    Pem(String),
    Path(PathBuf),
}

/// Collects the settings of a [`Client`]. Nothing is read or checked before [`ClientBuilder::build`].
pub struct ClientBuilder {
    client_id: String,
    signer: Option<SignerInput>,
    signer_public_key: Option<KeyInput>,
    antom_public_key: Option<KeyInput>,
    antom_key_versions: Vec<(String, KeyInput)>,
    endpoint: Option<String>,
    region: Option<Region>,
    product: Product,
    key_version: String,
    agent_token: Option<Secret<String>>,
    connect_timeout: Duration,
    timeout: Duration,
    max_retries: u32,
    max_response_age: Option<Duration>,
    observer: Box<dyn Observer>,
    ca: Option<CaInput>,
    proxy: Option<Secret<String>>,
}

enum SignerInput {
    Key(KeyInput),
    Custom(Box<dyn Signer>),
    ByHand,
}

impl ClientBuilder {
    pub(crate) fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            signer: None,
            signer_public_key: None,
            antom_public_key: None,
            antom_key_versions: Vec::new(),
            endpoint: None,
            region: None,
            product: Product::default(),
            key_version: "1".to_owned(),
            agent_token: None,
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            timeout: DEFAULT_TIMEOUT,
            max_retries: DEFAULT_MAX_RETRIES,
            max_response_age: None,
            observer: Box::new(Silent),
            ca: None,
            proxy: None,
        }
    }

    /// The merchant's private key, which signs requests. This or [`signer`](Self::signer) is required.
    #[must_use]
    pub fn private_key(mut self, key: KeyInput) -> Self {
        self.signer = Some(SignerInput::Key(key));
        self
    }

    /// Signs requests elsewhere: in a KMS or an HSM.
    #[must_use]
    pub fn signer(mut self, signer: impl Signer + 'static) -> Self {
        self.signer = Some(SignerInput::Custom(Box::new(signer)));
        self
    }

    /// Leaves signing to the caller, between two calls, for languages that cannot be called back: every call ends with
    /// [`ErrorKind::Signing`](crate::ErrorKind::Signing) and nothing sent, [`Error::string_to_sign`] says what to sign,
    /// and the call is repeated on [`Client::with_signature`].
    #[must_use]
    pub fn signatures_by_hand(mut self) -> Self {
        self.signer = Some(SignerInput::ByHand);
        self
    }

    /// Antom's public key, which answers are verified with. Required. It stands beside the place in Antom's
    /// Dashboard where the merchant's own public key is uploaded; test and live mode have different ones.
    #[must_use]
    pub fn antom_public_key(mut self, key: KeyInput) -> Self {
        self.antom_public_key = Some(key);
        self
    }

    /// Antom's public key of one `keyVersion`, beside [`antom_public_key`](Self::antom_public_key): while Antom
    /// changes its key, both are valid.
    #[must_use]
    pub fn antom_public_key_version(mut self, version: impl Into<String>, key: KeyInput) -> Self {
        self.antom_key_versions.push((version.into(), key));
        self
    }

    /// The merchant's public key, for a [`signer`](Self::signer) that does not give it: the client then checks, when
    /// it is built, that the signer's signatures fit it.
    #[must_use]
    pub fn signer_public_key(mut self, key: KeyInput) -> Self {
        self.signer_public_key = Some(key);
        self
    }

    /// The gateway: scheme, host and port. This or [`region`](Self::region) is required.
    /// `http` only for a loopback address.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// One of Antom's gateways.
    #[must_use]
    pub fn region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    /// The vaulting product that the merchant has a contract for. Default: [`Product::Apo`].
    #[must_use]
    pub fn product(mut self, product: Product) -> Self {
        self.product = product;
        self
    }

    /// `keyVersion` of the private key. Default: `1`.
    #[must_use]
    pub fn key_version(mut self, version: impl Into<String>) -> Self {
        self.key_version = version.into();
        self
    }

    /// The `agent-token` header of agents and ISVs. Default: none.
    #[must_use]
    pub fn agent_token(mut self, token: impl Into<String>) -> Self {
        self.agent_token = Some(Secret::new(token.into()));
        self
    }

    /// How long opening a connection may take, TLS included. Default: 5 s; at most 1 hour.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a call may take in all. Default: 30 s; at most 1 hour.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often a failed call is tried again, inside the same timeout, where that is safe. Default: 2; 0 is never.
    #[must_use]
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Refuses an answer whose signed `response-time` is further from this machine's clock than `age`, in either
    /// direction, or cannot be read: [`ErrorKind::UntrustedResponse`](crate::ErrorKind::UntrustedResponse), and the
    /// call is not tried again. At least 1 s, because Antom gives whole seconds; 5 minutes are a good choice.
    ///
    /// Default: none. A wrong clock on this machine would otherwise stop every call, and a replayed answer gains
    /// little: TLS stands before it, and what it can repeat is an answer to this client id on the same path. The
    /// difference is measured in any case, in [`ResponseTime::clock_skew`](crate::ResponseTime::clock_skew) and for
    /// the observer: set an alarm on it, and an age once the clock is known to be kept.
    #[must_use]
    pub fn max_response_age(mut self, age: Duration) -> Self {
        self.max_response_age = Some(age);
        self
    }

    /// Is told of every call: for logs, metrics and traces. Default: nobody.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// A certificate authority, as PEM text, to trust in addition to the platform's.
    #[must_use]
    pub fn ca_certificate(mut self, pem: impl Into<String>) -> Self {
        self.ca = Some(CaInput::Pem(pem.into()));
        self
    }

    /// As [`ca_certificate`](Self::ca_certificate), from a PEM file.
    #[must_use]
    pub fn ca_certificate_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca = Some(CaInput::Path(path.into()));
        self
    }

    /// An HTTP proxy, for example `http://user:password@proxy.example:3128`. Default: none; the environment's
    /// proxy variables are not read, because under CGI a web client can set them.
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(Secret::new(url.into()));
        self
    }

    /// Checks everything and builds the client. Opens no connection.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the setting and what to do.
    pub fn build(self) -> Result<Client, Error> {
        header_value("client id", &self.client_id)?;
        header_value("key version", &self.key_version)?;
        if let Some(token) = &self.agent_token {
            header_value("agent token", token.expose())?;
        }
        for (name, timeout) in [
            ("timeout", self.timeout),
            ("connect timeout", self.connect_timeout),
        ] {
            if timeout.is_zero() || timeout > LONGEST_TIMEOUT {
                return Err(Error::config(format!(
                    "{name}: it must be more than 0 and at most 1 hour"
                )));
            }
        }
        if self
            .max_response_age
            .is_some_and(|age| age < SHORTEST_RESPONSE_AGE)
        {
            return Err(Error::config(
                "maximum response age: it must be at least 1 s, because an answer's time is in whole seconds",
            ));
        }
        let endpoint = match (&self.endpoint, self.region) {
            (Some(endpoint), None) => endpoint,
            (None, Some(region)) => region.endpoint(),
            (None, None) => {
                return Err(Error::config(
                    "endpoint: it is missing; give the gateway's URL or a region",
                ));
            }
            (Some(_), Some(_)) => {
                return Err(Error::config(
                    "endpoint: there is a region as well; give one of the two",
                ));
            }
        };
        let endpoint = Endpoint::parse(endpoint)?;
        let (signer, own) = self
            .signer
            .ok_or_else(|| Error::config("private key: it is missing"))?
            .load(self.signer_public_key.as_ref())?;
        let antom = self.antom_public_key.ok_or_else(|| {
            Error::config("Antom's public key: it is missing; without it no answer can be trusted")
        })?;
        let mut keys = KeyRing::new(antoms_key(&antom, own.as_ref())?);
        if let Some(own) = &own {
            keys = keys.with_mistaken("the merchant's own key", own.clone());
        }
        for (version, key) in &self.antom_key_versions {
            header_value("version of Antom's public key", version)?;
            keys = keys.with_version(version, antoms_key(key, own.as_ref())?);
        }
        let ca = self.ca.map(CaInput::read).transpose()?;
        let transport = HttpTransport::new(HttpSettings {
            endpoint,
            connect_timeout: self.connect_timeout,
            timeout: self.timeout,
            trust: Trust::platform_and(ca.as_deref().map(String::as_bytes))?,
            proxy: self.proxy,
        })?;
        let shared = Shared {
            client_id: self.client_id,
            key_version: self.key_version,
            agent_token: self.agent_token,
            product: self.product,
            signer,
            own,
            keys: Arc::new(keys),
            transport: Box::new(transport),
            budget: Budget::full(),
            closing: Closing::default(),
            observer: self.observer,
            timeout: self.timeout,
            max_response_age: self.max_response_age,
        };
        Ok(Client::new(shared, self.max_retries))
    }
}

impl SignerInput {
    /// The signer, tried where it can be, and the public half of its key where that is known.
    fn load(
        self,
        public: Option<&KeyInput>,
    ) -> Result<(Box<dyn Signer>, Option<VerifyingKey>), Error> {
        let public = public.map(VerifyingKey::load).transpose()?;
        let (signer, own): (Box<dyn Signer>, _) = match self {
            Self::ByHand => return Ok((Box::new(SignedByHand), public)),
            Self::Custom(signer) => (signer, public),
            Self::Key(input) => {
                let key = SigningKey::load(&input)?;
                let own = public.unwrap_or_else(|| key.verifying_key());
                (Box::new(key), Some(own))
            }
        };
        if let Some(own) = &own {
            check_signer(signer.as_ref(), own)?;
        }
        Ok((signer, own))
    }
}

/// Why a signature does not verify with the merchant's own public key.
pub(crate) const WRONG_PAIR: &str = "fit the merchant's public key: they are not a pair, or the signer does not make RSASSA-PKCS1-v1_5 signatures with SHA-256";

/// One signature, to find a wrong pair or a broken HSM before the first call does.
fn check_signer(signer: &dyn Signer, own: &VerifyingKey) -> Result<(), Error> {
    let probe = Content {
        method: "POST",
        path: "/",
        client_id: "libantom",
        time: "0",
        body: b"",
    };
    let signature = probe
        .sign(signer)
        .map_err(|error| Error::config(format!("signer: it failed: {error}")).with_source(error))?;
    if own.verify(&probe.to_bytes(), &signature) {
        Ok(())
    } else {
        Err(Error::config(format!(
            "signer: its signatures do not {WRONG_PAIR}"
        )))
    }
}

fn antoms_key(input: &KeyInput, own: Option<&VerifyingKey>) -> Result<VerifyingKey, Error> {
    let key =
        VerifyingKey::load(input).map_err(|error| Error::config(format!("Antom's {error}")))?;
    if own == Some(&key) {
        return Err(Error::config(
            "Antom's public key: this is the merchant's own public key, not Antom's; Antom's key stands beside it in the Dashboard",
        ));
    }
    Ok(key)
}

impl CaInput {
    fn read(self) -> Result<Zeroizing<String>, Error> {
        match self {
            Self::Pem(pem) => Ok(Zeroizing::new(pem)),
            Self::Path(path) => {
                let problem = |problem: String| about_file("CA certificate", &path, &problem);
                let content = read_file(&path, LARGEST_CA_FILE).map_err(problem)?;
                String::from_utf8(content)
                    .map(Zeroizing::new)
                    .map_err(|_| problem("it is not PEM text".into()))
            }
        }
    }
}

/// What goes into a header must not be able to end it.
fn header_value(what: &str, value: &str) -> Result<(), Error> {
    if value.is_empty() {
        return Err(Error::config(format!("{what}: it is missing or empty")));
    }
    if let Some(bad) = value.chars().find(|c| !c.is_ascii_graphic()) {
        let kind = if bad.is_control() {
            "a control character"
        } else if bad == ' ' {
            "a space"
        } else {
            "a character that is not ASCII"
        };
        return Err(Error::config(format!("{what}: it holds {kind}")));
    }
    Ok(())
}

/// Where requests go: an origin without a path.
pub(crate) struct Endpoint {
    /// `https://host:port`, normalised.
    pub(crate) origin: String,
    /// `host:port` for messages.
    pub(crate) authority: String,
    pub(crate) is_https: bool,
}

impl Endpoint {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let problem = |problem: &str| {
            Err(Error::config(format!(
                "endpoint: {problem}; expected for example https://open-sea-global.alipay.com"
            )))
        };
        let Ok(url) = Url::parse(text) else {
            return problem("it is not a URL");
        };
        let is_https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return problem("its scheme is not https"),
        };
        let Some(host) = url.host() else {
            return problem("it names no host");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return problem("it holds a user name or password");
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return problem("it holds more than scheme, host and port");
        }
        if !is_https && !is_loopback(&host) {
            return problem(
                "http is allowed only for this machine (localhost, 127.0.0.1, [::1]), because it would send requests in the clear",
            );
        }
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        Ok(Self {
            origin: format!("{}://{authority}", url.scheme()),
            authority,
            is_https,
        })
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => Ipv4Addr::is_loopback(address),
        Host::Ipv6(address) => Ipv6Addr::is_loopback(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn http_is_for_loopback_only() {
        for good in [
            "http://localhost:8080",
            "http://127.0.0.1",
            "http://127.9.9.9:1/",
            "http://[::1]:8080",
        ] {
            assert!(Endpoint::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://open-sea-global.alipay.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://[::2]",
        ] {
            let error = Endpoint::parse(bad).err().unwrap();
            assert!(
                error.message().contains("only for this machine"),
                "{bad}: {error}"
            );
        }
    }

    #[test]
    fn an_endpoint_is_an_origin() {
        for bad in [
            "",
            "open-sea-global.alipay.com",
            "ftp://host",
            "https://",
            "https://user@host",
            "https://host/ams",
            "https://host?x=1",
            "https://host#x",
        ] {
            assert!(Endpoint::parse(bad).is_err(), "{bad}");
        }
        let endpoint = Endpoint::parse("HTTPS://Open-SEA-Global.Alipay.com:443/").unwrap();
        assert_eq!(endpoint.origin, "https://open-sea-global.alipay.com");
    }

    #[test]
    fn header_values_hold_no_control_characters() {
        assert!(header_value("client id", "SANDBOX_5X00000000000000").is_ok());
        for bad in ["", "a\r\nb", "a b", "\0", "é", "a\u{7f}"] {
            assert!(header_value("client id", bad).is_err(), "{bad:?}");
        }
    }

    /// What building a client with this signer, and this public half of its key, says.
    fn refusal(signer: impl Signer + 'static, own: Option<&SigningKey>) -> Option<Error> {
        let pem = |key: &SigningKey| KeyInput::text(key.verifying_key().to_pem());
        let antom = SigningKey::generate().signing_key;
        let mut builder = Client::builder("5X")
            .signer(signer)
            .antom_public_key(pem(&antom))
            .endpoint("http://127.0.0.1:1");
        if let Some(own) = own {
            builder = builder.signer_public_key(pem(own));
        }
        builder.build().err()
    }

    #[test]
    fn a_signer_that_does_not_fit_its_public_key_is_found_when_the_client_is_built() {
        let [own, other] = [(); 2].map(|()| Arc::new(SigningKey::generate().signing_key));
        let by = |key: &Arc<SigningKey>| {
            let key = Arc::clone(key);
            move |content: &[u8], sha256: &[u8; 32]| key.sign(content, sha256)
        };
        assert!(refusal(by(&own), Some(&own)).is_none());
        let garbage = |_: &[u8], _: &[u8; 32]| Ok(vec![0; 256]);
        for refused in [
            refusal(by(&other), Some(&own)),
            refusal(garbage, Some(&own)),
        ] {
            let error = refused.unwrap();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.message().contains("are not a pair"), "{error}");
        }
        let broken = |_: &[u8], _: &[u8; 32]| Err("the HSM is not connected".into());
        let error = refusal(broken, Some(&own)).unwrap();
        assert!(
            error.message().contains("the HSM is not connected"),
            "{error}"
        );
        // Where the public half is not known, there is nothing to compare with.
        assert!(refusal(broken, None).is_none());
    }
}
