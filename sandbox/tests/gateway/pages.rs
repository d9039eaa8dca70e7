//! What all pages share: the frame, the assets, the headers, the page for a path that leads nowhere.

use crate::support::{Answer, Running, get};

fn stylesheet(page: &Answer) -> String {
    let html = page.text();
    let (_, rest) = html.split_once("rel=\"stylesheet\" href=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[test]
fn who_is_lost_is_told_where_things_are_and_a_program_in_json() {
    let running = Running::start();
    for path in ["/nowhere", "/nowhere?x=1", "/amsterdam"] {
        let page = running.send(&get(path).with("Accept", "text/html,*/*;q=0.8"));
        assert_eq!(page.status, 404);
        assert!(page.text().contains("Local sandbox — not Antom"));
        assert!(page.text().contains("Nothing is at this address"));
    }
    let program = running.send(&get("/nowhere").with("Accept", "*/*"));
    assert_eq!(program.status, 404);
    for place in [
        "console is at /,",
        "/__sandbox/",
        "/ams/",
        "docs/sandbox-control.md",
    ] {
        let error = program.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(place), "{error}");
    }
    let antoms = running.send(&get("/ams/api/v1/x").with("Accept", "text/html"));
    antoms.assert_unsigned("METHOD_NOT_SUPPORTED");
    let post = get("/nowhere")
        .with("Accept", "text/html")
        .with_line("POST /nowhere HTTP/1.1");
    let posted = running.send(&post);
    posted.assert_unsigned("NO_INTERFACE_DEF");
    assert_eq!(posted.status, 404);
    assert!(posted.message().contains("Antom's APIs are below /ams/"));
    assert_eq!(
        running.exchanges().len(),
        2,
        "who asks for a page makes no call"
    );
}

#[test]
fn what_a_path_says_is_not_html() {
    let running = Running::start();
    let path = "/<script>alert(1)</script>\"'&";
    let page = running.send(&get(path).with("Accept", "text/html"));
    // Such a target may be refused already as HTTP.
    assert!([400, 404].contains(&page.status));
    assert!(!page.text().contains("<script>alert"), "{}", page.text());
    let page = running.send(&get("/&%3Cb%3E'").with("Accept", "text/html"));
    assert!(
        page.text().contains("/&#38;%3Cb%3E&#39;"),
        "{}",
        page.text()
    );
}

#[test]
fn a_page_allows_nothing_inline_and_nothing_from_elsewhere() {
    let running = Running::start();
    let page = running.send(&get("/nowhere").with("Accept", "text/html"));
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));
    assert_eq!(
        page.header("cross-origin-opener-policy"),
        Some("same-origin")
    );
    assert_eq!(page.header("access-control-allow-origin"), None);
    let policy = page.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(policy.ends_with("form-action 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[test]
fn an_asset_is_kept_for_ever_under_its_version_only() {
    let running = Running::start();
    let page = running.send(&get("/nowhere").with("Accept", "text/html"));
    let url = stylesheet(&page);
    assert!(url.starts_with("/assets/sandbox.css?v="), "{url}");
    let sheet = running.send(&get(&url));
    assert_eq!(sheet.status, 200);
    assert_eq!(
        sheet.header("content-type"),
        Some("text/css; charset=utf-8")
    );
    assert!(sheet.header("cache-control").unwrap().contains("immutable"));
    assert!(sheet.text().contains("--paper"));
    for other in ["/assets/sandbox.css", "/assets/sandbox.css?v=0"] {
        let sheet = running.send(&get(other));
        assert_eq!(sheet.header("cache-control"), Some("no-cache"), "{other}");
    }
    for nothing in ["/assets/none.css", "/assets/..%2fsrc%2flib.rs"] {
        assert_eq!(running.send(&get(nothing)).status, 404, "{nothing}");
    }
}
