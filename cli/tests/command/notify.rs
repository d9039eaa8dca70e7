//! `antom notify`: a sample, its verdict, and the exit code.

use tempfile::TempDir;

use crate::support::{Sandbox, antom, json, stderr, stdout};

#[test]
fn an_acknowledged_sample_is_a_success_and_any_other_answer_is_explained() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().to_str().unwrap();
    let sandbox = Sandbox::start(&["--data", data]);
    let settings = sandbox.settings();
    let url = |scheme: &str, path: &str| format!("{}{path}", settings[scheme].as_str().unwrap());

    for (scheme, extra) in [("http", None), ("https", Some("--failure"))] {
        let inbox = url(scheme, "/__sandbox/inbox");
        let mut command = antom(&["notify", &inbox, "--data", data, "--json"]);
        let output = command.args(extra).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
        assert_eq!(json(&output)["acknowledged"], true);
        assert_eq!(json(&output)["http_status"], 200);
    }

    let output = antom(&["notify", &url("http", "/ams/nowhere"), "--data", data])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("acknowledged   no\n"), "{text}");
    assert!(
        text.contains("HTTP 200 but the body is not the acknowledgement: "),
        "{text}"
    );

    let elsewhere = "https://203.0.113.7/notify";
    let output = antom(&["notify", elsewhere, "--data", data, "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let outcome = json(&output)["outcome"].as_str().unwrap().to_owned();
    assert!(outcome.contains("--allow 203.0.113.7"), "{outcome}");
}

#[test]
fn a_command_line_that_is_not_usable_ends_with_2() {
    let directory = TempDir::new().unwrap();
    let key = directory.path().to_str().unwrap();
    let generated = antom(&["keys", "generate", "--out", key]).output().unwrap();
    assert!(generated.status.success(), "{}", stderr(&generated));
    let key = format!("{key}/merchant_private.pem");
    for arguments in [
        &["http://127.0.0.1:1/"][..],
        &["127.0.0.1:1", "--antom-key", &key],
        &[
            "http://127.0.0.1:1/",
            "--antom-key",
            &key,
            "--client-id",
            "a b",
        ],
        &[
            "http://127.0.0.1:1/",
            "--antom-key",
            &key,
            "--allow",
            "http://a.example",
        ],
    ] {
        let output = antom(&["notify"]).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    for (arguments, said) in [
        (&[][..], "--data <DIR>|--antom-key <FILE>"),
        (
            &["--antom-key", "/nowhere"],
            "wants the private key that signs in Antom's place",
        ),
        (
            &["--data", "/nowhere"],
            "antom sandbox with the same --data makes the key",
        ),
    ] {
        let output = antom(&["notify", "http://127.0.0.1:1/"])
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    let output = antom(&["sandbox", "--profile", "real"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("sandbox (one attempt)"),
        "{}",
        stderr(&output)
    );
}
