//! Reading keys in every form that merchants have them in, and saying what a wrong one looks like.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pkcs8::der::asn1::OctetStringRef;
use rsa::pkcs8::der::{Decode, Header, SliceReader};
use rsa::pkcs8::spki::SubjectPublicKeyInfoRef;
use rsa::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, EncryptedPrivateKeyInfo,
    LineEnding, ObjectIdentifier, PrivateKeyInfo,
};
use rsa::traits::PublicKeyParts;
use rsa::{RsaPrivateKey, RsaPublicKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::signer::{Signer, SignerError};
use crate::error::Error;
use crate::secret::Secret;
use crate::transport::process::PerProcess;

const SMALLEST_KEY_BITS: usize = 2048;
const LARGEST_KEY_BITS: usize = 4096;
const LARGEST_KEY: u64 = 64 * 1024;
/// OpenSSL writes 2048 rounds, careful people 600,000.
const MOST_ROUNDS: u32 = 10_000_000;

/// Base64 as people paste it: padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where a key comes from. What is in it is found out when it is read:
/// PEM, DER or bare base64 of PKCS#1, PKCS#8, encrypted PKCS#8 or SPKI.
pub struct KeyInput {
    source: Source,
    passphrase: Option<Secret<String>>,
}

enum Source {
    Text(Secret<String>),
    Bytes(Secret<Vec<u8>>),
    Path(PathBuf),
}

impl KeyInput {
    /// PEM or bare base64 as text, with whatever an env file made of it: CRLF, a BOM, quotes, literal `\n`.
    pub fn text(text: impl Into<String>) -> Self {
        Self::from(Source::Text(Secret::new(text.into())))
    }

    /// The content of a key file: DER, or text as for [`KeyInput::text`].
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::from(Source::Bytes(Secret::new(bytes.into())))
    }

    /// A key file of at most 64 KiB.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self::from(Source::Path(path.into()))
    }

    /// The passphrase of an encrypted PKCS#8 key.
    #[must_use]
    pub fn with_passphrase(mut self, passphrase: impl Into<String>) -> Self {
        self.passphrase = Some(Secret::new(passphrase.into()));
        self
    }

    fn from(source: Source) -> Self {
        Self {
            source,
            passphrase: None,
        }
    }

    fn der(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        match &self.source {
            Source::Text(text) if text.expose().len() as u64 > LARGEST_KEY => Err(too_large()),
            Source::Bytes(bytes) if bytes.expose().len() as u64 > LARGEST_KEY => Err(too_large()),
            Source::Text(text) => decode_text(text.expose()),
            Source::Bytes(bytes) => decode_bytes(bytes.expose()),
            Source::Path(path) => {
                let content = Zeroizing::new(read_file(path, LARGEST_KEY)?);
                decode_bytes(&content)
            }
        }
    }

    /// Reads the key and makes `T` of it; a problem becomes an error that names the key and its file.
    fn read<T>(
        &self,
        role: &str,
        make: impl FnOnce(Found) -> Result<T, String>,
    ) -> Result<T, Error> {
        let passphrase = self.passphrase.as_ref().map(|p| p.expose().as_str());
        self.der()
            .and_then(|der| recognise(&der, passphrase))
            .and_then(make)
            .map_err(|problem| match &self.source {
                Source::Path(path) => about_file(role, path, &problem),
                Source::Text(_) | Source::Bytes(_) => Error::config(format!("{role}: {problem}")),
            })
    }
}

fn too_large() -> String {
    "it is larger than 64 KiB: this is not a key".into()
}

/// Reads a file whole. A pipe or a device could keep us waiting, or fill the memory.
pub(crate) fn read_file(path: &Path, largest: u64) -> Result<Vec<u8>, String> {
    let problem = |e: std::io::Error| format!("it cannot be opened: {e}");
    if !fs::metadata(path).map_err(problem)?.is_file() {
        return Err("it cannot be read: it is not a file".into());
    }
    let mut content = Vec::new();
    File::open(path)
        .map_err(problem)?
        .take(largest + 1)
        .read_to_end(&mut content)
        .map_err(|e| format!("it cannot be read: {e}"))?;
    if content.len() as u64 > largest {
        return Err(format!("it is larger than {} KiB", largest / 1024));
    }
    Ok(content)
}

