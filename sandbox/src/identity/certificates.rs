//! The certificate authority and the server certificate. The authority is kept, because clients are told to trust
//! it; the server certificate is made anew at every start and never touches the disk.

use std::fs;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, DnsName, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::name::GeneralName;

use super::{Files, write_private, write_public};
use crate::settings::StartError;

/// The names under which every client on this machine reaches the sandbox.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

const AUTHORITY_DAYS: i64 = 3650;
/// Some platforms refuse server certificates that are valid for longer than 398 days.
const SERVER_DAYS: i64 = 397;
/// The authority is renewed when it would expire before the server certificate.
const RENEW_BEFORE: Duration = Duration::days(SERVER_DAYS + 1);
/// For clients whose clock is slow.
const BACKDATED: Duration = Duration::days(1);

/// What TLS connections are accepted with.
pub(super) fn server_config(
    files: &Files,
    host_names: &[String],
) -> Result<ServerConfig, StartError> {
    let now = OffsetDateTime::now_utc();
    let host_names: Vec<_> = host_names
        .iter()
        .filter(|n| can_be_certified(n))
        .cloned()
        .collect();
    let authority = Authority::open(files, &host_names, now)?;
    let (certificate, key) = authority.issue(now).map_err(problem)?;
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(problem)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .map_err(problem)
}

/// Not an address, and not with a dot at its end: clients would refuse the certificate as a whole.
fn can_be_certified(name: &str) -> bool {
    DnsName::try_from(name).is_ok() && !name.ends_with('.')
}

/// A certificate authority for this machine's own names and those that the user gave, and for no other.
struct Authority<'n> {
    issuer: Issuer<'static, KeyPair>,
    host_names: &'n [String],
}

impl<'n> Authority<'n> {
    /// The authority of these files; made anew if it is missing, damaged, about to expire or not for one of the names.
    fn open(
        files: &Files,
        host_names: &'n [String],
        now: OffsetDateTime,
    ) -> Result<Self, StartError> {
        let params = authority_params(host_names, now).map_err(problem)?;
        if let Some(key) = kept_key(files, host_names, now) {
            return Ok(Self {
                issuer: Issuer::new(params, key),
                host_names,
            });
        }
        let key = KeyPair::generate().map_err(problem)?;
        let certificate = params.self_signed(&key).map_err(problem)?;
        write_private(&files.ca_private_key(), &key.serialize_pem())?;
        write_public(&files.ca_certificate(), &certificate.pem())?;
        Ok(Self {
            issuer: Issuer::new(params, key),
            host_names,
        })
    }

    fn issue(
        &self,
        now: OffsetDateTime,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
        let names = NAMES.map(str::to_owned).into_iter();
        let names = names.chain(self.host_names.iter().cloned());
        let mut params = CertificateParams::new(names.collect::<Vec<_>>())?;
        params.not_before = now - BACKDATED;
        params.not_after = now + Duration::days(SERVER_DAYS);
        params
            .distinguished_name
            .push(DnType::CommonName, "Local sandbox, not Antom");
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok((certificate.into(), key.into()))
    }
}

/// The private key of a kept authority that is good for another while and for these names, and fits its certificate.
fn kept_key(files: &Files, host_names: &[String], now: OffsetDateTime) -> Option<KeyPair> {
    let key = KeyPair::from_pem(&fs::read_to_string(files.ca_private_key()).ok()?).ok()?;
    let pem = fs::read(files.ca_certificate()).ok()?;
    let der = CertificateDer::from_pem_slice(&pem).ok()?;
    let certificate = x509_cert::Certificate::from_der(&der).ok()?;
    let certificate = certificate.tbs_certificate();
    let fits = certificate
        .subject_public_key_info()
        .subject_public_key
        .raw_bytes()
        == key.public_key_raw();
    let expires = certificate
        .validity()
        .not_after
        .to_unix_duration()
        .as_secs();
    let needed = u64::try_from((now + RENEW_BEFORE).unix_timestamp()).ok()?;
    let (_, constraints) = certificate
        .get_extension::<x509_cert::ext::pkix::NameConstraints>()
        .ok()??;
    let permitted = constraints.permitted_subtrees?;
    let is_permitted = |name: &String| {
        permitted.iter().any(|subtree| {
            matches!(&subtree.base, GeneralName::DnsName(permitted) if permitted.as_str() == name)
        })
    };
    let is_for_all = host_names.iter().all(is_permitted);
    (fits && is_for_all && expires > needed).then_some(key)
}

