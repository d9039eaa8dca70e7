//! `antom sandbox`: its settings, its log, its end.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Sandbox, antom, json, stderr, stdout};

#[test]
fn the_ready_line_has_what_a_client_needs() {
    let sandbox = Sandbox::start(&[]);
    let settings = sandbox.settings();
    assert_eq!(settings["client_id"], "SANDBOX_5X00000000000000");
    for name in [
        "private_key_path",
        "antom_public_key_path",
        "ca_certificate_path",
    ] {
        let path = Path::new(settings[name].as_str().unwrap());
        assert!(path.is_absolute() && path.is_file(), "{}", path.display());
    }
    for (name, start) in [
        ("https", "https://127.0.0.1:"),
        ("http", "http://127.0.0.1:"),
    ] {
        let url = settings[name].as_str().unwrap();
        let port = url.strip_prefix(start).expect(url);
        assert_ne!(port.parse::<u16>().unwrap(), 0);
    }
    let key = settings["private_key_path"].as_str().unwrap().to_owned();
    assert_eq!(sandbox.end().0, "", "nothing but the ready line");
    assert!(!Path::new(&key).exists(), "temporary keys are removed");
}

#[test]
fn every_request_is_a_line_of_the_log() {
    let sandbox = Sandbox::start(&[]);
    let created = sandbox
        .antom(&["vault", "create", "--request-id", "7", "--json"])
        .output()
        .unwrap();
    let data = json(&created)["data"].as_str().unwrap().to_owned();
    let (_, log) = sandbox.end();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert_eq!(lines[0]["verdict"], "SUCCESS");
    assert_eq!(lines[0]["request_id"], "7");
    assert!(!log.contains(&data));
}

#[test]
fn people_get_a_banner_and_settings_to_paste() {
    let mut sandbox = Sandbox::spawn(&["--until-stdin-closes"]);
    assert_eq!(sandbox.first_line, "Local sandbox — not Antom\n");
    let pid = sandbox.id().to_string();
    terminate(&pid);
    let (banner, log) = sandbox.wait();
    assert_eq!(log, "");
    for text in [
        "console  http://127.0.0.1:",
        "export ANTOM_CLIENT_ID='SANDBOX_5X00000000000000'",
        "export ANTOM_ENDPOINT='https://127.0.0.1:",
        "export ANTOM_SANDBOX='http://127.0.0.1:",
        "client = antom.Client(",
        "$client = Antom\\Client::create([",
        "antom_options_set_private_key_path(options, \"/",
    ] {
        assert!(banner.contains(text), "{banner}");
    }
}

#[test]
fn the_shell_settings_work_as_pasted() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("it's $HOME \"here\"");
    let data = data.to_str().unwrap();
    let (banner, _) = Sandbox::spawn(&["--until-stdin-closes", "--data", data]).end();
    let mut script: Vec<_> = banner
        .lines()
        .filter(|line| line.starts_with("export "))
        .collect();
    script.push("cat \"$ANTOM_PRIVATE_KEY_PATH\" \"$ANTOM_CA_CERTIFICATE_PATH\"");
    let output = Command::new("sh")
        .arg("-c")
        .arg(script.join("\n"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("BEGIN PRIVATE KEY"));
    assert!(stdout(&output).contains("BEGIN CERTIFICATE"));
}

#[cfg(unix)]
#[test]
fn signals_end_it_cleanly() {
    for signal in ["-TERM", "-INT", "-HUP"] {
        let mut sandbox = Sandbox::spawn(&["--json"]);
        let key = sandbox.settings()["private_key_path"].to_string();
        let pid = sandbox.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
        sandbox.wait();
        assert!(!Path::new(key.trim_matches('"')).exists(), "{signal}");
    }
}

#[test]
fn kept_keys_are_the_same_after_a_restart() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");
    let start = || Sandbox::start(&["--data", data.to_str().unwrap()]);
    let read = |sandbox: &Sandbox| {
        let path = sandbox.settings()["private_key_path"].clone();
        std::fs::read(path.as_str().unwrap()).unwrap()
    };
    let first = start();
    let key = read(&first);
    first.end();
    let second = start();
    assert_eq!(read(&second), key);
    let created = second.antom(&["vault", "create"]).output().unwrap();
    assert!(created.status.success(), "{}", stderr(&created));
}

