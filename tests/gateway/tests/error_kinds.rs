//! The table of error kinds is one: in Rust, in the C header, in Python, in PHP and in the documentation.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use antom_core::ErrorKind;

type Table = BTreeMap<String, i32>;

/// Numbers are part of compiled programs and of what people store: this list is only ever added to.
const FROZEN: [(&str, i32); 12] = [
    ("INVALID_ARGUMENT", 1),
    ("CONFIG", 2),
    ("INVALID_REQUEST", 3),
    ("SIGNING", 4),
    ("NOT_SENT", 10),
    ("OUTCOME_UNKNOWN", 11),
    ("CLOSED", 12),
    ("API", 20),
    ("UNTRUSTED_RESPONSE", 21),
    ("PROTOCOL", 22),
    ("UNTRUSTED_NOTIFICATION", 30),
    ("INTERNAL", 99),
];

/// The table in a file: what `entry` makes of the lines between the two texts.
fn table(
    file: &str,
    begin: &str,
    end: &str,
    entry: impl Fn(&str) -> Option<(String, i32)>,
) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let (_, rest) = text.split_once(begin).expect(begin);
    let (section, _) = rest.split_once(end).expect(end);
    section.lines().filter_map(entry).collect()
}

/// `PREFIX NAME = 12`, with `,` or `;` after it.
fn assignment(prefix: &str) -> impl Fn(&str) -> Option<(String, i32)> + '_ {
    move |line| {
        let (name, number) = line.trim().strip_prefix(prefix)?.split_once(" = ")?;
        let number = number.trim_end_matches([',', ';']).parse().ok()?;
        Some((name.to_owned(), number))
    }
}

/// `NotSent` as `NOT_SENT`.
fn capitals(name: &str) -> String {
    name.chars()
        .enumerate()
        .fold(String::new(), |mut capitals, (at, c)| {
            if at > 0 && c.is_ascii_uppercase() {
                capitals.push('_');
            }
            capitals.push(c.to_ascii_uppercase());
            capitals
        })
}

#[test]
fn every_language_has_the_same_kinds_and_they_never_change() {
    let frozen: Table = FROZEN
        .map(|(name, number)| (name.to_owned(), number))
        .into();
    let rust: Table = ErrorKind::ALL
        .iter()
        .map(|kind| (capitals(kind.name()), kind.number()))
        .collect();
    let c = table(
        "include/antom.h",
        "enum antom_code {",
        "};",
        assignment("ANTOM_ERR_"),
    );
    let python = table(
        "python/antom/errors.py",
        "class ErrorKind(IntEnum):",
        "\nclass ",
        assignment(""),
    );
    let php = table(
        "php/src/ErrorKind.php",
        "final class ErrorKind",
        "private const",
        assignment("public const "),
    );
    let docs = table("docs/errors.md", "| number |", "\n\n", |line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let number = cells.next()?.parse().ok()?;
        Some((capitals(cells.next()?), number))
    });
    for (language, table) in [
        ("Rust", rust),
        ("C", c),
        ("Python", python),
        ("PHP", php),
        ("documentation", docs),
    ] {
        assert_eq!(table, frozen, "{language}");
    }
}
