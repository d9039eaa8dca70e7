//! TLS certificates, made when the gateway starts.

use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivatePkcs8KeyDer;

/// The names by which clients reach the gateway.
const NAMES: &[&str] = &["127.0.0.1", "localhost"];

/// A certificate authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate.
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> io::Result<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let pem = params.self_signed(&key).map_err(io::Error::other)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            pem,
        })
    }

    /// TLS with a good certificate for this machine.
    pub(crate) fn good(&self) -> io::Result<Arc<ServerConfig>> {
        self.server(&parameters(NAMES)?)
    }

    /// TLS with a certificate for another host.
    pub(crate) fn other_name(&self) -> io::Result<Arc<ServerConfig>> {
        self.server(&parameters(&["gateway.example"])?)
    }

    /// TLS with a certificate that is past its time.
    pub(crate) fn expired(&self) -> io::Result<Arc<ServerConfig>> {
        let mut params = parameters(NAMES)?;
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
        self.server(&params)
    }

    fn server(&self, params: &CertificateParams) -> io::Result<Arc<ServerConfig>> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params
            .signed_by(&key, &self.issuer)
            .map_err(io::Error::other)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.into())
            .map(Arc::new)
            .map_err(io::Error::other)
    }
}

fn parameters(names: &[&str]) -> io::Result<CertificateParams> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    CertificateParams::new(names).map_err(io::Error::other)
}