#[test]
fn a_busy_port_is_named_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["--http", "--https"] {
        let other = if flag == "--http" {
            "--https"
        } else {
            "--http"
        };
        let output = antom(&["sandbox", flag, &address, other, "127.0.0.1:0"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let message = stderr(&output);
        let port = taken.local_addr().unwrap().port();
        assert!(message.contains(&format!("port {port}")), "{message}");
        assert!(
            message.contains(&format!("{flag} 127.0.0.1:0")),
            "{message}"
        );
    }
}

#[test]
fn other_machines_are_not_served() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let output = antom(&["sandbox", "--http", address]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("not a loopback address"));
    }
    let output = antom(&["sandbox", "--http", "8080"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_lifetime_that_cannot_be_kept_is_refused() {
    for (lifetime, reason) in [
        ("60", "not a duration: write it like 90s"),
        ("0s", "whole seconds, from 1s to 100 years"),
        ("1500ms", "whole seconds, from 1s to 100 years"),
    ] {
        let output = antom(&["sandbox", "--session-lifetime", lifetime])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
    }
}

#[test]
fn switches_reach_the_gateway() {
    let sandbox = Sandbox::start(&[
        "--client-id",
        "SANDBOX_MINE",
        "--accept-changed-repeats",
        "--session-lifetime",
        "1m",
        "--rate-limit",
        "1000",
    ]);
    assert_eq!(sandbox.settings()["client_id"], "SANDBOX_MINE");
    let create = |method: &str| {
        let output = sandbox
            .antom(&["vault", "create", "--json", "--request-id", "1"])
            .args(["--payment-method-type", method])
            .output()
            .unwrap();
        json(&output)
    };
    assert_eq!(create("CARD")["data"], create("OTHER")["data"]);
}

fn terminate(pid: &str) {
    let sent = Command::new("kill").args(["-TERM", pid]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_seed_makes_the_same_sessions() {
    let session = |seed| {
        let sandbox = Sandbox::start(&["--seed", seed]);
        let created = sandbox
            .antom(&["vault", "create", "--request-id", "7", "--json"])
            .output()
            .unwrap();
        json(&created)["data"].as_str().unwrap().to_owned()
    };
    assert_eq!(session("7"), session("7"));
    assert_ne!(session("7"), session("8"));
}

#[test]
fn other_machines_come_only_with_a_token_that_is_shown() {
    let refused = antom(&["sandbox", "--http", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("--listen-anywhere"));

    let open = Sandbox::start(&["--listen-anywhere"]);
    assert_eq!(open.settings()["token"].as_str().unwrap().len(), 43);
    let own = Sandbox::start(&["--listen-anywhere", "--token", "open-sesame-42"]);
    assert_eq!(own.settings()["token"], "open-sesame-42");
    let closed = Sandbox::start(&[]);
    assert_eq!(closed.settings()["token"], Value::Null);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    for options in [
        &["--token", "open-sesame-42"][..],
        &["--listen-anywhere", "--token", "short"],
        &["--agent-token", "with space"],
        &["--host-name", "http://sandbox.test"],
    ] {
        let refused = antom(&[&["sandbox"], options].concat()).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{options:?}");
        assert!(!stderr(&refused).is_empty());
    }
}

#[test]
fn an_agent_token_can_be_required() {
    let sandbox = Sandbox::start(&["--agent-token", "good-agent-token"]);
    let refused = sandbox
        .antom(&["vault", "create", "--json"])
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert!(
        stderr(&refused).contains("INVALID_AGENT_TOKEN")
            || stdout(&refused).contains("INVALID_AGENT_TOKEN")
    );
}

#[test]
fn every_fault_is_listed_for_people_and_for_programs() {
    let listed = antom(&["sandbox", "faults"]).output().unwrap();
    let text = stdout(&listed);
    assert!(listed.status.success());
    let listed = antom(&["sandbox", "faults", "--json"]).output().unwrap();
    let faults = json(&listed)["faults"].as_array().unwrap().clone();
    assert!(faults.len() > 60, "{}", faults.len());
    for fault in &faults {
        let name = fault["name"].as_str().unwrap();
        assert!(text.contains(&format!("  {name}")), "{name}");
        assert!(text.contains(fault["what"].as_str().unwrap()), "{name}");
    }
    let delay = faults.iter().find(|fault| fault["name"] == "delay");
    assert_eq!(
        delay.unwrap()["parameter"],
        serde_json::json!({"unit": "milliseconds", "default": 2000, "least": 0, "most": 600_000})
    );
}

#[test]
fn a_fault_of_the_command_line_is_played_and_told_in_the_log() {
    let sandbox = Sandbox::start(&["--fault", "signed-failure*1@createVaultingSession"]);
    let create = || {
        let output = sandbox.antom(&["vault", "create", "--json"]).output();
        json(&output.unwrap())
    };
    assert_eq!(create()["error"]["result_code"], "PROCESS_FAIL");
    assert!(create()["data"].is_string());
    let (_, log) = sandbox.end();
    let first: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!(first["fault"], "signed-failure");
}

#[test]
fn a_wrong_fault_is_refused_with_near_ones() {
    let wrong = antom(&["sandbox", "--fault", "http-530"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    let message = stderr(&wrong);
    assert!(message.contains("did you mean http-500"), "{message}");
    let many = vec!["--fault=drip"; 101];
    let wrong = antom(&[&["sandbox"], many.as_slice()].concat())
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("more than 100 rules"));
}
