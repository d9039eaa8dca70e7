//! createVaultingSession: makes a session with which Antom's front-end SDK collects a card.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::rules::{self, Product, Violation};
use super::{Operation, ParseError};
use crate::response_time::ResponseTime;
use crate::retry::Repeat;
use crate::secret::Secret;
use crate::trust::Signed;

/// The request of createVaultingSession.
///
/// ```
/// use antom_core::CreateVaultingSession;
///
/// let request = CreateVaultingSession {
///     payment_method_type: "CARD".into(),
///     vaulting_notification_url: Some("https://shop.example/notify".into()),
///     ..Default::default()
/// };
/// ```
///
/// Limits are in Unicode characters, from <https://docs.antom.com/ac/apo/vaulting_session>.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateVaultingSession {
    /// The method to vault, for example `CARD`. Required, at most 64. With [`Product::Ams`] only `CARD`.
    pub payment_method_type: String,
    /// The merchant's unique id of this vaulting, at most 64: what makes a repeated request harmless.
    /// Left out, the client makes a UUID and returns it with the session and with every error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vaulting_request_id: Option<String>,
    /// Where Antom posts the outcome: an absolute URL, at most 2048. Required with [`Product::Ams`];
    /// otherwise the URL set in Antom's Dashboard is used when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vaulting_notification_url: Option<String>,
    /// Where the buyer goes afterwards: an absolute URL, at most 2048.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
    /// Key-value text for the acquirer, at most 2048; only [`Product::Apo`]. See [`metadata_text`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass_through_metadata: Option<String>,
    /// The merchant's region, two capital letters; only [`Product::Ams`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_region: Option<String>,
    /// Whether to ask for 3-D Secure; only [`Product::Ams`]. Absent, false and true all differ.
    #[serde(
        rename = "is3DSAuthentication",
        skip_serializing_if = "Option::is_none"
    )]
    pub is_3ds_authentication: Option<bool>,
}

/// A map of strings as the JSON text that `passThroughMetadata` expects, keys in order.
pub fn metadata_text<K: AsRef<str> + Ord, V: AsRef<str>>(metadata: &BTreeMap<K, V>) -> String {
    let object: serde_json::Map<_, _> = metadata
        .iter()
        .map(|(key, value)| (key.as_ref().to_owned(), value.as_ref().into()))
        .collect();
    Value::Object(object).to_string()
}

/// A session with which the front-end SDK collects the card.
///
/// `Debug` shows neither [`data`](Self::data) nor [`raw`](Self::raw).
pub struct VaultingSession {
    /// The `vaultingRequestId` of the request: what notifications and inquiries are matched by.
    pub request_id: String,
    /// `vaultingSessionId`, at most 64 characters. May hold `+` and `/`: escape it in a URL.
    pub id: String,
    /// `vaultingSessionData`, at most 4096 characters: passed unchanged to the front-end SDK, and to nobody else.
    pub data: Secret<String>,
    /// `vaultingSessionExpiryTime`, with the offset that Antom gave it.
    pub expires_at: OffsetDateTime,
    /// `normalUrl`: a page hosted by Antom that collects the card, if the product has one.
    pub normal_url: Option<String>,
    /// When Antom says that it answered, and how far its clock is from ours.
    pub response_time: ResponseTime,
    /// The whole verified answer as JSON, for members this type does not have. Holds [`data`](Self::data).
    pub raw: Secret<String>,
}

impl VaultingSession {
    /// [`expires_at`](Self::expires_at) as RFC 3339 text, for example `2026-08-17T13:00:00+08:00`.
    ///
    /// # Panics
    /// Never for a time that came from an answer: it was read from RFC 3339.
    pub fn expires_at_text(&self) -> String {
        self.expires_at
            .format(&Rfc3339)
            .expect("a time that was read from RFC 3339 can be written as RFC 3339")
    }
}

impl std::fmt::Debug for VaultingSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VaultingSession")
            .field("request_id", &self.request_id)
            .field("id", &self.id)
            .field("expires_at", &self.expires_at)
            .field("normal_url", &self.normal_url)
            .field("response_time", &self.response_time)
            .finish_non_exhaustive()
    }
}

impl Operation for CreateVaultingSession {
    const PATH: &'static str = "/ams/api/v1/vaults/createVaultingSession";
    const REPEAT: Repeat = Repeat::Harmless;
    type Response = VaultingSession;

