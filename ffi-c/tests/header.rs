//! `include/antom.h` is what the sources of this crate say. To write it anew:
//! `ANTOM_BLESS=1 cargo test -p antom-ffi --test header`

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use cbindgen::{Builder, Config, DocumentationLength, DocumentationStyle, Language, Layout, Style};

/// The sections of the header, in reading order, and the source file that each is generated from.
const SECTIONS: &[(&str, &str)] = &[
    ("version", "version.rs"),
    ("status and errors", "error.rs"),
    ("what happens in a call", "observer.rs"),
    ("keys and options", "options.rs"),
    ("client", "client.rs"),
    ("create a vaulting session", "create_vaulting_session.rs"),
    ("what became of a vaulting", "vaulting.rs"),
    ("notifications", "notification.rs"),
    ("any other API", "call.rs"),
    (
        "sign and verify what this library does not send",
        "signature.rs",
    ),
];

const WIDTH: usize = 80;

const MUST_USE: &str = "__attribute__((warn_unused_result))\n";

#[test]
fn header_is_what_the_sources_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../include/antom.h");
    let expected = header();
    if std::env::var_os("ANTOM_BLESS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let difference = found
        .lines()
        .chain(std::iter::repeat("(nothing)"))
        .zip(expected.lines().chain(["(nothing)"]))
        .zip(1..)
        .find(|((found, expected), _)| found != expected);
    if let Some(((found, expected), line)) = difference {
        panic!(
            "include/antom.h is not what ffi-c/src says.\n\
             line {line}: {found}\nexpected: {expected}\n\
             If the sources are right: ANTOM_BLESS=1 cargo test -p antom-ffi --test header"
        );
    }
    assert_eq!(found, expected);
}

#[test]
fn no_line_is_longer_than_80_columns() {
    for (line, number) in header().lines().zip(1..) {
        assert!(
            line.chars().count() <= WIDTH && line.is_ascii(),
            "line {number}: {line}"
        );
    }
}

fn header() -> String {
    let mut text = include_str!("header/begin.h").to_owned();
    for (name, number) in [
        ("MAJOR", env!("CARGO_PKG_VERSION_MAJOR")),
        ("MINOR", env!("CARGO_PKG_VERSION_MINOR")),
        ("PATCH", env!("CARGO_PKG_VERSION_PATCH")),
    ] {
        writeln!(text, "#define ANTOM_VERSION_{name} {number}").unwrap();
    }
    writeln!(
        text,
        "/* Changes only when programs must be compiled again. */\n#define ANTOM_ABI_VERSION {}",
        env!("ANTOM_ABI_VERSION")
    )
    .unwrap();
    for (title, file) in SECTIONS {
        let dashes = "-".repeat(WIDTH - "/* ----   */".len() - title.len());
        write!(text, "\n/* ---- {title} {dashes} */\n\n{}", section(file)).unwrap();
    }
    text + include_str!("header/end.h")
}

/// What cbindgen makes of one source file, in the order of the source and laid out to be read.
fn section(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
    let source = fs::read_to_string(&path).unwrap();
    let mut generated = Vec::new();
    Builder::new()
        .with_config(config())
        .with_src(&path)
        .generate()
        .unwrap_or_else(|error| panic!("{file}: {error}"))
        .write(&mut generated);
    // cbindgen writes a space after the attribute, even at the beginning of a line.
    let generated = String::from_utf8(generated)
        .unwrap()
        .replace(&format!("{MUST_USE} "), MUST_USE);
    let mut blocks: Vec<(usize, String)> = generated
        .trim()
        .split("\n\n")
        .map(|block| (place_in(&source, block), lay_out(block)))
        .collect();
    blocks.sort();
    let blocks: Vec<String> = blocks.into_iter().map(|(_, block)| block).collect();
    join(&blocks)
}

fn config() -> Config {
    let mut config = Config {
        language: Language::C,
        style: Style::Both,
        no_includes: true,
        usize_is_size_t: true,
        documentation_style: DocumentationStyle::Doxy,
        documentation_length: DocumentationLength::Full,
        line_length: usize::MAX,
        tab_width: 4,
        ..Config::default()
    };
    config.function.args = Layout::Horizontal;
    config.function.must_use = Some(MUST_USE.to_owned());
    config.enumeration.prefix_with_name = false;
    // What no function has as a parameter.
    config.export.include = [
        "antom_code",
        "antom_event",
        "antom_event_kind",
        "antom_observe_fn",
        "antom_outcome",
        "antom_product",
    ]
    .map(str::to_owned)
    .to_vec();
    config
}

