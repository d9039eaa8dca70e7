//! What the pages of the sandbox have in common: the frame, the style sheet, the headers, and who may post a form.
//! What a page is about stands elsewhere.

mod assets;
mod same_origin;

use std::fmt::Write as _;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use crate::exchange::plain;
use crate::world::World;
pub(crate) use assets::asset_url;
pub(crate) use same_origin::refuse_other_sites;

/// The assets of all pages.
pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/assets/{name}", get(assets::serve))
}

/// Where a form of a page may lead, redirects after it included, because browsers check them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormTarget {
    /// Pages of the sandbox.
    Sandbox,
    /// Also a page of the merchant's, which may itself lead to any other.
    AnyPage,
}

/// An answer that is a page.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    page_with_forms(status, template, FormTarget::Sandbox)
}

/// A page whose forms may lead to there.
pub(crate) fn page_with_forms(
    status: StatusCode,
    template: &impl Template,
    target: FormTarget,
) -> Response {
    let html = template
        .render()
        .expect("writing to a String does not fail, and no template calls what does");
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, content_policy(target));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Other sites are told nothing. Not no-referrer: a form would then be posted with "Origin: null".
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Nothing from elsewhere, nothing inline.
fn content_policy(target: FormTarget) -> HeaderValue {
    let mut policy = String::from(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    );
    if target == FormTarget::AnyPage {
        let _ = policy.write_str(" http: https:");
    }
    HeaderValue::try_from(policy).expect("the policy is plain text")
}

#[derive(Template)]
#[template(path = "not_found.html")]
struct NotFound {
    path: String,
}

/// A page for people who went to a path that nothing is at. Programs, and everything under Antom's paths, go on to
/// the gateway.
pub(crate) async fn not_found_for_browsers(request: Request, next: Next) -> Response {
    if !is_browser_lost(&request) {
        return next.run(request).await;
    }
    let path = plain(request.uri().path());
    page(StatusCode::NOT_FOUND, &NotFound { path })
}

fn is_browser_lost(request: &Request) -> bool {
    let path = request.uri().path();
    let wants_html = request
        .headers()
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|accept| accept.contains("text/html"));
    let is_antoms = path == "/ams" || path.starts_with("/ams/");
    wants_html && !is_antoms && [Method::GET, Method::HEAD].contains(request.method())
}
