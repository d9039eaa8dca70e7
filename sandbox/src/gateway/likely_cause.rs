//! What most likely went wrong when a signature does not verify: tries the mistakes that people really make.

use antom_core::signature::{Content, VerifyingKey};

/// One sentence in plain ASCII that holds nothing of the request.
pub(super) fn likely_cause(
    merchant: &VerifyingKey,
    sent: &Content<'_>,
    signature: &[u8],
) -> &'static str {
    let signed = |content: Content<'_>| merchant.verify(&content.to_bytes(), signature);
    let over_path = |path: &str| path != sent.path && signed(Content { path, ..*sent });
    let over_body = |body: &[u8]| body != sent.body && signed(Content { body, ..*sent });

    if over_path(&sent.path.replacen("/ams/sandbox/api", "/ams/api", 1)) {
        "the path was signed without /sandbox, but sent with it: sign the path that is sent"
    } else if over_path(&sent.path.replacen("/ams/api", "/ams/sandbox/api", 1)) {
        "the path was signed with /sandbox, but sent without it: sign the path that is sent"
    } else if over_path(sent.path.split('?').next().unwrap_or_default()) {
        "the path was signed without its query: sign the path and the query that are sent"
    } else if over_body(&[sent.body, b"\n"].concat()) {
        "the body was signed with a newline at its end, but sent without it"
    } else if over_body(sent.body.trim_ascii_end()) {
        "the body was signed without the white space at its end, but sent with it"
    } else if over_body(b"") {
        "the signature covers no body: sign the bytes of the body that is sent"
    } else {
        "signed with another key than this merchant's, or over other bytes than were sent: method, path, client-id, request-time and body must be exactly those of the request"
    }
}
