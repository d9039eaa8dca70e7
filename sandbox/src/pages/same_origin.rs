//! Who may change something from a browser: pages of the sandbox itself. Programs send neither of the headers that
//! are looked at here and are not held up.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const REFUSAL: &str = "refused: this request comes from a page of another site; open the page of the sandbox itself\n";

/// Middleware for routes that change something: what another site sends is answered 403.
pub(crate) async fn refuse_other_sites(request: Request, next: Next) -> Response {
    let is_reading = [Method::GET, Method::HEAD].contains(request.method());
    if is_reading || is_same_origin(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, REFUSAL).into_response()
    }
}

/// Whether neither `Origin` nor `Sec-Fetch-Site` names another site.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let own = |origin: &str| {
        let authority = ["http://", "https://"]
            .iter()
            .find_map(|scheme| origin.strip_prefix(scheme));
        matches!((authority, host), (Some(authority), Some(host)) if authority.eq_ignore_ascii_case(host))
    };
    let all = |name: &str, is_good: &dyn Fn(&str) -> bool| {
        let mut values = headers.get_all(name).iter();
        values.all(|value| value.to_str().is_ok_and(is_good))
    };
    all("origin", &own)
        && all("sec-fetch-site", &|site| {
            ["same-origin", "none"].contains(&site)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(headers: &[(&'static str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        map.insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        is_same_origin(&map)
    }

    #[test]
    fn only_pages_of_the_sandbox_may_post() {
        for good in [
            &[][..],
            &[("origin", "http://127.0.0.1:8080")],
            &[
                ("origin", "https://127.0.0.1:8080"),
                ("sec-fetch-site", "same-origin"),
            ],
            &[("sec-fetch-site", "none")],
        ] {
            assert!(is_allowed(good), "{good:?}");
        }
        for bad in [
            &[("origin", "http://127.0.0.1:3000")][..],
            &[("origin", "http://127.0.0.1")],
            &[("origin", "http://127.0.0.1:8080.example")],
            &[("origin", "null")],
            &[("origin", "file://127.0.0.1:8080")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site")],
            &[
                ("origin", "http://127.0.0.1:8080"),
                ("sec-fetch-site", "cross-site"),
            ],
            &[
                ("origin", "http://127.0.0.1:8080"),
                ("origin", "http://shop.example"),
            ],
        ] {
            assert!(!is_allowed(bad), "{bad:?}");
        }
    }
}