fn authority_params(
    host_names: &[String],
    now: OffsetDateTime,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new([])?;
    params.not_before = now - BACKDATED;
    params.not_after = now + Duration::days(AUTHORITY_DAYS);
    params
        .distinguished_name
        .push(DnType::CommonName, "Local sandbox CA, not Antom");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // Whoever installs this authority into a system's store does not give more away than these names.
    let mut permitted_subtrees = vec![
        GeneralSubtree::DnsName("localhost".into()),
        GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8)),
        GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            128,
        )),
    ];
    permitted_subtrees.extend(host_names.iter().cloned().map(GeneralSubtree::DnsName));
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees,
        excluded_subtrees: vec![],
    });
    Ok(params)
}

fn problem(error: impl std::fmt::Display) -> StartError {
    StartError::Certificate(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_renewed_before_its_server_certificates_outlive_it() {
        let directory = tempfile::TempDir::new().unwrap();
        let files = Files {
            directory: directory.path().to_owned(),
        };
        let certificate_in = |years: i64| {
            let now = OffsetDateTime::now_utc() + Duration::days(365 * years);
            let authority = Authority::open(&files, &[], now).unwrap();
            let (server, _) = authority.issue(now).unwrap();
            let pem = fs::read(files.ca_certificate()).unwrap();
            let ca = CertificateDer::from_pem_slice(&pem).unwrap();
            for (der, issuer) in [(&server, "server"), (&ca, "authority")] {
                let certificate = x509_cert::Certificate::from_der(der).unwrap();
                let validity = certificate.tbs_certificate().validity();
                let at =
                    |days| u64::try_from((now + Duration::days(days)).unix_timestamp()).unwrap();
                assert!(validity.not_before.to_unix_duration().as_secs() < at(0));
                assert!(
                    validity.not_after.to_unix_duration().as_secs() >= at(SERVER_DAYS) - 1,
                    "{issuer}"
                );
            }
            pem
        };
        let first = certificate_in(0);
        assert_eq!(certificate_in(8), first);
        let second = certificate_in(9);
        assert_ne!(second, first);
        assert_eq!(certificate_in(9), second);
        assert_ne!(certificate_in(30), second);
    }

    #[test]
    fn what_cannot_stand_in_a_certificate_is_left_out_of_it() {
        for good in ["shop.test", "shop", "my_shop.test"] {
            assert!(can_be_certified(good), "{good}");
        }
        for bad in ["192.0.2.1", "shop.test.", "a..b"] {
            assert!(!can_be_certified(bad), "{bad}");
        }
    }

    #[test]
    fn an_authority_is_made_anew_only_for_a_name_that_it_was_not_made_for() {
        let directory = tempfile::TempDir::new().unwrap();
        let files = Files {
            directory: directory.path().to_owned(),
        };
        let certificate_for = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
            Authority::open(&files, &names, OffsetDateTime::now_utc()).unwrap();
            fs::read(files.ca_certificate()).unwrap()
        };
        let own = certificate_for(&[]);
        let both = certificate_for(&["shop.test", "other.test"]);
        assert_ne!(own, both);
        assert_eq!(certificate_for(&["other.test"]), both);
        assert_eq!(certificate_for(&[]), both);
        assert_ne!(certificate_for(&["third.test"]), both);
    }
}
