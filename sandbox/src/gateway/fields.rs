//! The fields of a request's body, read as tolerantly as Antom reads them: booleans as JSON or as text, null for
//! absent, unknown fields ignored.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use antom_core::Product;
use antom_core::api::rules::{self, FieldRule, Form, Presence};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The known fields of a body, by their name on the wire, or by their path inside objects. They keep the rules.
pub(super) struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    /// Reads a body, or says what is wrong with it: field by field, without any value.
    pub(super) fn read(body: &[u8], rules: &'static [FieldRule]) -> Result<Self, String> {
        let members: Map<String, Value> = serde_json::from_slice(body).map_err(|problem| {
            format!(
                "the body is not a JSON object (line {}, column {})",
                problem.line(),
                problem.column()
            )
        })?;
        let mut fields = BTreeMap::new();
        let mut problems = Vec::new();
        for rule in rules {
            let text = match (member(&members, rule.field), rule.form) {
                (None | Some(Value::Null), _) => continue,
                (Some(Value::String(text)), _) => text.clone(),
                (Some(Value::Bool(flag)), Form::Boolean) => flag.to_string(),
                (Some(other), form) => {
                    let wanted = match form {
                        Form::Boolean => "a boolean",
                        Form::Text | Form::Url | Form::Region => "a string",
                    };
                    problems.push((rule.field, format!("is {} and not {wanted}", kind(other))));
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

impl fmt::Debug for Fields {
    /// Only the names: card numbers are among the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The member at this path, whose parts are divided by dots.
fn member<'m>(members: &'m Map<String, Value>, path: &str) -> Option<&'m Value> {
    match path.split_once('.') {
        None => members.get(path),
        Some((object, rest)) => member(members.get(object)?.as_object()?, rest),
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
    fn fields_inside_objects_are_found_by_their_path_and_never_shown() {
        let rules = antom_core::api::vault_payment_method::RULES;
        let body = r#"{"vaultingRequestId":"1","vaultingNotificationUrl":"https://shop.example/n",
            "redirectUrl":"https://shop.example/r","env":{"terminalType":"WEB"},
            "paymentMethodDetail":{"paymentMethodType":"CARD","card":{"cardNo":"4054695723100768"}}}"#;
        let fields = Fields::read(body.as_bytes(), rules).unwrap();
        assert_eq!(
            fields.get("paymentMethodDetail.card.cardNo"),
            Some("4054695723100768")
        );
        assert!(!format!("{fields:?}").contains("4054"));
        let flat = body.replace(r#"{"terminalType":"WEB"}"#, r#""WEB""#);
        let problem = Fields::read(flat.as_bytes(), rules).unwrap_err();
        assert_eq!(problem, "env.terminalType is required");
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
