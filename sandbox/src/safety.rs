//! Who may speak to the sandbox at all: the check of every request before any route, and the headers that keep what is
//! answered out of other web pages' reach. Does not look at signatures.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN,
    REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::time::timeout;

use crate::control;
use crate::exchange::{Exchange, Verdict, plain};
use crate::faults::Connection;
use crate::gateway;
use crate::token::Token;
use crate::world::World;

/// Everything but Antom's own paths.
pub(crate) type Routes = TowerToHyperService<Router>;

/// The header in which a program on another machine sends the token.
const TOKEN_HEADER: &str = "x-sandbox-token";
/// The cookie in which a browser on another machine sends it.
const TOKEN_COOKIE: &str = "sandbox_token";

/// The largest body that a route gets, in bytes. Most routes have smaller limits of their own.
const LARGEST_BODY: usize = 1024 * 1024;
/// How long a body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a request goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    Host,
    Origin,
    Token,
    BodyTooLarge,
    BodyTooSlow,
}

impl Refused {
    /// Code for the log, HTTP status, and what happened and what to do.
    fn explain(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::Host => (
                "HOST_NOT_ALLOWED",
                StatusCode::MISDIRECTED_REQUEST,
                "the sandbox answers only to the names localhost, 127.0.0.1 and [::1]; --host-name adds one",
            ),
            Self::Origin => (
                "ORIGIN_NOT_ALLOWED",
                StatusCode::FORBIDDEN,
                "a web page of another origin may neither load nor change anything here; use the sandbox's own pages, or no browser",
            ),
            Self::Token => (
                "TOKEN_NEEDED",
                StatusCode::UNAUTHORIZED,
                "from another machine, send the token that the sandbox printed as header x-sandbox-token, or open /?token=TOKEN once",
            ),
            Self::BodyTooLarge => (
                "BODY_TOO_LARGE",
                StatusCode::PAYLOAD_TOO_LARGE,
                "the body is larger than 1 MiB, and nothing here takes so much",
            ),
            Self::BodyTooSlow => (
                "BODY_INCOMPLETE",
                StatusCode::REQUEST_TIMEOUT,
                "the body did not arrive as a whole within 10 s: send it again",
            ),
        }
    }
}

/// Lets a request through to the routes, or refuses it. The answer gets the headers that every page should have, unless
/// its route set its own; answers on Antom's paths stay as Antom's.
pub(crate) async fn guard(world: Arc<World>, routes: Routes, request: Request) -> Response {
    if let Err(refused) = world.check(&request) {
        return world.refuse(refused, &request);
    }
    if let Some(token) = &world.settings.listen_anywhere
        && is_login(&request, token)
    {
        return welcome(token);
    }
    if is_api(&request) {
        // The gateway reads the body itself, as patiently as Antom. It needs no router to be found.
        return gateway::receive(State(world), request).await;
    }
    match with_whole_body(request, BODY_TIMEOUT).await {
        Ok(request) => {
            let Ok(response) = routes.call(request).await;
            let mut response = with_allowed_method(response);
            protect(response.headers_mut());
            response
        }
        Err((refused, head)) => world.refuse(refused, &Request::from_parts(*head, Body::empty())),
    }
}

/// An answer that says which methods a path takes, where the one that came is none of them.
fn with_allowed_method(response: Response) -> Response {
    let allowed = response.headers().get(ALLOW).cloned();
    match allowed {
        Some(allowed) if response.status() == StatusCode::METHOD_NOT_ALLOWED => {
            let methods = allowed.to_str().unwrap_or_default().replace(',', ", ");
            let error = format!("this path takes another method: {methods}");
            let mut response = control::refuse(StatusCode::METHOD_NOT_ALLOWED, &error);
            response.headers_mut().insert(ALLOW, allowed);
            response
        }
        _ => response,
    }
}

