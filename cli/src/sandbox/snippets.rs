//! What a person sees when the sandbox is ready: where the console is, and the settings to paste.

use antom_sandbox::{Sandbox, Token};

pub(super) fn welcome(sandbox: &Sandbox, is_kept: bool) -> String {
    let fate = if is_kept {
        "Keys, certificates and the journal are kept and used again; sessions are not."
    } else {
        "Keys and certificates are removed at the end; keep them with --data DIR."
    };
    let token = sandbox.token().map(Token::expose).map_or_else(String::new, |token| {
        format!("\ntoken    {token}\n         for other machines: open /?token={token} there, or send it as x-sandbox-token\n")
    });
    let pastes: Vec<_> = sandbox
        .pastes()
        .into_iter()
        .map(|paste| paste.text)
        .collect();
    format!(
        "Local sandbox — not Antom\n\nconsole  {http}/\nhttps    {https}\nhttp     {http}\n{token}\n{fate}\n\n{pastes}\nCtrl-C ends it.\n",
        http = sandbox.http_url(),
        https = sandbox.https_url(),
        pastes = pastes.join("\n"),
    )
}
