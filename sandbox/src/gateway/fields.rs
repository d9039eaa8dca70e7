//! The fields of a request's body, read as tolerantly as Antom reads them: booleans as JSON or as text, null for
//! absent, unknown fields ignored.

use std::borrow::Cow;
use std::collections::BTreeMap;

use antom_core::Product;
use antom_core::api::rules::{self, FieldRule, Form, Presence};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The known fields of a body, by their name on the wire. They keep the rules.
#[derive(Debug)]
pub(super) struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    /// Reads a body, or says what is wrong with it: field by field, without any value.
    pub(super) fn read(body: &[u8], rules: &'static [FieldRule]) -> Result<Self, String> {
        let mut members: Map<String, Value> = serde_json::from_slice(body).map_err(|problem| {
            format!(
                "the body is not a JSON object (line {}, column {})",
                problem.line(),
                problem.column()
            )
        })?;
        let mut fields = BTreeMap::new();
        let mut problems = Vec::new();
        for rule in rules {
            let text = match (members.remove(rule.field), rule.form) {
                (None | Some(Value::Null), _) => continue,
                (Some(Value::String(text)), _) => text,
                (Some(Value::Bool(flag)), Form::Boolean) => flag.to_string(),
                (Some(other), form) => {
                    let wanted = match form {
                        Form::Boolean => "a boolean",
                        Form::Text | Form::Url | Form::Region => "a string",
                    };
                    problems.push((rule.field, format!("is {} and not {wanted}", kind(&other))));
                    continue;
                }
            };
            fields.insert(rule.field, text);
        }
        for violation in rules::check(rules, presence, |field| {
            fields.get(field).map(String::as_str)
        }) {
            if let Some(rule) = rules.iter().find(|rule| rule.field == violation.field())
                && problems.iter().all(|(field, _)| *field != rule.field)
            {
                problems.push((rule.field, violation.problem().to_owned()));
            }
        }
        if problems.is_empty() {
            Ok(Self(fields))
        } else {
            let problems: Vec<_> = problems.iter().map(|(f, p)| format!("{f} {p}")).collect();
            Err(problems.join("; "))
        }
    }

    pub(super) fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// Equal for two bodies that say the same, however they are written.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        let text = serde_json::to_vec(&self.0).expect("a map of strings always serialises");
        Sha256::digest(text).into()
    }
}

/// The sandbox serves both products: only what both require is required, and every field of either is known.
fn presence(rule: &FieldRule) -> Presence {
    match (rule.presence(Product::Apo), rule.presence(Product::Ams)) {
        (Presence::Required, Presence::Required) => Presence::Required,
        _ => Presence::Optional,
    }
}

fn kind(value: &Value) -> Cow<'static, str> {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Fields, String> {
        Fields::read(body.as_bytes(), rules::CREATE_VAULTING_SESSION)
    }

    #[test]
    fn forms_of_the_same_request_have_the_same_fingerprint() {
        let plain = read(
            r#"{"paymentMethodType":"CARD","vaultingRequestId":"1","is3DSAuthentication":false}"#,
        )
        .unwrap();
        let other = read(
            r#"{ "vaultingRequestId": "\u0031", "is3DSAuthentication": "false",
                 "redirectUrl": null, "unknown": [1], "paymentMethodType": "CARD" }"#,
        )
        .unwrap();
        assert_eq!(plain.fingerprint(), other.fingerprint());
        let changed = read(r#"{"paymentMethodType":"CARD","vaultingRequestId":"1"}"#).unwrap();
        assert_ne!(plain.fingerprint(), changed.fingerprint());
    }

    #[test]
    fn every_problem_is_named_once() {
        let problem =
            read(r#"{"paymentMethodType":7,"redirectUrl":"/x","is3DSAuthentication":"yes"}"#);
        let problem = problem.unwrap_err();
        assert!(
            problem.starts_with("paymentMethodType is a number and not a string; "),
            "{problem}"
        );
        assert_eq!(problem.matches("paymentMethodType").count(), 1);
        for field in [
            "vaultingRequestId is required",
            "redirectUrl",
            "is3DSAuthentication",
        ] {
            assert!(problem.contains(field), "{problem}");
        }
    }

    #[test]
    fn a_body_is_a_json_object() {
        for body in ["", "[]", "1", "{", r#"{"a":1}x"#] {
            assert!(
                read(body).unwrap_err().contains("not a JSON object"),
                "{body}"
            );
        }
    }
}