/// The request when all of its body is there, so that no route waits for one that comes slowly.
async fn with_whole_body(
    request: Request,
    limit: Duration,
) -> Result<Request, (Refused, Box<Parts>)> {
    let (head, body) = request.into_parts();
    if body.is_end_stream() {
        return Ok(Request::from_parts(head, body));
    }
    match timeout(limit, Limited::new(body, LARGEST_BODY).collect()).await {
        Ok(Ok(body)) => Ok(Request::from_parts(head, Body::from(body.to_bytes()))),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err((Refused::BodyTooLarge, Box::new(head)))
        }
        Ok(Err(_)) | Err(_) => Err((Refused::BodyTooSlow, Box::new(head))),
    }
}

impl World {
    fn check(&self, request: &Request) -> Result<(), Refused> {
        if !self.is_addressed(request) {
            return Err(Refused::Host);
        }
        if is_api(request) {
            // A browser cannot send a signed request to another origin, and the signature is worth more than the token.
            return Ok(());
        }
        if let Some(token) = &self.settings.listen_anywhere
            && !is_local(request)
            && !knows(token, request)
        {
            return Err(Refused::Token);
        }
        if is_loaded_by_other_site(request)
            || (changes_something(request.method()) && !is_same_origin(request))
        {
            return Err(Refused::Origin);
        }
        Ok(())
    }

    /// Whether the Host header, and the authority of the target if there is one, are names of this sandbox.
    fn is_addressed(&self, request: &Request) -> bool {
        let mut hosts = request.headers().get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return false;
        };
        let target = request.uri().authority().map(Authority::as_str);
        [host.to_str().ok(), target.or(Some("localhost"))]
            .into_iter()
            .all(|name| name.is_some_and(|name| self.is_our_name(name)))
    }

    fn is_our_name(&self, authority: &str) -> bool {
        let name = without_port(authority);
        let given = self.settings.host_names.iter().map(String::as_str);
        ["localhost", "127.0.0.1", "[::1]"]
            .into_iter()
            .chain(given)
            .any(|ours| name.eq_ignore_ascii_case(ours))
            // An address is not a name that somebody else can make lead here.
            || (self.settings.listen_anywhere.is_some() && is_address(name))
    }

    fn refuse(&self, refused: Refused, request: &Request) -> Response {
        let begin = Instant::now();
        let (code, status, reason) = refused.explain();
        let body = if is_api(request) {
            let message = format!("Access is denied. (sandbox: {reason})");
            json!({"result": {
                "resultCode": "ACCESS_DENIED", "resultMessage": message, "resultStatus": "F",
            }})
        } else {
            json!({ "error": reason })
        };
        (self.settings.on_exchange)(&Exchange {
            time: self.clock.now(),
            method: plain(request.method().as_str()),
            path: plain(request.uri().path()),
            client_id: None,
            request_id: None,
            verdict: Verdict {
                code: code.into(),
                reason: Some(reason.to_owned()),
                http_status: status.as_u16(),
                signed: false,
            },
            fault: None,
            duration: begin.elapsed(),
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        let json = HeaderValue::from_static("application/json;charset=UTF-8");
        response.headers_mut().insert(CONTENT_TYPE, json);
        protect(response.headers_mut());
        response
    }
}

/// Antom's own paths.
fn is_api(request: &Request) -> bool {
    request.uri().path().starts_with("/ams/")
}

fn is_local(request: &Request) -> bool {
    let connection = request.extensions().get::<Connection>();
    connection.is_some_and(|connection| connection.peer.is_loopback())
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    }
}

fn is_address(name: &str) -> bool {
    let inner = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    match inner {
        Some(inner) => inner.parse().is_ok_and(|ip: IpAddr| ip.is_ipv6()),
        None => name.parse().is_ok_and(|ip: IpAddr| ip.is_ipv4()),
    }
}

