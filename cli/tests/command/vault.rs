//! `antom vault create`: settings, the session, errors and exit codes.

use std::fs;
use std::process::Output;

use tempfile::TempDir;

use crate::support::{Sandbox, antom, json, stderr, stdout};

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    sandbox
        .antom(&[&["vault", "create"], arguments].concat())
        .output()
        .unwrap()
}

#[test]
fn a_session_as_json_has_all_of_its_data() {
    let sandbox = Sandbox::start(&[]);
    let output = run(
        &sandbox,
        &[
            "--json",
            "--request-id",
            "7",
            "--notification-url",
            "https://shop.example/notify",
            "--redirect-url",
            "https://shop.example/return",
            "--metadata",
            "shop=1",
            "--metadata",
            "note=a=b",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let session = json(&output);
    assert_eq!(session["request_id"], "7");
    assert_eq!(session["id"].as_str().unwrap().len(), 64);
    assert!(session["data"].as_str().unwrap().contains("&&SG&&"));
    assert!(session["expires_at"].as_str().unwrap().contains('T'));
    assert!(session["normal_url"].is_null());
    assert_eq!(session.as_object().unwrap().len(), 5);
}

#[test]
fn a_session_for_people_shows_only_the_start_of_its_data() {
    let sandbox = Sandbox::start(&[]);
    let all = json(&run(&sandbox, &["--json", "--request-id", "7"]));
    let output = run(&sandbox, &["--request-id", "7"]);
    let text = stdout(&output);
    let data = all["data"].as_str().unwrap();
    assert!(text.contains("request id  7\n"), "{text}");
    assert!(
        text.contains(&format!("{}… (97 characters", &data[..12])),
        "{text}"
    );
    assert!(!text.contains(&data[..13]), "{text}");
    assert_eq!(stderr(&output), "");
}

#[test]
fn ams_fields_need_the_ams_product() {
    let sandbox = Sandbox::start(&[]);
    let fields = [
        "--json",
        "--merchant-region",
        "SG",
        "--3ds",
        "false",
        "--notification-url",
        "https://shop.example/n",
    ];
    let output = run(&sandbox, &[&fields[..], &["--product", "ams"]].concat());
    assert!(json(&output)["normal_url"].is_string());
    let output = run(&sandbox, &fields);
    assert_eq!(output.status.code(), Some(1));
    let error = &json(&output)["error"];
    let fields: Vec<_> = error["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|violation| violation["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["merchantRegion", "is3DSAuthentication"]);
}

#[test]
fn flags_alone_are_enough_and_win_over_variables() {
    let sandbox = Sandbox::start(&[]);
    let settings = sandbox.settings();
    let text = |name: &str| settings[name].as_str().unwrap().to_owned();
    let (client_id, private, public) = (
        text("client_id"),
        text("private_key_path"),
        text("antom_public_key_path"),
    );
    let (ca, https) = (text("ca_certificate_path"), text("https"));
    let arguments = [
        "vault",
        "create",
        "--client-id",
        &client_id,
        "--private-key-path",
        &private,
        "--antom-public-key-path",
        &public,
        "--ca-certificate-path",
        &ca,
        "--endpoint",
        &https,
        "--timeout-ms",
        "20000",
        "--connect-timeout-ms",
        "10000",
        "--key-version",
        "1",
    ];
    let output = antom(&arguments).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let output = antom(&arguments)
        .env("ANTOM_CLIENT_ID", "wrong")
        .env("ANTOM_PRIVATE_KEY", "wrong")
        .env("ANTOM_PUBLIC_KEY_PATH", "wrong")
        .env("ANTOM_REGION", "asia")
        .env("ANTOM_TIMEOUT_MS", "wrong")
        .env("ANTOM_PROXY", "")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn keys_may_be_text_in_the_environment() {
    let sandbox = Sandbox::start(&[]);
    let settings = sandbox.settings();
    let read = |name: &str| fs::read_to_string(settings[name].as_str().unwrap()).unwrap();
    let output = sandbox
        .antom(&["vault", "create", "--json"])
        .env_remove("ANTOM_PRIVATE_KEY_PATH")
        .env_remove("ANTOM_PUBLIC_KEY_PATH")
        .env("ANTOM_PRIVATE_KEY", read("private_key_path"))
        .env("ANTOM_PUBLIC_KEY", read("antom_public_key_path"))
        .env("ANTOM_AGENT_TOKEN", "token")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn settings_that_are_missing_or_contradict_are_a_matter_of_usage() {
    let sandbox = Sandbox::start(&[]);
    let create = || sandbox.antom(&["vault", "create"]);
    let outputs = [
        (
            create().env_remove("ANTOM_CLIENT_ID").output(),
            "ANTOM_CLIENT_ID",
        ),
        (
            create().env("ANTOM_CLIENT_ID", "").output(),
            "ANTOM_CLIENT_ID",
        ),
        (
            create().env_remove("ANTOM_PRIVATE_KEY_PATH").output(),
            "ANTOM_PRIVATE_KEY_PATH",
        ),
        (
            create().env_remove("ANTOM_PUBLIC_KEY_PATH").output(),
            "ANTOM_PUBLIC_KEY_PATH",
        ),
        (
            create().env_remove("ANTOM_ENDPOINT").output(),
            "ANTOM_ENDPOINT",
        ),
        (
            create().env("ANTOM_REGION", "asia").output(),
            "ANTOM_ENDPOINT and ANTOM_REGION",
        ),
        (create().env("ANTOM_PRIVATE_KEY", "x").output(), "both set"),
        (
            create().env("ANTOM_TIMEOUT_MS", "5s").output(),
            "whole number of milliseconds",
        ),
        (create().env("ANTOM_PRODUCT", "pos").output(), "apo or ams"),
        (
            create().args(["--region", "SG"]).output(),
            "north_america, asia, europe",
        ),
        (
            create()
                .args(["--endpoint", "x", "--region", "asia"])
                .output(),
            "cannot be used with",
        ),
        (
            create().args(["--metadata", "novalue"]).output(),
            "KEY=VALUE",
        ),
        (create().args(["--3ds", "yes"]).output(), "true, false"),
        (create().arg("--unknown").output(), "--unknown"),
    ];
    for (output, named) in outputs {
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(2), "{named}");
        assert_eq!(stdout(&output), "");
        assert!(
            stderr(&output).contains(named),
            "{named}: {}",
            stderr(&output)
        );
    }
    let output = create()
        .arg("--json")
        .env_remove("ANTOM_CLIENT_ID")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(json(&output)["error"]["kind"], "InvalidArgument");
}

#[test]
fn a_key_that_cannot_be_read_is_an_error_of_the_client() {
    let sandbox = Sandbox::start(&[]);
    let output = sandbox
        .antom(&["vault", "create", "--json"])
        .env("ANTOM_PRIVATE_KEY_PATH", "/nowhere/key.pem")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = &json(&output)["error"];
    assert_eq!(
        (&error["kind"], &error["number"]),
        (&"Config".into(), &2.into())
    );
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("/nowhere/key.pem")
    );
}

#[test]
fn a_request_that_breaks_the_rules_is_not_sent() {
    let sandbox = Sandbox::start(&[]);
    let arguments = ["--redirect-url", "/return", "--payment-method-type", ""];
    let output = run(&sandbox, &arguments);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    let block = stderr(&output);
    for line in [
        "error       InvalidRequest (3)\n",
        "message     the request was not sent",
        "advice      Correct the listed fields",
        "request id  ",
        "violation   paymentMethodType is required\n",
        "violation   redirectUrl is not an absolute URL",
    ] {
        assert!(block.contains(line), "{block}");
    }

    let output = run(&sandbox, &[&arguments[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let error = &json(&output)["error"];
    assert_eq!(error["kind"], "InvalidRequest");
    assert_eq!(error["number"], 3);
    assert_eq!(error["retryable"], false);
    assert_eq!(error["attempts"], 0);
    assert_eq!(error["violations"][0]["field"], "paymentMethodType");
    assert_eq!(error["violations"][0]["problem"], "is required");
    assert_eq!(sandbox.end().1, "", "the gateway saw nothing");
}

#[test]
fn an_answer_of_the_gateway_is_reported_in_full() {
    let sandbox = Sandbox::start(&[]);
    run(&sandbox, &["--request-id", "7"]);
    let changed = [
        "--request-id",
        "7",
        "--redirect-url",
        "https://shop.example/",
    ];
    let output = run(&sandbox, &[&changed[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let error = &json(&output)["error"];
    assert_eq!(error["kind"], "Api");
    assert_eq!(error["number"], 20);
    assert_eq!(error["result_code"], "REPEAT_REQ_INCONSISTENT");
    assert_eq!(error["http_status"], 200);
    assert_eq!(error["authenticated"], true);
    assert_eq!(error["attempts"], 1);
    assert_eq!(error["request_id"], "7");
    assert_eq!(error["violations"].as_array().unwrap().len(), 0);

    let block = stderr(&run(&sandbox, &changed));
    assert_eq!(
        block.matches("use a new vaultingRequestId").count(),
        1,
        "{block}"
    );
    assert!(block.contains("HTTP status  200\n"), "{block}");
    assert!(
        block.contains("result code  REPEAT_REQ_INCONSISTENT\n"),
        "{block}"
    );
}

#[test]
fn a_wrong_signature_is_explained_in_full_and_where_there_is_more() {
    let sandbox = Sandbox::start(&[]);
    let directory = TempDir::new().unwrap();
    let keys = directory.path().to_str().unwrap();
    let generated = antom(&["keys", "generate", "--out", keys]).output();
    assert!(generated.unwrap().status.success());
    let output = sandbox
        .antom(&["vault", "create"])
        .env(
            "ANTOM_PRIVATE_KEY_PATH",
            format!("{keys}/merchant_private.pem"),
        )
        .output()
        .unwrap();
    let block = stderr(&output);
    let console = format!(
        "; what to do: {}/)",
        sandbox.settings()["http"].as_str().unwrap()
    );
    for text in ["with another key than the known ones", &console] {
        assert!(block.contains(text), "{block}");
    }
    assert!(!block.contains('…'), "{block}");
}

#[test]
fn attempts_that_failed_are_told_beside_the_result() {
    let sandbox = Sandbox::start(&["--fault", "http-503*2"]);
    let output = run(&sandbox, &["--json"]);
    assert!(output.status.success());
    assert_eq!(
        stderr(&output),
        "attempts: 1 HTTP 503, 2 HTTP 503, 3 success\n"
    );
    assert!(json(&output)["id"].is_string());
    let output = run(&sandbox, &["--json"]);
    assert_eq!(stderr(&output), "", "one was enough");
}

#[test]
fn the_checkout_page_is_named_where_the_sandbox_is_known() {
    let sandbox = Sandbox::start(&[]);
    let http = sandbox.settings()["http"].as_str().unwrap().to_owned();
    let create = |variable: Option<&str>| {
        let mut command = sandbox.antom(&["vault", "create"]);
        command.envs(variable.map(|url| ("ANTOM_SANDBOX", url)));
        stdout(&command.output().unwrap())
    };
    let text = create(Some(&http));
    let id = text
        .lines()
        .find_map(|line| line.strip_prefix("session id  "));
    let id = id.unwrap().replace('+', "%2B").replace('/', "%2F");
    let link = format!("checkout    {http}/checkout?vaultingSessionId={id}\n");
    assert!(text.contains(&link), "{text}");
    assert!(!create(None).contains("checkout"));
}

#[test]
fn a_gateway_that_is_not_there_leaves_the_request_unsent() {
    let sandbox = Sandbox::start(&[]);
    let mut command = sandbox.antom(&["vault", "create", "--json"]);
    // A port that no test listens on: one that was free a moment ago may be another test's.
    command.env("ANTOM_ENDPOINT", "https://127.0.0.1:1");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = &json(&output)["error"];
    assert_eq!(error["kind"], "NotSent");
    assert_eq!(error["retryable"], true);
    assert!(error["http_status"].is_null());
}
