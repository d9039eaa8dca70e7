//! The sandbox's settings as text to paste: shell, Python, PHP, C.

use std::path::Path;

use antom_sandbox::{Sandbox, Token};

/// What a person sees when the sandbox is ready.
pub(super) fn welcome(sandbox: &Sandbox, is_kept: bool) -> String {
    let text = |path: &Path| path.display().to_string();
    let files = sandbox.files();
    let settings = Settings {
        client_id: sandbox.client_id().to_owned(),
        private_key: text(&files.merchant_private_key()),
        antom_public_key: text(&files.antom_public_key()),
        endpoint: sandbox.https_url(),
        ca_certificate: text(&files.ca_certificate()),
    };
    let fate = if is_kept {
        "Keys and certificates are kept and used again."
    } else {
        "Keys and certificates are removed at the end; keep them with --data DIR."
    };
    let (https, http) = (sandbox.https_url(), sandbox.http_url());
    let token = sandbox.token().map(Token::expose).map_or_else(String::new, |token| {
        format!("\ntoken  {token}\n       for other machines: open /?token={token} there, or send it as x-sandbox-token\n")
    });
    let [shell, python, php, c] = [
        settings.shell(),
        settings.python(),
        settings.php(),
        settings.c(),
    ];
    format!(
        "Local sandbox — not Antom\n\nhttps  {https}\nhttp   {http}\n{token}\n{fate}\n\n{shell}\n{python}\n{php}\n{c}\nCtrl-C ends it.\n"
    )
}

struct Settings {
    client_id: String,
    private_key: String,
    antom_public_key: String,
    endpoint: String,
    ca_certificate: String,
}

impl Settings {
    fn shell(&self) -> String {
        let [
            client_id,
            private_key,
            antom_public_key,
            endpoint,
            ca_certificate,
        ] = self.quoted(|text| format!("'{}'", text.replace('\'', r"'\''")));
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

    fn python(&self) -> String {
        let [
            client_id,
            private_key,
            antom_public_key,
            endpoint,
            ca_certificate,
        ] = self.quoted(|text| format!("\"{}\"", escaped(text, '"')));
        format!(
            "# Python
client = antom.Client(
    client_id={client_id},
    private_key=pathlib.Path({private_key}),
    antom_public_key=pathlib.Path({antom_public_key}),
    endpoint={endpoint},
    ca_certificate=pathlib.Path({ca_certificate}),
)
"
        )
    }

    fn php(&self) -> String {
        let [
            client_id,
            private_key,
            antom_public_key,
            endpoint,
            ca_certificate,
        ] = self.quoted(|text| format!("'{}'", escaped(text, '\'')));
        format!(
            "// PHP
$client = Antom\\Client::create([
    'client_id' => {client_id},
    'private_key_path' => {private_key},
    'antom_public_key_path' => {antom_public_key},
    'endpoint' => {endpoint},
    'ca_certificate_path' => {ca_certificate},
]);
"
        )
    }

    fn c(&self) -> String {
        let [
            client_id,
            private_key,
            antom_public_key,
            endpoint,
            ca_certificate,
        ] = self.quoted(|text| format!("\"{}\"", escaped(text, '"')));
        format!(
            "/* C */
antom_options_set_client_id(options, {client_id});
antom_options_set_private_key_path(options, {private_key});
antom_options_set_antom_public_key_path(options, {antom_public_key});
antom_options_set_endpoint(options, {endpoint});
antom_options_set_ca_certificate_path(options, {ca_certificate});
"
        )
    }

    fn quoted(&self, quote: impl Fn(&str) -> String) -> [String; 5] {
        [
            &self.client_id,
            &self.private_key,
            &self.antom_public_key,
            &self.endpoint,
            &self.ca_certificate,
        ]
        .map(|text| quote(text))
    }
}

/// With a backslash before every backslash and every `quote`.
fn escaped(text: &str, quote: char) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if c == '\\' || c == quote {
            out.push('\\');
        }
        out.push(c);
        out
    })
}
