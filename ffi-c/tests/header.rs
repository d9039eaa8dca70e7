//! `include/antom.h` is what the sources of this crate say, reads as a manual, and is what `docs/c-api.md` shows and
//! `tests/c/nulls.c` calls. To write all of them anew: `ANTOM_BLESS=1 cargo test -p antom-ffi --test header`

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
    ("why a signature does not verify", "doctor.rs"),
];

const WIDTH: usize = 80;

const MUST_USE: &str = "__attribute__((warn_unused_result))\n";

#[test]
fn header_is_what_the_sources_say() {
    expect_file("../include/antom.h", &header());
}

#[test]
fn the_page_for_readers_is_what_the_header_says() {
    expect_file("../docs/c-api.md", &page(&header()));
}

#[test]
fn every_pointer_is_null_once_in_the_test_for_it() {
    expect_file("../tests/c/nulls.c", &nulls(&header()));
}

/// The file holds exactly this text; it is written anew where that is asked for.
fn expect_file(path: &str, expected: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("ANTOM_BLESS").is_some() {
        fs::write(&file, expected).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    let difference = found
        .lines()
        .chain(std::iter::repeat("(nothing)"))
        .zip(expected.lines().chain(["(nothing)"]))
        .zip(1..)
        .find(|((found, expected), _)| found != expected);
    if let Some(((found, expected), line)) = difference {
        panic!(
            "{path} is not what ffi-c/src says.\n\
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

#[test]
fn the_header_is_short_enough_to_be_read() {
    assert!(header().lines().count() < 600);
}

#[test]
fn every_declaration_has_a_comment() {
    for section in sections(&header()) {
        for declaration in &section.declarations {
            let words = declaration.comment.split_whitespace().count();
            assert!(words >= 3, "say what it is:\n{}", declaration.code);
        }
    }
}

/// Every parameter is explained where the function is, or by the RULES at the top: the object that the function is
/// named after, what it makes (`x_out`, `error_out`), and the length of another parameter (`x_len` for `x`). A setter's
/// value is explained with the setter's name.
#[test]
fn every_parameter_is_explained() {
    let header = header();
    let mut explained = 0;
    for section in sections(&header) {
        for declaration in &section.declarations {
            let parameters = declaration.parameters();
            for parameter in &parameters {
                let of_another = parameter
                    .strip_suffix("_len")
                    .is_some_and(|other| parameters.contains(&other));
                let by_the_rules = parameter.ends_with("_out")
                    || of_another
                    || declaration.name().contains(parameter);
                assert!(
                    by_the_rules || declaration.mentions(parameter),
                    "say what {parameter} is:\n{}\n{}",
                    declaration.comment,
                    declaration.code
                );
                explained += usize::from(!by_the_rules);
            }
        }
    }
    assert!(explained > 50, "only {explained} parameters were found");
}

/// A part of the header with a title.
struct Section<'a> {
    title: &'a str,
    declarations: Vec<Declaration<'a>>,
}

/// What the header declares, with its comment as one line.
struct Declaration<'a> {
    comment: String,
    code: &'a str,
}

impl<'a> Declaration<'a> {
    fn is_function(&self) -> bool {
        self.code.contains('(') && !self.code.contains('{')
    }

    /// A function itself, not a type of functions.
    fn is_callable(&self) -> bool {
        self.is_function() && !self.code.starts_with("typedef ")
    }

    /// What stands before the name.
    fn result(&self) -> &'a str {
        let code = self
            .code
            .strip_prefix(MUST_USE.trim_end())
            .unwrap_or(self.code);
        code.split_once(self.name()).unwrap().0.trim()
    }

    /// The types, with their stars, and the names of the parameters.
    fn typed_parameters(&self) -> Vec<(&'a str, &'a str)> {
        let code = self
            .code
            .strip_prefix(MUST_USE.trim_end())
            .unwrap_or(self.code);
        let list = code[code.find('(').unwrap() + 1..code.rfind(')').unwrap()].split(',');
        let names = self.parameters();
        let kinds = list.map(str::trim);
        kinds
            .zip(names)
            .map(|(one, name)| (one.strip_suffix(name).unwrap().trim_end(), name))
            .collect()
    }

    /// What a function, or a type of functions, is called.
    fn name(&self) -> &'a str {
        let code = self
            .code
            .strip_prefix(MUST_USE.trim_end())
            .unwrap_or(self.code);
        let before = match code.split_once("(*") {
            Some((_, after)) => after.split(')').next(),
            None => code.split(['(', '{']).next(),
        };
        let words = before.unwrap().trim_end_matches([';', ' ', '\n']);
        words.rsplit([' ', '*', '\n']).next().unwrap()
    }

    fn parameters(&self) -> Vec<&'a str> {
        if !self.is_function() {
            return Vec::new();
        }
        let code = self
            .code
            .strip_prefix(MUST_USE.trim_end())
            .unwrap_or(self.code);
        let list = &code[code.rfind('(').unwrap() + 1..code.rfind(')').unwrap()];
        list.split(',')
            .map(|parameter| parameter.rsplit([' ', '*', '\n']).next().unwrap())
            .filter(|name| *name != "void")
            .collect()
    }

    fn mentions(&self, parameter: &str) -> bool {
        self.comment
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .any(|word| word.eq_ignore_ascii_case(parameter))
    }
}