fn changes_something(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a page of another origin loads it: as a picture, by fetch, or ahead of need. It could read nothing, but learn
/// how long it takes, and keep the sandbox busy. That it leads somebody here is fine: shops do.
fn is_loaded_by_other_site(request: &Request) -> bool {
    let text = |name| request.headers().get(name).map(HeaderValue::as_bytes);
    let is_foreign = matches!(
        text("sec-fetch-site"),
        Some(site) if !matches!(site, b"same-origin" | b"none")
    );
    is_foreign && text("sec-fetch-mode") != Some(b"navigate")
}

/// Whether a request that changes something comes from one of the sandbox's own pages, or from no page at all.
fn is_same_origin(request: &Request) -> bool {
    let text = |name: HeaderName| request.headers().get(name).map(HeaderValue::as_bytes);
    let site = text(HeaderName::from_static("sec-fetch-site"));
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        return false;
    }
    match (text(ORIGIN), text(HOST)) {
        (None, _) => true,
        // What a page without a referrer sends, also to its own origin.
        (Some(b"null"), _) => site == Some(b"same-origin"),
        (Some(origin), Some(host)) => [&b"http://"[..], b"https://"].iter().any(|scheme| {
            let authority = origin.strip_prefix(*scheme);
            authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
        }),
        (Some(_), None) => false,
    }
}

fn knows(token: &Token, request: &Request) -> bool {
    let header = request.headers().get(TOKEN_HEADER);
    let header = header.and_then(|value| value.to_str().ok());
    let cookies = request.headers().get_all(COOKIE).iter();
    let cookies = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(|(name, value)| (name == TOKEN_COOKIE).then_some(value));
    header
        .into_iter()
        .chain(cookies)
        .any(|given| token.is(given))
        || is_login(request, token)
}

/// Whether it is a visit of `/?token=TOKEN`.
fn is_login(request: &Request, token: &Token) -> bool {
    let query = request.uri().query().unwrap_or_default();
    let given = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="));
    request.method() == Method::GET
        && request.uri().path() == "/"
        && given.is_some_and(|given| token.is(given))
}

/// Lets the browser keep the token, and takes it out of the address line. A shop's page may lead to the checkout with it,
/// but nothing else: what changes something comes from the sandbox's own pages only.
fn welcome(token: &Token) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let cookie = format!(
        "{TOKEN_COOKIE}={}; Path=/; HttpOnly; SameSite=Lax",
        token.expose()
    );
    let cookie = HeaderValue::from_str(&cookie).expect("a token fits into a header");
    let headers = response.headers_mut();
    headers.insert(SET_COOKIE, cookie);
    headers.insert(LOCATION, HeaderValue::from_static("/"));
    protect(headers);
    response
}