/// The error for a file, with its name. What was given as a name by mistake may be the key itself: that is not repeated.
pub(crate) fn about_file(role: &str, path: &Path, problem: &str) -> Error {
    let name = path.to_string_lossy();
    Error::config(if name.is_empty() {
        format!("{role}: the name of its file is empty")
    } else if looks_like_content(&name) {
        format!(
            "{role}: what was given as the name of a file looks like what is in one; give it as the content instead, or give the file's name"
        )
    } else {
        format!("{role}: {name}: {problem}")
    })
}

/// Whether it is PEM, or more base64 than a name has letters.
fn looks_like_content(name: &str) -> bool {
    const LONGEST_PLAIN_NAME: usize = 200;
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=\\\"'".contains(c);
    name.contains(['\n', '\r'])
        || name.contains("-----")
        || (name.len() > LONGEST_PLAIN_NAME && name.trim().chars().all(is_base64))
}

fn decode_bytes(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("this is UTF-16 text: save the file as UTF-8".into());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => decode_text(text),
        _ => Ok(Zeroizing::new(bytes.to_vec())),
    }
}

fn decode_text(text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let text = ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(text);
    let text = Zeroizing::new(text.replace("\\r", "\r").replace("\\n", "\n"));
    if text.trim().is_empty() {
        return Err("it is empty".into());
    }
    if text.starts_with("ssh-") {
        return Err(
            "this is an OpenSSH public key: convert it with ssh-keygen -e -m PKCS8 -f FILE".into(),
        );
    }
    let base64 = match pem_block(&text)? {
        Some(block) => block,
        None => text.as_str(),
    };
    let compact: Zeroizing<String> =
        Zeroizing::new(base64.chars().filter(|c| !c.is_whitespace()).collect());
    BASE64
        .decode(compact.as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| {
            if text.len() < 500 && !text.contains('\n') && text.contains(['/', '\\', '.']) {
                "this is neither PEM nor base64; if it is the name of a file, give it as a path, or what is in the file"
                    .into()
            } else {
                "this is neither PEM nor base64: it may be cut or damaged".into()
            }
        })
}

/// The base64 of the first block with a key in it, if the text is PEM.
fn pem_block(text: &str) -> Result<Option<&str>, String> {
    const BEGIN: &str = "-----BEGIN ";
    let mut first = None;
    for (at, _) in text.match_indices(BEGIN) {
        let (label, rest) = text[at + BEGIN.len()..]
            .split_once("-----")
            .ok_or("the PEM header is cut")?;
        let (block, _) = rest
            .split_once(&format!("-----END {label}-----"))
            .ok_or("the PEM text is cut: it has no END line")?;
        if label.contains("OPENSSH") {
            return Err(
                "this is an OpenSSH key: convert it with ssh-keygen -p -m PKCS8 -f FILE".into(),
            );
        }
        if block.contains("Proc-Type:") {
            return Err("this is a key with OpenSSL's old encryption: convert it with openssl pkcs8 -topk8 -in FILE".into());
        }
        if label.contains("KEY") {
            return Ok(Some(block));
        }
        first.get_or_insert(block);
    }
    Ok(first)
}

/// A key of the right algorithm.
struct Found {
    key: Key,
    form: &'static str,
}

enum Key {
    Private(Box<RsaPrivateKey>),
    Public(RsaPublicKey),
}

