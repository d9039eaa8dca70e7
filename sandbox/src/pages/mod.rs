//! What the pages of the sandbox have in common: the frame, the style sheet, the headers. What a page is about stands
//! elsewhere.

mod assets;

use std::fmt::Write as _;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use crate::control::refuse;
use crate::exchange::plain;
use crate::world::World;
pub(crate) use assets::asset_url;

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

/// What is said to those who ask for a path that nothing is at: people get a page. Whoever posts there has forgotten
/// the path of an API, and is told so by the gateway, in whose journal it stands.
pub(crate) async fn not_found(request: Request, next: Next) -> Response {
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        return next.run(request).await;
    }
    if !wants_html(&request) {
        return refuse(
            StatusCode::NOT_FOUND,
            "nothing is at this path: the console is at /, the sandbox's own requests are listed at /__sandbox/ and in \
             docs/sandbox-control.md, and Antom's APIs are below /ams/",
        );
    }
    let path = plain(request.uri().path());
    page(StatusCode::NOT_FOUND, &NotFound { path })
}

fn wants_html(request: &Request) -> bool {
    request
        .headers()
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|accept| accept.contains("text/html"))
}