/// What a route does not set itself. There is no header that would let other pages read an answer.
fn protect(headers: &mut HeaderMap) {
    let defaults = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in defaults {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::world::Foundation;
    use std::net::SocketAddr;

    fn world(settings: Settings) -> Arc<World> {
        let foundation = Foundation::for_tests(&settings);
        World::new(settings, foundation).0
    }

    #[test]
    fn only_its_own_names_lead_to_the_sandbox() {
        let world = world(Settings {
            host_names: vec!["sandbox.test".into()],
            ..Settings::default()
        });
        for good in [
            "localhost",
            "LocalHost:8080",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:8443",
            "Sandbox.Test:80",
        ] {
            assert!(world.is_our_name(good), "{good}");
        }
        for bad in [
            "",
            ":8080",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com:80",
            "user@localhost",
            "localhost:8080:9",
            "::1",
            "[::2]:80",
            "192.0.2.1",
        ] {
            assert!(!world.is_our_name(bad), "{bad}");
        }
    }

    #[test]
    fn an_address_is_a_name_only_where_other_machines_may_come() {
        let world = world(Settings {
            listen_anywhere: Some(Token::random()),
            ..Settings::default()
        });
        for good in ["192.0.2.1:8080", "[2001:db8::1]:80"] {
            assert!(world.is_our_name(good), "{good}");
        }
        for bad in [
            "rebind.example",
            "192.0.2.1.example",
            "2001:db8::1",
            "[192.0.2.1]",
        ] {
            assert!(!world.is_our_name(bad), "{bad}");
        }
    }

    fn request(headers: &[(&str, &str)]) -> Request {
        let mut request = Request::builder()
            .method("POST")
            .header("host", "localhost:1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn only_its_own_pages_and_programs_change_something() {
        for good in [
            &[][..],
            &[("origin", "http://localhost:1")],
            &[
                ("origin", "https://LOCALHOST:1"),
                ("sec-fetch-site", "same-origin"),
            ],
            &[("origin", "null"), ("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
        ] {
            assert!(is_same_origin(&request(good)), "{good:?}");
        }
        for bad in [
            &[("origin", "http://localhost:2")][..],
            &[("origin", "http://evil.example")],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", "ftp://localhost:1")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[
                ("origin", "http://localhost:1"),
                ("sec-fetch-site", "cross-site"),
            ],
        ] {
            assert!(!is_same_origin(&request(bad)), "{bad:?}");
        }
    }

    #[test]
    fn pages_of_other_origins_load_nothing_but_may_lead_here() {
        let loads = |headers: &[_]| is_loaded_by_other_site(&request(headers));
        let mode = |mode| ("sec-fetch-mode", mode);
        for site in ["cross-site", "same-site"].map(|site| ("sec-fetch-site", site)) {
            assert!(!loads(&[site, mode("navigate")]));
            for other in ["no-cors", "cors", "websocket"] {
                assert!(loads(&[site, mode(other)]), "{other}");
            }
            assert!(loads(&[site]));
        }
        for site in ["same-origin", "none"].map(|site| ("sec-fetch-site", site)) {
            assert!(!loads(&[site, mode("cors")]));
        }
        assert!(!loads(&[]));
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_not_waited_for() {
        use http_body_util::channel::Channel;
        let (mut sender, body) = Channel::<axum::body::Bytes>::new(1);
        sender.send_data("x".into()).await.unwrap();
        let slow = Request::new(Body::new(body));
        let refused = with_whole_body(slow, Duration::from_millis(10))
            .await
            .err()
            .map(|(why, _)| why);
        assert_eq!(refused, Some(Refused::BodyTooSlow));
        let large = Request::new(Body::from(vec![b'x'; LARGEST_BODY + 1]));
        let refused = with_whole_body(large, BODY_TIMEOUT)
            .await
            .err()
            .map(|(why, _)| why);
        assert_eq!(refused, Some(Refused::BodyTooLarge));
        let good = Request::new(Body::from(vec![b'x'; LARGEST_BODY]));
        assert!(with_whole_body(good, BODY_TIMEOUT).await.is_ok());
    }

    #[test]
    fn the_token_comes_as_header_or_cookie_and_in_no_other_way() {
        let token = Token::new("abcd+/g=").unwrap();
        for good in [
            ("x-sandbox-token", "abcd+/g="),
            ("cookie", "a=b; sandbox_token=abcd+/g="),
        ] {
            assert!(knows(&token, &request(&[good])), "{good:?}");
        }
        for bad in [
            ("x-sandbox-token", "abcd+/g"),
            ("cookie", "sandbox_tokens=abcd+/g="),
            ("authorization", "abcd+/g="),
        ] {
            assert!(!knows(&token, &request(&[bad])), "{bad:?}");
        }
    }

    #[test]
    fn only_loopback_peers_are_local() {
        for (address, local) in [
            ("127.0.0.1:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("192.0.2.1:1", false),
            ("[::ffff:192.0.2.1]:1", false),
        ] {
            let address: SocketAddr = address.parse().unwrap();
            let mut request = request(&[]);
            let connection = Connection::new(address.ip());
            request.extensions_mut().insert(connection);
            assert_eq!(is_local(&request), local, "{address}");
        }
        assert!(!is_local(&request(&[])), "an unknown peer is not");
    }
}
