//! What the signature itself gives away: how it is written, who made it, with which hash, over which digest.

use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;
use rsa::BigUint;
use rsa::RsaPublicKey;
use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;
use sha2::{Digest, Sha256};

use super::Cause;
use crate::signature::{HeaderError, SignatureHeader, VerifyingKey};

/// A way to read the signature out of its header, and what is wrong with the way it was written.
pub(super) struct Form {
    pub(super) signature: Vec<u8>,
    pub(super) damage: Option<Cause>,
}

const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const UNPADDED: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, CONFIG);

/// Every way in which the header can be read; the documented one first.
pub(super) fn signature_forms(header: &str) -> Result<Vec<Form>, HeaderError> {
    let raw = SignatureHeader::raw_signature(header);
    let mut forms = Vec::new();
    match SignatureHeader::parse(header) {
        Ok(header) => forms.push(Form {
            signature: header.signature,
            damage: raw.as_ref().ok().and_then(|raw| unescaped(raw)),
        }),
        Err(HeaderError::Encoding) => {}
        Err(error) => return Err(error),
    }
    forms.extend(rewritten(&raw?));
    if forms.is_empty() {
        return Err(HeaderError::Encoding);
    }
    Ok(forms)
}

/// Base64 as it is: [`SignatureHeader::parse`] takes it, but others do not.
fn unescaped(raw: &str) -> Option<Cause> {
    raw.contains(['+', '/', '=']).then(|| {
        Cause::new(
            "not_percent_encoded",
            "the signature is not percent-encoded: libantom reads it, but Antom's SDKs take it for no signature",
            "percent-encode the base64: %2B for +, %2F for /, %3D for =",
        )
    })
}

/// The signature as it may have been meant, with what was done to it.
fn rewritten(raw: &str) -> impl Iterator<Item = Form> + use<> {
    let once = percent_decode_str(raw).decode_utf8_lossy().into_owned();
    let twice = percent_decode_str(&once).decode_utf8_lossy().into_owned();
    let base64 = |text: &str| UNPADDED.decode(text).ok();
    [
        (
            hex(&once),
            "hex",
            "the signature is written in hexadecimal",
            "use base64, then percent-encode it",
        ),
        (
            base64(&twice).filter(|_| twice != once),
            "encoded_twice",
            "the signature is percent-encoded twice",
            "encode it once",
        ),
        (
            base64(&once.replace(' ', "+")).filter(|_| once.contains(' ')),
            "plus_became_space",
            "the signature's + signs became spaces: it was decoded as a form field",
            "percent-encode the base64 before it goes into the header, and do not decode it as a form",
        ),
        (
            URL.decode(&once).ok().filter(|_| once.contains(['-', '_'])),
            "base64url",
            "the signature is written in base64url",
            "use standard base64, then percent-encode it",
        ),
        (
            base64(&once),
            "padding_lost",
            "the signature's base64 lost its = padding",
            "keep the padding, percent-encoded as %3D",
        ),
    ]
    .into_iter()
    .filter_map(|(signature, id, what, fix)| {
        Some(Form {
            signature: signature?,
            damage: Some(Cause::new(id, what, fix)),
        })
    })
}

fn hex(text: &str) -> Option<Vec<u8>> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
    Pss,
}

impl Hash {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Pss => "RSA-PSS",
        }
    }
}

/// What a key finds inside a signature that it made.
pub(super) struct Recovered {
    pub(super) hash: Hash,
    digest: Vec<u8>,
}

impl Recovered {
    pub(super) fn is_of(&self, content: &[u8]) -> bool {
        Sha256::digest(content).as_slice() == self.digest
    }
}

/// `DigestInfo` up to the digest (RFC 8017, 9.2), by hash.
const DIGEST_INFOS: [(Hash, &[u8]); 5] = [
    (
        Hash::Sha256,
        &[
            0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20,
        ],
    ),
    (
        Hash::Sha1,
        &[
            0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 0x14,
        ],
    ),
    (
        Hash::Md5,
        &[
            0x30, 0x20, 0x30, 0x0c, 6, 8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5, 5, 0, 4, 0x10,
        ],
    ),
    (
        Hash::Sha384,
        &[
            0x30, 0x41, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5, 0, 4, 0x30,
        ],
    ),
    (
        Hash::Sha512,
        &[
            0x30, 0x51, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0, 4, 0x40,
        ],
    ),
];

/// What `key` finds in the signature, or `None` if this key did not make it.
pub(super) fn recover(key: &VerifyingKey, signature: &[u8], content: &[u8]) -> Option<Recovered> {
    let public = RsaPublicKey::from_public_key_pem(key.to_pem()).ok()?;
    if signature.len() != public.size() {
        return None;
    }
    let block = BigUint::from_bytes_be(signature)
        .modpow(public.e(), public.n())
        .to_bytes_be();
    if let Some(info) = digest_info(&block) {
        return DIGEST_INFOS.iter().find_map(|(hash, prefix)| {
            Some(Recovered {
                hash: *hash,
                digest: info.strip_prefix(*prefix)?.to_vec(),
            })
        });
    }
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.spki())
        .verify(content, signature)
        .ok()
        .map(|()| Recovered {
            hash: Hash::Pss,
            digest: Vec::new(),
        })
}

/// 00 01 FF … FF 00 `DigestInfo`, where the number has lost its leading zero.
fn digest_info(block: &[u8]) -> Option<&[u8]> {
    const SHORTEST_PADDING: usize = 8;
    let rest = block.strip_prefix(&[1])?;
    let padding = rest.iter().take_while(|byte| **byte == 0xff).count();
    if padding < SHORTEST_PADDING {
        return None;
    }
    rest[padding..].strip_prefix(&[0])
}