fn recognise(der: &[u8], passphrase: Option<&str>) -> Result<Found, String> {
    let private = |key: Option<RsaPrivateKey>, form| {
        let key = key.ok_or(
            "this looks like an RSA private key, but its numbers do not fit together: it may be damaged, or too large",
        )?;
        Ok(Found {
            key: Key::Private(Box::new(key)),
            form,
        })
    };
    let public = |key: Option<RsaPublicKey>, form| {
        let key = key.ok_or(
            "this looks like an RSA public key, but its numbers are not valid: it may be damaged, or too large",
        )?;
        Ok(Found {
            key: Key::Public(key),
            form,
        })
    };
    if let Ok(info) = PrivateKeyInfo::try_from(der) {
        require_rsa(info.algorithm.oid)?;
        return private(RsaPrivateKey::from_pkcs8_der(der).ok(), "PKCS#8");
    }
    if scrypt_of(der).is_some_and(|scrypt| !scrypt.is_bearable()) {
        return Err(UNSUPPORTED_ENCRYPTION.into());
    }
    if let Ok(encrypted) = EncryptedPrivateKeyInfo::try_from(der) {
        let rounds = encrypted
            .encryption_algorithm
            .pbes2()
            .and_then(|scheme| scheme.kdf.pbkdf2())
            .map(|kdf| kdf.iteration_count);
        if rounds.is_some_and(|rounds| rounds > MOST_ROUNDS) {
            return Err(UNSUPPORTED_ENCRYPTION.into());
        }
        let passphrase = passphrase.ok_or("this private key is encrypted: give its passphrase")?;
        let plain = encrypted.decrypt(passphrase).map_err(|_| {
            "this encrypted private key cannot be opened: the passphrase is wrong, or the encryption is not PBES2 with AES (convert it with openssl pkcs8 -topk8 -v2 aes-256-cbc)"
        })?;
        return Ok(Found {
            form: "encrypted PKCS#8",
            ..recognise(plain.as_bytes(), None)?
        });
    }
    if rsa::pkcs1::RsaPrivateKey::try_from(der).is_ok() {
        return private(RsaPrivateKey::from_pkcs1_der(der).ok(), "PKCS#1");
    }
    if let Ok(info) = SubjectPublicKeyInfoRef::try_from(der) {
        require_rsa(info.algorithm.oid)?;
        return public(RsaPublicKey::from_public_key_der(der).ok(), "SPKI");
    }
    if rsa::pkcs1::RsaPublicKey::try_from(der).is_ok() {
        return public(RsaPublicKey::from_pkcs1_der(der).ok(), "PKCS#1");
    }
    Err(unrecognised(der).into())
}

/// What a DER structure that is no RSA key may be, from its first bytes.
fn unrecognised(der: &[u8]) -> &'static str {
    const SEQUENCE: u8 = 0x30;
    /// Version 1 and an octet string (RFC 5915).
    const EC_PRIVATE_KEY: &[u8] = &[2, 1, 1, 4];
    /// The version of a certificate, tagged [0].
    const CERTIFICATE: &[u8] = &[0xa0, 3, 2, 1, 2];
    /// Object identifiers of PBES1 (PKCS#5 and PKCS#12).
    const PBES1: [&[u8]; 2] = [
        &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5],
        &[6, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 0x0c, 1],
    ];
    let outer = content_of(SEQUENCE, der).unwrap_or_default();
    let inner = content_of(SEQUENCE, outer).unwrap_or_default();
    if outer.starts_with(EC_PRIVATE_KEY) {
        "EC key: Antom signs with RSA"
    } else if inner.starts_with(CERTIFICATE) {
        "this is a certificate: give the key alone"
    } else if PBES1.iter().any(|oid| inner.starts_with(oid)) {
        UNSUPPORTED_ENCRYPTION
    } else {
        "this is not a key: neither PKCS#1, PKCS#8 nor SPKI; it may be cut or damaged"
    }
}

/// The parameters of scrypt (RFC 7914, 7). They are read before the crate that decrypts sees them: it panics at some, and
/// allocates whatever others ask for.
struct Scrypt {
    cost: u64,
    block_size: u32,
    parallelization: u32,
}

impl Scrypt {
    fn is_bearable(&self) -> bool {
        const LARGEST_MEMORY: u64 = 256 * 1024 * 1024;
        let block = 128 * u64::from(self.block_size);
        self.cost >= 2
            && self.cost.is_power_of_two()
            && (1..=16).contains(&self.parallelization)
            && block > 0
            && self.cost <= LARGEST_MEMORY / block
    }
}

/// The parameters, if the key is encrypted with scrypt; those that cannot be read become unbearable ones.
fn scrypt_of(der: &[u8]) -> Option<Scrypt> {
    const IDENTIFIER: &[u8] = &[6, 9, 0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 0x0b];
    const LONGEST_ALGORITHM: usize = 128;
    let start = der
        .windows(IDENTIFIER.len())
        .take(LONGEST_ALGORITHM)
        .position(|bytes| bytes == IDENTIFIER)?;
    let read = || -> rsa::pkcs8::der::Result<Scrypt> {
        let mut reader = SliceReader::new(&der[start + IDENTIFIER.len()..])?;
        Header::decode(&mut reader)?;
        OctetStringRef::decode(&mut reader)?;
        Ok(Scrypt {
            cost: u64::decode(&mut reader)?,
            block_size: u32::decode(&mut reader)?,
            parallelization: u32::decode(&mut reader)?,
        })
    };
    Some(read().unwrap_or(Scrypt {
        cost: 0,
        block_size: 0,
        parallelization: 0,
    }))
}