/// The header without what only compilers read.
fn sections(header: &str) -> Vec<Section<'_>> {
    let parts = header.split("\n/* ---- ").skip(1);
    parts
        .map(|part| {
            let (title, rest) = part.split_once(" -").unwrap();
            let rest = rest.split("\n#include").next().unwrap();
            let declarations = rest.split("\n/** ").skip(1).map(|block| {
                let (comment, code) = block.split_once("*/").unwrap();
                let words = comment.split_whitespace().filter(|word| *word != "*");
                Declaration {
                    comment: words.collect::<Vec<_>>().join(" "),
                    code: code.trim(),
                }
            });
            Section {
                title,
                declarations: declarations.collect(),
            }
        })
        .collect()
}

/// Pointers that may be NULL: who wants no error, has no context, no account, no signer, or no observer.
const MAY_BE_NULL: [&str; 5] = [
    "error_out",
    "context",
    "merchant_account_id",
    "sign",
    "observe",
];

/// A program that calls each function with NULL for each of its pointers, one by one.
fn nulls(header: &str) -> String {
    let mut text = include_str!("header/nulls-begin.c").to_owned();
    let mut calls = 0;
    for section in sections(header) {
        for function in section.declarations.iter().filter(|one| one.is_callable()) {
            let typed = function.typed_parameters();
            let pointers = typed.iter().filter(|(kind, name)| {
                !MAY_BE_NULL.contains(name) && (kind.ends_with('*') || kind.ends_with("_fn"))
            });
            for (_, null) in pointers {
                let arguments: Vec<&str> = typed
                    .iter()
                    .map(|(kind, name)| {
                        if name == null {
                            "NULL"
                        } else {
                            good_argument(kind, name)
                        }
                    })
                    .collect();
                let call = format!("{}({})", function.name(), arguments.join(", "));
                let expectation = match function.result() {
                    "antom_status" if function.name() != "antom_error_kind" => {
                        format!("EXPECT({call} == ANTOM_ERR_INVALID_ARGUMENT)")
                    }
                    "void" => call,
                    "const char *" => format!("expect_empty(__LINE__, {call})"),
                    _ => format!("EXPECT({call} == 0)"),
                };
                writeln!(
                    text,
                    "    begin(\"nulls/{}_{null}\");\n    {expectation};",
                    function.name()
                )
                .unwrap();
                calls += 1;
            }
        }
    }
    assert!(calls > 140, "only {calls} pointers were found");
    text + include_str!("header/nulls-end.c")
}

/// What the program passes where nothing is wrong.
fn good_argument(kind: &str, name: &str) -> &'static str {
    match (kind, name) {
        (_, "error_out" | "context" | "merchant_account_id") => "NULL",
        ("const char *", _) => "\"x\"",
        ("const antom_client *" | "antom_client *", _) => "client",
        ("const antom_options *" | "antom_options *", _) => "options",
        ("const antom_header *", _) => "&header",
        ("const antom_create_vaulting_session_request *", _) => "&request",
        ("const antom_replay_guard *", _) => "guard",
        ("antom_sign_fn", _) => "sign",
        ("antom_observe_fn", _) => "observe",
        (kind, _) if kind.ends_with("**") => "UNTOUCHED",
        (kind, _) if kind.ends_with('*') => "NULL",
        _ => "1",
    }
}