    fn request_id(&self) -> &str {
        self.vaulting_request_id.as_deref().unwrap_or_default()
    }

    fn violations(&self, product: Product) -> Vec<Violation> {
        let required = Some(self.payment_method_type.as_str()).filter(|text| !text.is_empty());
        let flag = self
            .is_3ds_authentication
            .map(|flag| if flag { "true" } else { "false" });
        let mut violations = rules::check(
            rules::CREATE_VAULTING_SESSION,
            |rule| rule.presence(product),
            |field| match field {
                "paymentMethodType" => required,
                "vaultingRequestId" => self.vaulting_request_id.as_deref(),
                "vaultingNotificationUrl" => self.vaulting_notification_url.as_deref(),
                "redirectUrl" => self.redirect_url.as_deref(),
                "passThroughMetadata" => self.pass_through_metadata.as_deref(),
                "merchantRegion" => self.merchant_region.as_deref(),
                "is3DSAuthentication" => flag,
                unknown => unreachable!("{unknown} is in the rules but not in the request"),
            },
        );
        if product == Product::Ams && required.is_some_and(|method| method != "CARD") {
            let problem = "must be CARD with the AMS product";
            violations.insert(0, Violation::new("paymentMethodType", problem));
        }
        violations
    }

    fn parse(&self, signed: &Signed<'_>) -> Result<VaultingSession, ParseError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            vaulting_session_data: String,
            vaulting_session_id: String,
            vaulting_session_expiry_time: String,
            normal_url: Option<String>,
        }
        let wire: Wire = signed.verified.json()?;
        let expires_at = OffsetDateTime::parse(&wire.vaulting_session_expiry_time, &Rfc3339)
            .ok()
            // Year 0 is a date to this library, but not to every language above it.
            .filter(|time| time.year() > 0)
            .ok_or_else(|| {
                ParseError::new("vaultingSessionExpiryTime is not a date and time with an offset")
            })?;
        let data = Secret::new(wire.vaulting_session_data);
        let given = [data.expose(), &wire.vaulting_session_id];
        if given.iter().any(|text| text.is_empty()) {
            return Err(ParseError::new(
                "vaultingSessionData or vaultingSessionId is empty",
            ));
        }
        // Text with a NUL cannot be handed to C whole.
        if given
            .into_iter()
            .chain(&wire.normal_url)
            .any(|text| text.contains('\0'))
        {
            return Err(ParseError::new("a member holds a NUL character"));
        }
        Ok(VaultingSession {
            request_id: self.request_id().to_owned(),
            id: wire.vaulting_session_id,
            data,
            expires_at,
            normal_url: wire.normal_url,
            response_time: signed.response_time.clone(),
            raw: signed.verified.text()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_true_and_false_are_three_states_on_the_wire() {
        let body = |flag| {
            serde_json::to_string(&CreateVaultingSession {
                payment_method_type: "CARD".into(),
                is_3ds_authentication: flag,
                ..Default::default()
            })
            .unwrap()
        };
        assert_eq!(body(None), r#"{"paymentMethodType":"CARD"}"#);
        assert_eq!(
            body(Some(true)),
            r#"{"paymentMethodType":"CARD","is3DSAuthentication":true}"#
        );
        assert_eq!(
            body(Some(false)),
            r#"{"paymentMethodType":"CARD","is3DSAuthentication":false}"#
        );
    }

    #[test]
    fn metadata_is_json_text_with_escapes() {
        let metadata = BTreeMap::from([("shop", "\"7\""), ("客户", "Zoë")]);
        assert_eq!(metadata_text(&metadata), r#"{"shop":"\"7\"","客户":"Zoë"}"#);
    }

    #[test]
    fn every_rule_has_a_field_and_ams_takes_only_cards() {
        let full = CreateVaultingSession {
            payment_method_type: "PAYPAL".into(),
            vaulting_request_id: Some("1".into()),
            vaulting_notification_url: Some("https://shop.example/n".into()),
            redirect_url: Some("https://shop.example/r".into()),
            merchant_region: Some("SG".into()),
            is_3ds_authentication: Some(false),
            ..Default::default()
        };
        let fields = |product| {
            full.violations(product)
                .iter()
                .map(|v| v.field().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(fields(Product::Ams), ["paymentMethodType"]);
        assert_eq!(
            fields(Product::Apo),
            ["merchantRegion", "is3DSAuthentication"]
        );
    }
}