/// Where the source defines what a block of the header declares.
fn place_in(source: &str, block: &str) -> usize {
    let code = block.rsplit("*/").next().unwrap().replace(MUST_USE, "");
    let (definition, after) = match code.split_once('(') {
        Some((function, _)) => (function, '('),
        None => (code.trim_end_matches(';'), ' '),
    };
    let name = definition.rsplit([' ', '*']).next().unwrap();
    source
        .find(&format!(" {name}{after}"))
        .unwrap_or_else(|| panic!("{name} has no place in the source"))
}

/// A block with C89's enums, short comments, and no line longer than it may be.
fn lay_out(block: &str) -> String {
    let is_enum = block.contains("typedef enum ");
    let mut lines: Vec<String> = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for line in block.lines() {
        if line.trim_start().starts_with(['/', '*']) {
            words.extend(
                line.split_whitespace()
                    .filter(|word| !["/**", "*", "*/"].contains(word)),
            );
            if line.trim() == "*/" {
                lines.extend(comment(&words, line.find('*').unwrap() - 1));
                words.clear();
            }
            continue;
        }
        let line = in_c(line);
        if is_enum && line.starts_with("} ") {
            let last = lines.pop().unwrap();
            lines.extend([last.trim_end_matches(',').to_owned(), "};".to_owned()]);
        } else if line.ends_with(");") && line.len() > WIDTH {
            lines.extend(fold(&line));
        } else {
            lines.push(line.replace("typedef enum ", "enum "));
        }
    }
    lines.join("\n")
}

/// A declaration on several lines: as many parameters on each as it has room for.
fn fold(declaration: &str) -> Vec<String> {
    let start = declaration
        .find(")(")
        .map_or_else(|| declaration.find('('), |at| Some(at + 1));
    let (function, parameters) = declaration.split_at(start.unwrap());
    let parameters = &parameters[1..];
    let mut lines = vec![format!("{function}(")];
    let parameters: Vec<&str> = parameters.split(", ").collect();
    for (parameter, number) in parameters.iter().zip(1..) {
        let comma = if number < parameters.len() { "," } else { "" };
        let last = lines.last_mut().unwrap();
        if lines_are_begun(last) && last.len() + " ".len() + parameter.len() + comma.len() <= WIDTH
        {
            last.push_str(&format!(" {parameter}{comma}"));
        } else {
            lines.push(format!("    {parameter}{comma}"));
        }
    }
    lines
}

/// Whether a line holds a parameter already.
fn lines_are_begun(line: &str) -> bool {
    line.starts_with("    ")
}

/// Blocks with an empty line between them, but for short ones: a comment and a declaration of one line each.
fn join(blocks: &[String]) -> String {
    let is_short = |block: &String| block.lines().count() == 2;
    let mut text = String::new();
    for (block, number) in blocks.iter().zip(0..) {
        if number > 0 {
            let both_short = is_short(block) && is_short(&blocks[number - 1]);
            text.push_str(if both_short { "\n" } else { "\n\n" });
        }
        text.push_str(block);
    }
    text + "\n"
}

/// A comment with its words on as few lines as they need.
fn comment(words: &[&str], indent: usize) -> Vec<String> {
    let indent = " ".repeat(indent);
    let mut lines = vec![format!("{indent}/**")];
    for word in words.iter().chain(&["*/"]) {
        let last = lines.last_mut().unwrap();
        if last.len() + " ".len() + word.len() <= WIDTH {
            last.push_str(&format!(" {word}"));
        } else if *word == "*/" {
            lines.push(format!("{indent} */"));
        } else {
            lines.push(format!("{indent} * {word}"));
        }
    }
    lines
}

/// cbindgen prints the types of `boundary.rs` by name. This is what they are in C.
fn in_c(line: &str) -> String {
    let mut line = line
        .replace("Text ", "const char *")
        .replace("Bytes ", "const char *")
        .replace("Context ", "void *");
    for (name, qualifier, stars) in [
        ("Out<", "", "**"),
        ("Struct<", "const ", "*"),
        ("Array<", "const ", "*"),
    ] {
        while let Some((before, after)) = line.split_once(name) {
            let (object, after) = after.split_once("> ").unwrap();
            line = format!("{before}{qualifier}{object} {stars}{after}");
        }
    }
    if !line.starts_with("typedef ") {
        line = line.replace("struct antom_", "antom_");
    }
    line
}

/// Compiled programs hold these numbers.
#[test]
fn the_numbers_of_products_never_change() {
    let header = header();
    for line in ["ANTOM_PRODUCT_APO = 0,", "ANTOM_PRODUCT_AMS = 1"] {
        assert!(header.contains(line), "{line}");
    }
}
