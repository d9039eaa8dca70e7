//! `--help` and `--version`, and the page docs/command.md, which is held to them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::{antom, stdout};

const COMMANDS: &[&[&str]] = &[
    &[],
    &["sandbox"],
    &["sandbox", "faults"],
    &["doctor"],
    &["keys"],
    &["keys", "generate"],
    &["keys", "inspect"],
    &["vault"],
    &["vault", "create"],
    &["vault", "inquire"],
    &["vault", "complete"],
    &["call"],
    &["notify"],
];

fn help(command: &[&str]) -> String {
    let output = antom(command).arg("--help").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    stdout(&output)
}

/// The lines that begin with an option, and the text below each.
fn options(help: &str) -> Vec<(String, String)> {
    let mut options: Vec<(String, String)> = Vec::new();
    for line in help.lines() {
        let line = line.trim_start();
        if line.starts_with("--") || line.starts_with("-h, --") || line.starts_with("-V, --") {
            let name = &line[line.find("--").unwrap()..];
            let name: String = name
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
                .collect();
            options.push((name, String::new()));
        }
        if let Some((_, text)) = options.last_mut() {
            text.push_str(line);
            text.push(' ');
        }
    }
    options
}

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/command.md");
    fs::read_to_string(path).unwrap()
}

/// Words like `ANTOM_CLIENT_ID`.
fn variables(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("ANTOM_"))
        .collect()
}

#[test]
fn the_page_names_every_command_option_and_variable() {
    let page = page();
    for command in COMMANDS {
        let name = format!("`antom {}", command.join(" "));
        assert!(page.contains(&name), "{name}");
        let help = help(command);
        let found = options(&help);
        assert!(!found.is_empty(), "{command:?}");
        for (option, _) in found {
            let named =
                page.contains(&format!("`{option}`")) || page.contains(&format!("`{option} "));
            assert!(named, "{command:?} {option}");
        }
        for variable in variables(&help) {
            assert!(page.contains(&format!("`{variable}`")), "{variable}");
        }
    }
}

#[test]
fn the_page_names_no_option_and_no_variable_that_is_not_there() {
    let all: String = COMMANDS.iter().map(|command| help(command)).collect();
    let known: BTreeSet<String> = options(&all).into_iter().map(|(name, _)| name).collect();
    let page = page();
    let named: BTreeSet<&str> = page
        .split('`')
        .filter(|text| text.starts_with("--"))
        .map(|text| text.split(' ').next().unwrap_or(text))
        .collect();
    assert!(named.len() > 30, "{named:?}");
    for option in named {
        // curl's own, which the doctor reads.
        let of_curl =
            option.starts_with("--data") || ["--header", "--request", "--url"].contains(&option);
        assert!(of_curl || known.contains(option), "{option}");
    }
    let known = variables(&all);
    for variable in variables(&page) {
        assert!(known.contains(variable), "{variable}");
    }
}

#[test]
fn the_top_help_lists_every_command_and_the_exit_codes() {
    let top = help(&[]);
    for name in ["sandbox", "doctor", "keys", "vault", "call", "notify"] {
        assert!(top.contains(&format!("\n  {name}")), "{name}: {top}");
    }
    assert!(top.contains("Exit codes: 0 "), "{top}");
    for command in COMMANDS.iter().filter(|command| {
        !matches!(
            command,
            [] | ["sandbox" | "keys" | "vault"] | ["sandbox", "faults"]
        )
    }) {
        let help = help(command);
        assert!(help.contains("Exit codes: 0 "), "{command:?}");
        assert!(
            help.contains(&format!("  antom {} ", command.join(" "))),
            "{command:?}"
        );
    }
}

#[test]
fn the_version_is_that_of_the_library() {
    let output = antom(&["--version"]).output().unwrap();
    assert_eq!(stdout(&output), format!("antom {}\n", antom_core::VERSION));
}