/// The header as a page of Markdown.
fn page(header: &str) -> String {
    let rules = header.split("RULES").nth(1).unwrap();
    let rules = rules.split("\n *\n").next().unwrap();
    let mut text = format!(
        "# The C API\n\n\
         Made from [`include/antom.h`](../include/antom.h) by `ffi-c/tests/header.rs`; what is said here is said there. \
         [`examples/c`](../examples/c) shows it in use, [`antom.hpp`](../include/antom.hpp) is the same for C++17.\n\n\
         ## Rules\n\nThey{}.\n",
        rules.lines().next().unwrap().trim_start_matches(", which")
    );
    for line in rules.lines().skip(1) {
        let line = line.trim_start_matches(" *");
        match line.strip_prefix("   ") {
            Some(rule) if !rule.starts_with(' ') => {
                let (name, rule) = rule.split_once("  ").unwrap();
                write!(text, "\n- **{name}**: {}", prose(rule.trim())).unwrap();
            }
            _ => write!(text, " {}", prose(line.trim())).unwrap(),
        }
    }
    text.push('\n');
    for Section {
        title,
        declarations,
    } in sections(header)
    {
        let title = title[..1].to_uppercase() + &title[1..];
        write!(text, "\n## {title}\n").unwrap();
        for declaration in declarations {
            let Declaration { comment, code } = &declaration;
            let name = declaration.name();
            write!(
                text,
                "\n### {name}\n\n```c\n{code}\n```\n\n{}\n",
                prose(comment)
            )
            .unwrap();
        }
    }
    text
}

/// Words that Markdown would take for its own signs.
fn prose(text: &str) -> String {
    text.replace('*', "\\*").replace('<', "&lt;")
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
            let folded = fold(&line);
            // The attribute has no line of its own where there is room for both.
            match lines.last_mut() {
                Some(last)
                    if last.len() + " ".len() + folded[0].len() <= WIDTH
                        && last.starts_with("__") =>
                {
                    write!(last, " {}", folded[0]).unwrap();
                    lines.extend_from_slice(&folded[1..]);
                }
                _ => lines.extend(folded),
            }
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
            write!(last, " {parameter}{comma}").unwrap();
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

/// Blocks with an empty line between them, but for short ones: what one object tells stands together.
fn join(blocks: &[String]) -> String {
    const SHORT: usize = 7;
    let is_short = |block: &String| block.lines().count() <= SHORT && !block.contains("typedef ");
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
            write!(last, " {word}").unwrap();
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

/// Compiled programs hold these numbers. Those that were taken away stay here.
#[test]
fn numbers_never_change() {
    let header = header();
    for (name, number) in [
        ("ANTOM_OK", 0),
        ("ANTOM_ERR_INVALID_ARGUMENT", 1),
        ("ANTOM_ERR_CONFIG", 2),
        ("ANTOM_ERR_INVALID_REQUEST", 3),
        ("ANTOM_ERR_SIGNING", 4),
        ("ANTOM_ERR_NOT_SENT", 10),
        ("ANTOM_ERR_OUTCOME_UNKNOWN", 11),
        ("ANTOM_ERR_CLOSED", 12),
        ("ANTOM_ERR_API", 20),
        ("ANTOM_ERR_UNTRUSTED_RESPONSE", 21),
        ("ANTOM_ERR_PROTOCOL", 22),
        ("ANTOM_ERR_UNTRUSTED_NOTIFICATION", 30),
        ("ANTOM_ERR_INTERNAL", 99),
        ("ANTOM_EVENT_BEGIN", 1),
        ("ANTOM_EVENT_ATTEMPT", 2),
        ("ANTOM_EVENT_END", 3),
        ("ANTOM_PRODUCT_APO", 0),
        ("ANTOM_PRODUCT_AMS", 1),
        ("ANTOM_OUTCOME_PROCESSING", 0),
        ("ANTOM_OUTCOME_SUCCEEDED", 1),
        ("ANTOM_OUTCOME_FAILED", 2),
        ("ANTOM_OUTCOME_UNRECOGNISED", 3),
        ("ANTOM_OUTCOME_NEVER_ARRIVED", 4),
        ("ANTOM_OUTCOME_UNRELATED", 5),
    ] {
        let line = format!("    {name} = {number}");
        let is_there = |found: &str| found.trim_end_matches(',') == line;
        assert!(header.lines().any(is_there), "{line}");
    }
}
