//! `enum antom_code` in the header and the kinds of errors in `antom-core` are one table.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use antom_core::ErrorKind;

#[test]
fn every_kind_is_in_the_header_with_its_number() {
    let mut expected: BTreeMap<String, i32> = ErrorKind::ALL
        .iter()
        .map(|kind| {
            (
                format!("ANTOM_ERR_{}", capitals(kind.name())),
                kind.number(),
            )
        })
        .collect();
    expected.insert("ANTOM_OK".to_owned(), 0);
    assert_eq!(in_header("enum antom_code {"), expected);
}

/// Numbers are part of compiled programs: this list is only ever added to.
#[test]
fn numbers_never_change() {
    let frozen = [
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
    ];
    let header = in_header("enum antom_code {");
    for (name, number) in frozen {
        assert_eq!(header.get(name), Some(&number), "{name}");
    }
    let products = in_header("enum antom_product {");
    assert_eq!(products.get("ANTOM_PRODUCT_APO"), Some(&0));
    assert_eq!(products.get("ANTOM_PRODUCT_AMS"), Some(&1));
}

/// `"NotSent"` as C writes it: `"NOT_SENT"`.
fn capitals(name: &str) -> String {
    name.char_indices()
        .fold(String::new(), |mut text, (at, letter)| {
            if at > 0 && letter.is_ascii_uppercase() {
                text.push('_');
            }
            text.push(letter.to_ascii_uppercase());
            text
        })
}

fn in_header(begin: &str) -> BTreeMap<String, i32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../include/antom.h");
    let header = fs::read_to_string(path).unwrap();
    let (_, after) = header.split_once(begin).expect("the header has this enum");
    let (body, _) = after.split_once('}').expect("the enum ends");
    body.lines()
        .filter_map(|line| line.trim().trim_end_matches(',').split_once(" = "))
        .map(|(name, number)| (name.to_owned(), number.parse().unwrap()))
        .collect()
}
