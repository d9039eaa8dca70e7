//! The published field rules of the vaulting APIs, and a check that reports every breach at once.
//!
//! Limits count Unicode characters. The same table serves the client, which checks before anything is sent, and
//! the sandbox, which checks what it received.

use std::fmt;

use url::Url;

/// Which of Antom's two vaulting products a merchant has a contract for. They differ in their fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Product {
    /// Antom Payment Orchestration.
    #[default]
    Apo,
    /// Alipay Merchant Services.
    Ams,
}

/// Whether a field belongs into a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The request is refused without it.
    Required,
    /// May be left out.
    Optional,
    /// Not a field of this product.
    NotInProduct,
}

/// What a field's text must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Text,
    /// An absolute http or https URL.
    Url,
    /// Two capital letters, ISO 3166.
    Region,
    /// `true` or `false`.
    Boolean,
}

/// One field of a request.
#[derive(Debug)]
pub struct FieldRule {
    /// The name on the wire.
    pub field: &'static str,
    /// What its text must look like.
    pub form: Form,
    /// The longest allowed text, in Unicode characters.
    pub max_chars: usize,
    apo: Presence,
    ams: Presence,
}

impl FieldRule {
    /// Whether the field belongs into a request for `product`.
    pub const fn presence(&self, product: Product) -> Presence {
        match product {
            Product::Apo => self.apo,
            Product::Ams => self.ams,
        }
    }
}

pub(crate) const fn rule(
    field: &'static str,
    form: Form,
    max_chars: usize,
    apo: Presence,
    ams: Presence,
) -> FieldRule {
    FieldRule {
        field,
        form,
        max_chars,
        apo,
        ams,
    }
}

/// The fields of createVaultingSession.
///
/// From <https://docs.antom.com/ac/apo/vaulting_session> and <https://docs.antom.com/ac/ams/vaulting_session>.
pub const CREATE_VAULTING_SESSION: &[FieldRule] = {
    use Presence::{NotInProduct, Optional, Required};
    &[
        rule("paymentMethodType", Form::Text, 64, Required, Required),
        rule("vaultingRequestId", Form::Text, 64, Required, Required),
        rule(
            "vaultingNotificationUrl",
            Form::Url,
            2048,
            Optional,
            Required,
        ),
        rule("redirectUrl", Form::Url, 2048, Optional, Optional),
        rule(
            "passThroughMetadata",
            Form::Text,
            2048,
            Optional,
            NotInProduct,
        ),
        rule("merchantRegion", Form::Region, 2, NotInProduct, Optional),
        rule(
            "is3DSAuthentication",
            Form::Boolean,
            5,
            NotInProduct,
            Optional,
        ),
    ]
};

/// A broken field rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    field: &'static str,
    problem: String,
}

impl Violation {
    pub(crate) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self {
            field,
            problem: problem.into(),
        }
    }

    /// The field, as it is called on the wire.
    pub fn field(&self) -> &str {
        self.field
    }

    /// What is wrong with it, and what is allowed. Never holds the value itself.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.problem)
    }
}

/// Checks every field of `rules`. `value` gives the text of a field, or `None` where it is absent.
pub fn check<'v>(
    rules: &'static [FieldRule],
    presence: impl Fn(&FieldRule) -> Presence,
    value: impl Fn(&str) -> Option<&'v str>,
) -> Vec<Violation> {
    rules
        .iter()
        .filter_map(|rule| {
            let problem = match (presence(rule), value(rule.field)) {
                (Presence::Required, None) => "is required".to_owned(),
                (Presence::Optional | Presence::NotInProduct, None) => return None,
                (Presence::NotInProduct, Some(_)) => {
                    let other = match rule.presence(Product::Apo) {
                        Presence::NotInProduct => "AMS",
                        Presence::Required | Presence::Optional => "APO",
                    };
                    format!("is only a field of the product {other}: leave it out, or choose that product")
                }
                (Presence::Required | Presence::Optional, Some(text)) => problem_with(rule, text)?,
            };
            Some(Violation::new(rule.field, problem))
        })
        .collect()
}

fn problem_with(rule: &FieldRule, text: &str) -> Option<String> {
    let length = text.chars().count();
    if length == 0 {
        return Some(match rule.form {
            Form::Boolean => "is empty: give true or false, or leave it out".to_owned(),
            Form::Text | Form::Url | Form::Region => "is empty".to_owned(),
        });
    }
    if length > rule.max_chars {
        return Some(format!(
            "is {length} characters long: at most {} are allowed",
            rule.max_chars
        ));
    }
    match rule.form {
        Form::Text => None,
        Form::Url => (!is_absolute_http_url(text)).then(|| {
            "is not an absolute URL: it must begin with https:// or http:// and name a host"
                .to_owned()
        }),
        Form::Region => (!text.chars().all(|c| c.is_ascii_uppercase()) || length != 2)
            .then(|| "is not a region: two capital letters, for example SG".to_owned()),
        Form::Boolean => (!matches!(text, "true" | "false"))
            .then(|| "is not a boolean: give true or false".to_owned()),
    }
}

/// The `url` crate repairs white space, control characters and missing slashes; a gateway does not.
fn is_absolute_http_url(text: &str) -> bool {
    let begins_right = ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && !text[scheme.len()..].starts_with(['/', '\\', '?', '#'])
    });
    begins_right
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && Url::parse(text).is_ok_and(|url| url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(product: Product, fields: &[(&str, &str)]) -> Vec<String> {
        check(
            CREATE_VAULTING_SESSION,
            |rule| rule.presence(product),
            |name| fields.iter().find(|(n, _)| *n == name).map(|(_, v)| *v),
        )
        .iter()
        .map(|v| v.field().to_owned())
        .collect()
    }

    #[test]
    fn all_breaches_are_reported_at_once() {
        let long = "x".repeat(65);
        assert_eq!(
            problems(
                Product::Apo,
                &[
                    ("vaultingRequestId", &long),
                    ("redirectUrl", "/return"),
                    ("merchantRegion", "SG"),
                ]
            ),
            [
                "paymentMethodType",
                "vaultingRequestId",
                "redirectUrl",
                "merchantRegion"
            ]
        );
    }

    #[test]
    fn limits_count_characters_not_bytes() {
        let fits = "é".repeat(64);
        let too_long = "é".repeat(65);
        let with_id = |id: &str| {
            problems(
                Product::Apo,
                &[("paymentMethodType", "CARD"), ("vaultingRequestId", id)],
            )
        };
        assert_eq!(with_id(&fits), [""; 0]);
        assert_eq!(with_id(&too_long), ["vaultingRequestId"]);
    }

    #[test]
    fn urls_must_be_absolute_and_unrepaired() {
        for good in [
            "https://www.example.com/notify?x=é",
            "http://localhost:8080/n",
            "HTTPS://[::1]/",
        ] {
            assert!(is_absolute_http_url(good), "{good}");
        }
        for bad in [
            "www.example.com",
            "/notify",
            "//host/notify",
            "https:///notify",
            "https:host",
            "ftp://host/",
            "https://",
            "https://ho st/",
            "https://host/\n",
            "http:\\\\host",
            "https://?x",
            "javascript:alert(1)",
        ] {
            assert!(!is_absolute_http_url(bad), "{bad}");
        }
    }
}
