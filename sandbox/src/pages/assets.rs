//! Style sheets, scripts and pictures of the pages, compiled in. A URL names the version of what it leads to, so that
//! browsers may keep it for ever.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::extract::{Path, RawQuery};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Name, media type and content.
const FILES: &[(&str, &str, &str)] = &[
    (
        "checkout.css",
        CSS,
        include_str!("../../assets/checkout.css"),
    ),
    (
        "checkout.js",
        SCRIPT,
        include_str!("../../assets/checkout.js"),
    ),
    ("icon.svg", SVG, include_str!("../../assets/icon.svg")),
    ("sandbox.css", CSS, include_str!("../../assets/sandbox.css")),
    ("console.css", CSS, include_str!("../../assets/console.css")),
    (
        "console.js",
        SCRIPT,
        include_str!("../../assets/console.js"),
    ),
];

/// A file that is part of this program.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: &'static str,
    /// Of the content: `v=` and 12 hexadecimal digits.
    version: String,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let assets = FILES.iter().map(|&(name, media_type, content)| Asset {
        name,
        media_type,
        content,
        version: version(content),
    });
    assets.collect()
});

/// Where a page finds the asset of this name.
///
/// # Panics
/// If there is none: a page is wrong then.
pub(crate) fn asset_url(name: &str) -> String {
    let asset = find(name).expect("pages name assets that exist");
    format!("/assets/{name}?{}", asset.version)
}

fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

fn version(content: &str) -> String {
    let digest = Sha256::digest(content);
    let mut text = String::from("v=");
    for byte in &digest[..6] {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

pub(super) async fn serve(Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let Some(asset) = find(&name) else {
        return (StatusCode::NOT_FOUND, "there is no such asset\n").into_response();
    };
    let is_current = query.as_deref() == Some(asset.version.as_str());
    let caching = if is_current {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, caching),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    (headers, asset.content).into_response()
}