const UNSUPPORTED_ENCRYPTION: &str = "this private key is encrypted, but not with PBES2 and AES, or with too much work: convert it with openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE";

/// What follows the tag and the length of a DER value.
fn content_of(tag: u8, der: &[u8]) -> Option<&[u8]> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let length_bytes = match length {
        0x80.. => usize::from(length & 0x7f),
        _ => 0,
    };
    (*first == tag).then(|| rest.get(length_bytes..)).flatten()
}

fn require_rsa(algorithm: ObjectIdentifier) -> Result<(), String> {
    const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
    let other = match algorithm.to_string().as_str() {
        "1.2.840.113549.1.1.10" => "RSA-PSS key: Antom signs with RSASSA-PKCS1-v1_5",
        "1.2.840.10045.2.1" => "EC key: Antom signs with RSA",
        "1.3.101.112" | "1.3.101.113" => "EdDSA key: Antom signs with RSA",
        "1.2.840.10040.4.1" => "DSA key: Antom signs with RSA",
        "1.2.840.113549.1.3.1" => "Diffie-Hellman key: Antom signs with RSA",
        _ if algorithm == RSA => return Ok(()),
        _ => "key of another algorithm: Antom signs with RSA",
    };
    Err(other.into())
}

fn check_size(key: &impl PublicKeyParts) -> Result<(), String> {
    match key.n().bits() {
        bits if bits < SMALLEST_KEY_BITS => Err(format!(
            "{bits} bits: {SMALLEST_KEY_BITS} or more are required"
        )),
        bits if bits > LARGEST_KEY_BITS => Err(format!(
            "{bits} bits: {LARGEST_KEY_BITS} is the largest supported size"
        )),
        _ => Ok(()),
    }
}

/// An RSA private key that has passed its checks. Not shown, not copied, wiped from memory on drop.
pub struct SigningKey {
    /// aws-lc keeps the blinding of a signature with the key: a child that was forked while another thread signed
    /// would find it in use, and abort.
    pair: PerProcess<RsaKeyPair>,
    public: VerifyingKey,
}

impl SigningKey {
    /// Reads a private key.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), with what the input looks like.
    pub fn load(input: &KeyInput) -> Result<Self, Error> {
        input.read("private key", |found| match found.key {
            Key::Private(key) => Self::new(&key),
            Key::Public(_) => Err("this is a public key: the private key belongs here".into()),
        })
    }

    /// Makes a new key pair of 2048 bits.
    ///
    /// # Panics
    /// If the operating system gives no random numbers.
    pub fn generate() -> GeneratedKey {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048)
            .expect("the operating system gives random numbers");
        let der: Pkcs8V1Der<'static> = pair.as_der().expect("an RSA key has a PKCS#8 form");
        let key = RsaPrivateKey::from_pkcs8_der(der.as_ref()).expect("it was just written");
        let private_pem = key
            .to_pkcs8_pem(LineEnding::LF)
            .expect("an RSA key has a PKCS#8 form");
        GeneratedKey {
            signing_key: Self::new(&key).expect("a new key passes every check"),
            private_pem: Secret::new(private_pem.to_string()),
        }
    }

    fn new(key: &RsaPrivateKey) -> Result<Self, String> {
        check_size(key)?;
        let der = key
            .to_pkcs8_der()
            .map_err(|_| "this key has more than two primes: it is not supported")?;
        RsaKeyPair::from_pkcs8(der.as_bytes())
            .map_err(|rejected| format!("this RSA key is not usable: {rejected}"))?;
        let pair = move || RsaKeyPair::from_pkcs8(der.as_bytes()).expect("it was read before");
        Ok(Self {
            pair: PerProcess::new(pair),
            public: VerifyingKey::new(&key.to_public_key())?,
        })
    }

    /// The public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.public.clone()
    }
}

impl Signer for SigningKey {
    fn sign(&self, content: &[u8], _sha256: &[u8; 32]) -> Result<Vec<u8>, SignerError> {
        let pair = self.pair.get();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            content,
            &mut signature,
        )
        .map_err(|_| "the RSA operation failed")?;
        Ok(signature)
    }
}

