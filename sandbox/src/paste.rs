//! The settings of a client for this sandbox, as text to paste into each language.

use std::path::PathBuf;

use crate::identity::Files;
use crate::literal;

/// Settings in one language.
#[derive(Clone, Debug)]
pub struct Paste {
    /// In lower case, for example `python`.
    pub id: &'static str,
    /// For example `Python`.
    pub label: &'static str,
    /// What to paste: a comment with the language, then the settings; whole lines.
    pub text: String,
}

/// How a client reaches a sandbox. Holds paths of keys, and no keys.
#[derive(Clone, Debug)]
pub(crate) struct ClientSettings {
    pub(crate) client_id: String,
    pub(crate) private_key: String,
    pub(crate) antom_public_key: String,
    pub(crate) endpoint: String,
    pub(crate) ca_certificate: String,
}

impl ClientSettings {
    pub(crate) fn new(client_id: &str, files: &Files, endpoint: &str) -> Self {
        let text = |path: PathBuf| path.display().to_string();
        Self {
            client_id: client_id.to_owned(),
            private_key: text(files.merchant_private_key()),
            antom_public_key: text(files.antom_public_key()),
            endpoint: endpoint.to_owned(),
            ca_certificate: text(files.ca_certificate()),
        }
    }

    /// In each language; for a shell also the address of the sandbox itself, which the command asks.
    pub(crate) fn pastes(&self, sandbox: &str) -> Vec<Paste> {
        let paste = |id, label, text| Paste { id, label, text };
        vec![
            paste(
                "shell",
                "Shell",
                format!("{}export ANTOM_SANDBOX='{sandbox}'\n", self.shell()),
            ),
            paste(
                "python",
                "Python",
                format!(
                    "# Python\nclient = antom.Client(\n{})\n",
                    indented(&self.python(), 4)
                ),
            ),
            paste(
                "php",
                "PHP",
                format!(
                    "// PHP\n$client = Antom\\Client::create([\n{}]);\n",
                    indented(&self.php(), 4)
                ),
            ),
            paste("c", "C", format!("/* C */\n{}", self.c())),
        ]
    }

    fn shell(&self) -> String {
        let [
            client_id,
            private_key,
            antom_public_key,
            endpoint,
            ca_certificate,
        ] = self
            .texts()
            .map(|text| format!("'{}'", text.replace('\'', r"'\''")));
        format!(
            "# Shell
export ANTOM_CLIENT_ID={client_id}
export ANTOM_PRIVATE_KEY_PATH={private_key}
export ANTOM_PUBLIC_KEY_PATH={antom_public_key}
export ANTOM_ENDPOINT={endpoint}
export ANTOM_CA_CERTIFICATE_PATH={ca_certificate}
"
        )
    }

    /// The arguments of a client, one a line.
    pub(crate) fn python(&self) -> String {
        let [
            client_id,
            private_key,
            antom_public_key,
            endpoint,
            ca_certificate,
        ] = self.texts().map(literal::python);
        format!(
            "client_id={client_id},
private_key=pathlib.Path({private_key}),
antom_public_key=pathlib.Path({antom_public_key}),
endpoint={endpoint},
ca_certificate=pathlib.Path({ca_certificate}),
"
        )
    }

    /// The members of a client's settings, one a line.
    pub(crate) fn php(&self) -> String {
        let [
            client_id,
            private_key,
            antom_public_key,
            endpoint,
            ca_certificate,
        ] = self.texts().map(literal::php);
        format!(
            "'client_id' => {client_id},
'private_key_path' => {private_key},
'antom_public_key_path' => {antom_public_key},
'endpoint' => {endpoint},
'ca_certificate_path' => {ca_certificate},
"
        )
    }

    /// The calls that set the options of a client, one a line.
    pub(crate) fn c(&self) -> String {
        let [
            client_id,
            private_key,
            antom_public_key,
            endpoint,
            ca_certificate,
        ] = self.texts().map(literal::c);
        format!(
            "antom_options_set_client_id(options, {client_id});
antom_options_set_private_key_path(options, {private_key});
antom_options_set_antom_public_key_path(options, {antom_public_key});
antom_options_set_endpoint(options, {endpoint});
antom_options_set_ca_certificate_path(options, {ca_certificate});
"
        )
    }

    pub(crate) fn texts(&self) -> [&str; 5] {
        [
            &self.client_id,
            &self.private_key,
            &self.antom_public_key,
            &self.endpoint,
            &self.ca_certificate,
        ]
    }
}

/// With so many spaces before every line.
pub(crate) fn indented(lines: &str, spaces: usize) -> String {
    let indented = lines.lines().map(|line| format!("{:spaces$}{line}\n", ""));
    indented.collect()
}
