//! Runs the command, and a sandbox that ends with the test.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use antom_test_gateway::{Answers, TestGateway};
use serde_json::{Value, json};

/// The command with nothing of the developer's own settings in its environment.
pub(crate) fn antom(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_antom"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ANTOM_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Standard output as the one line of JSON that it must be.
#[track_caller]
pub(crate) fn json(output: &Output) -> Value {
    let text = stdout(output);
    assert_eq!(text.lines().count(), 1, "{text}{}", stderr(output));
    serde_json::from_str(&text).unwrap()
}

/// The command with this scripted gateway in its environment.
pub(crate) fn antom_with(gateway: &TestGateway, arguments: &[&str]) -> Command {
    let settings = &gateway.ready().settings;
    let mut command = antom(arguments);
    for (name, member) in [
        ("ANTOM_CLIENT_ID", "client_id"),
        ("ANTOM_PRIVATE_KEY_PATH", "private_key_path"),
        ("ANTOM_PUBLIC_KEY_PATH", "antom_public_key_path"),
        ("ANTOM_CA_CERTIFICATE_PATH", "ca_certificate_path"),
        ("ANTOM_ENDPOINT", "endpoint"),
    ] {
        command.env(name, settings[member].as_str().unwrap());
    }
    command
}

/// A signed answer with this result and these other members.
pub(crate) fn answer(status: &str, code: &str, members: &Value) -> Answers {
    let mut body = members.clone();
    body["result"] = json!({"resultStatus": status, "resultCode": code});
    answers(json!({"body": body.to_string()}))
}

/// Answers as `tests/README.md` describes them.
pub(crate) fn answers(described: Value) -> Answers {
    serde_json::from_value(described).unwrap()
}

/// A running `antom sandbox`, ended when this is dropped.
pub(crate) struct Sandbox {
    child: Child,
    stdin: Option<ChildStdin>,
    /// The first line of standard output.
    pub(crate) first_line: String,
    rest: Option<JoinHandle<(String, String)>>,
}

impl Sandbox {
    /// With `--json` and on free ports.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::spawn(&[&["--json", "--until-stdin-closes"], arguments].concat())
    }

    /// Without anything but free ports; ends when standard input closes only if an argument says so.
    pub(crate) fn spawn(arguments: &[&str]) -> Self {
        let mut child = antom(&["sandbox", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let mut first_line = String::new();
        stdout.read_line(&mut first_line).unwrap();
        let rest = thread::spawn(move || {
            let errors = thread::spawn(move || {
                let mut text = String::new();
                stderr.read_to_string(&mut text).unwrap();
                text
            });
            let mut text = String::new();
            stdout.read_to_string(&mut text).unwrap();
            (text, errors.join().unwrap())
        });
        Self {
            child,
            stdin,
            first_line,
            rest: Some(rest),
        }
    }

    pub(crate) fn settings(&self) -> Value {
        serde_json::from_str(&self.first_line).unwrap()
    }

    /// The command with this sandbox in its environment.
    pub(crate) fn antom(&self, arguments: &[&str]) -> Command {
        let settings = self.settings();
        let mut command = antom(arguments);
        for (name, member) in [
            ("ANTOM_CLIENT_ID", "client_id"),
            ("ANTOM_PRIVATE_KEY_PATH", "private_key_path"),
            ("ANTOM_PUBLIC_KEY_PATH", "antom_public_key_path"),
            ("ANTOM_CA_CERTIFICATE_PATH", "ca_certificate_path"),
            ("ANTOM_ENDPOINT", "https"),
        ] {
            command.env(name, settings[member].as_str().unwrap());
        }
        command
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Closes standard input and returns what was printed after the first line, and the log.
    pub(crate) fn end(mut self) -> (String, String) {
        self.stdin = None;
        self.wait()
    }

    /// Waits for its end, which something else must bring about.
    pub(crate) fn wait(&mut self) -> (String, String) {
        let printed = self.rest.take().unwrap().join().unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {printed:?}");
        printed
    }
}

impl Drop for Sandbox {
    /// Ends it so that it can remove its files, and by force only where it does not listen.
    fn drop(&mut self) {
        self.stdin = None;
        for _ in 0..100 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