/// A key pair that [`SigningKey::generate`] made.
pub struct GeneratedKey {
    /// Ready to sign with.
    pub signing_key: SigningKey,
    /// The private key as PKCS#8 PEM.
    pub private_pem: Secret<String>,
}

/// An RSA public key that has passed its checks.
#[derive(Clone)]
pub struct VerifyingKey {
    parsed: ParsedPublicKey,
    spki: Vec<u8>,
    pem: String,
}

impl VerifyingKey {
    /// Reads a public key.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), with what the input looks like.
    pub fn load(input: &KeyInput) -> Result<Self, Error> {
        input.read("public key", |found| match found.key {
            Key::Public(key) => Self::new(&key),
            Key::Private(_) => Err(
                "this is a private key: give the public key here, and keep the private key to yourself"
                    .into(),
            ),
        })
    }

    fn new(key: &RsaPublicKey) -> Result<Self, String> {
        check_size(key)?;
        let rejected = "this RSA key is not usable: its numbers are not valid";
        let spki = key.to_public_key_der().map_err(|_| rejected)?.into_vec();
        let pem = key
            .to_public_key_pem(LineEnding::LF)
            .map_err(|_| rejected)?;
        let parsed =
            ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &spki).map_err(|_| rejected)?;
        Ok(Self { parsed, spki, pem })
    }

    /// Whether `signature` is the RSASSA-PKCS1-v1_5 SHA-256 signature of `content` by this key.
    pub fn verify(&self, content: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(content, signature).is_ok()
    }

    /// The key as SPKI PEM.
    pub fn to_pem(&self) -> &str {
        &self.pem
    }

    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of the SPKI form in hexadecimal: the same for a public key and its private key.
    pub fn fingerprint(&self) -> String {
        Sha256::digest(&self.spki)
            .iter()
            .fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            })
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

/// What a key file holds, without the key.
pub struct KeyDescription {
    /// Whether it is a private key.
    pub is_private: bool,
    /// `PKCS#1`, `PKCS#8`, `encrypted PKCS#8` or `SPKI`.
    pub form: &'static str,
    /// The size of the modulus in bits.
    pub bits: usize,
    /// The public half.
    pub public: VerifyingKey,
}

impl KeyDescription {
    /// Looks into a key of either kind.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), with what the input looks like.
    pub fn of(input: &KeyInput) -> Result<Self, Error> {
        input.read("key", |found| {
            let (is_private, key) = match found.key {
                Key::Private(key) => (true, key.to_public_key()),
                Key::Public(key) => (false, key),
            };
            Ok(Self {
                is_private,
                form: found.form,
                bits: key.n().bits(),
                public: VerifyingKey::new(&key)?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrypt(cost: u64, block_size: u32, parallelization: u32) -> bool {
        let scrypt = Scrypt {
            cost,
            block_size,
            parallelization,
        };
        scrypt.is_bearable()
    }

    #[test]
    fn scrypt_is_bounded() {
        assert!(scrypt(16384, 8, 1));
        for (cost, block_size, parallelization) in [
            (0, 8, 1),
            (1, 8, 1),
            (3, 8, 1),
            (1 << 40, 8, 1),
            (16384, 0, 1),
            (16384, u32::MAX, 1),
            (16384, 8, 0),
            (16384, 8, 60_000),
        ] {
            assert!(
                !scrypt(cost, block_size, parallelization),
                "{cost} {block_size}"
            );
        }
    }

    #[test]
    fn a_key_in_place_of_a_files_name_is_not_repeated() {
        let key = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw/+".repeat(10);
        for content in [
            key.clone(),
            format!("\"{key}\""),
            format!("-----BEGIN PRIVATE KEY-----\\n{key}"),
            format!("{}\n", &key[..60]),
        ] {
            let error = SigningKey::load(&KeyInput::path(content)).err().unwrap();
            assert!(!error.message().contains("MIIE"), "{error}");
        }
        let name = format!("/{}/key.pem", "long".repeat(60));
        let error = SigningKey::load(&KeyInput::path(&name)).err().unwrap();
        assert!(error.message().contains(&name), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_read() {
        let error = SigningKey::load(&KeyInput::path("/dev/zero"))
            .err()
            .unwrap();
        assert!(error.message().contains("not a file"), "{error}");
    }
}
