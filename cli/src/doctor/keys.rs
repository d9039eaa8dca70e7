//! The keys that may have made a signature, and who has them.

use antom_core::doctor::{Diagnosis, Received, examine};
use antom_core::signature::{KeyDescription, KeyInput, VerifyingKey};
use clap::ValueEnum;
use serde::Serialize;

use crate::output::Failure;
use crate::settings::{key, variable};

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Party {
    /// The merchant signs requests.
    Merchant,
    /// Antom signs answers and notifications.
    Antom,
}

impl Party {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Merchant => "the merchant",
            Self::Antom => "Antom",
        }
    }

    fn option(self) -> &'static str {
        match self {
            Self::Merchant => "--merchant-key",
            Self::Antom => "--antom-key",
        }
    }

    /// The variables that hold the key as text and the path of its file.
    fn variables(self) -> [&'static str; 2] {
        match self {
            Self::Merchant => ["ANTOM_PRIVATE_KEY", "ANTOM_PRIVATE_KEY_PATH"],
            Self::Antom => ["ANTOM_PUBLIC_KEY", "ANTOM_PUBLIC_KEY_PATH"],
        }
    }
}

/// A public key, or the public half of a private one.
pub(super) struct NamedKey {
    pub(super) name: String,
    pub(super) key: VerifyingKey,
    party: Party,
    /// `None` serves for every version that has no key of its own.
    version: Option<String>,
}

/// Every key that is known.
pub(super) struct Keys(Vec<NamedKey>);

/// FILE, or VERSION=FILE.
#[derive(Clone)]
pub(crate) struct KeyArgument {
    version: Option<String>,
    path: String,
}

/// Reads an argument. A version has no slash, so that `./a=b.pem` is a file.
pub(crate) fn key_argument(text: &str) -> Result<KeyArgument, &'static str> {
    let (version, path) = match text.split_once('=') {
        Some((version, path)) if !version.contains(['/', '\\']) => (Some(version), path),
        _ => (None, text),
    };
    if path.is_empty() || version.is_some_and(str::is_empty) {
        return Err("expected FILE or VERSION=FILE");
    }
    Ok(KeyArgument {
        version: version.map(str::to_owned),
        path: path.to_owned(),
    })
}

impl Keys {
    /// The keys of the arguments; of a party that has none, the key of the environment.
    pub(super) fn load(merchant: &[KeyArgument], antom: &[KeyArgument]) -> Result<Self, Failure> {
        let mut keys = Self(Vec::new());
        keys.add_all(Party::Merchant, merchant)?;
        keys.add_all(Party::Antom, antom)?;
        Ok(keys)
    }

    fn add_all(&mut self, party: Party, arguments: &[KeyArgument]) -> Result<(), Failure> {
        for KeyArgument { version, path } in arguments {
            self.add(party, version.clone(), KeyInput::path(path))?;
        }
        let [as_text, as_path] = party.variables();
        if arguments.is_empty()
            && let Some(input) = key(None, as_text, as_path)?
        {
            self.add(party, None, input)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        party: Party,
        version: Option<String>,
        mut input: KeyInput,
    ) -> Result<(), Failure> {
        if let Some(passphrase) = variable("ANTOM_PRIVATE_KEY_PASSPHRASE")? {
            input = input.with_passphrase(passphrase);
        }
        let key = KeyDescription::of(&input)
            .map_err(Failure::Unusable)?
            .public;
        let name = match &version {
            Some(version) => format!("{}'s key, version {version}", party.name()),
            None => format!("{}'s key", party.name()),
        };
        self.0.push(NamedKey {
            name,
            key,
            party,
            version,
        });
        Ok(())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &NamedKey> {
        self.0.iter()
    }

    /// Pairs of keys of different parties that are the same key: one of them is in the wrong place.
    pub(super) fn mixed_up(&self) -> impl Iterator<Item = (&NamedKey, &NamedKey)> {
        let of = |party| self.0.iter().filter(move |key| key.party == party);
        of(Party::Merchant).flat_map(move |merchant| {
            of(Party::Antom)
                .filter(|antom| antom.key == merchant.key)
                .map(move |antom| (merchant, antom))
        })
    }

    /// Those that should have signed, as the library chooses them: the key of that version, or else the one for every
    /// version; all of the party's where the message names none.
    pub(super) fn expected(
        &self,
        party: Party,
        version: Option<&str>,
    ) -> Result<Vec<&NamedKey>, Failure> {
        let own: Vec<_> = self.0.iter().filter(|key| key.party == party).collect();
        if own.is_empty() {
            let [_, as_path] = party.variables();
            return Err(Failure::Usage(format!(
                "this message should be signed by {}, whose key is missing: give {} or set {as_path}",
                party.name(),
                party.option(),
            )));
        }
        let named = own.iter().any(|key| key.version.as_deref() == version);
        Ok(own
            .into_iter()
            .filter(|key| match version {
                None => true,
                Some(_) if named => key.version.as_deref() == version,
                Some(_) => key.version.is_none(),
            })
            .collect())
    }

    /// What the doctor finds with the best of the expected keys; the others may have signed by mistake.
    pub(super) fn examine(&self, received: &Received<'_>, expected: &[&NamedKey]) -> Diagnosis {
        let diagnoses = expected.iter().map(|first| {
            let others = self.0.iter().filter(|key| !std::ptr::eq(*key, *first));
            let keys: Vec<_> = std::iter::once(*first)
                .chain(others)
                .map(|key| (key.name.as_str(), &key.key))
                .collect();
            examine(received, &keys)
        });
        let best = diagnoses.min_by_key(|diagnosis| match &diagnosis.cause {
            None => 0,
            Some(cause) if !matches!(cause.id, "other_key" | "unknown_key") => 1,
            Some(_) => 2,
        });
        best.unwrap_or_else(|| examine(received, &[]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_may_stand_before_the_file() {
        for (text, version, path) in [
            ("key.pem", None, "key.pem"),
            ("2=key.pem", Some("2"), "key.pem"),
            ("2=a=b.pem", Some("2"), "a=b.pem"),
            ("./a=b.pem", None, "./a=b.pem"),
        ] {
            let argument = key_argument(text).unwrap();
            assert_eq!(argument.version.as_deref(), version, "{text}");
            assert_eq!(argument.path, path);
        }
        for text in ["", "=key.pem", "2="] {
            assert!(key_argument(text).is_err(), "{text}");
        }
    }
}
