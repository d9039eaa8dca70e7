//! vaultPaymentMethod: vaults a card whose number the merchant's own server holds.
//!
//! # PCI DSS
//! Whoever calls this handles card numbers and security codes: the server, its logs, its memory dumps and its backups
//! come under PCI DSS with the strictest questionnaire. A vaulting session
//! ([`create_vaulting_session`](super::create_vaulting_session)) keeps card data away from the server altogether. The
//! security code must never be stored, not even encrypted. This is why this API is behind the cargo feature
//! `card-data`.
//!
//! This library wipes its own copies of the request. Copies inside the TLS library's and the operating system's
//! buffers are not in its hands.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::inquire_vaulting::VaultingOutcome;
use super::objects::{
    Address, CustomizedInfo, MpiData, PaymentMethodDetail, UserName, object, objects, secret, text,
    value,
};
use super::result::{ApiResult, ResultStatus};
use super::rules::{self, FieldRule, Form, Presence, Product, Violation, rule};
use super::{Operation, ParseError};
use crate::error::Error;
use crate::response_time::ResponseTime;
use crate::retry::Repeat;
use crate::secret::Secret;
use crate::trust::Signed;

objects! {
    /// The request of vaultPaymentMethod. See <https://docs.antom.com/ac/ams/vault_method>.
    VaultPaymentMethod (Serialize, Deserialize) {
        "vaultingRequestId" => vaulting_request_id: String, "text", ": the merchant's unique id, at most 64; made by the client if left out.";
        "vaultingNotificationUrl" => vaulting_notification_url: String, "text", ": where Antom posts the outcome. Required, at most 2048.";
        "redirectUrl" => redirect_url: String, "text", ": where the buyer goes after a verification. Required, at most 2048.";
        "paymentMethodDetail" => payment_method_detail: NewPaymentMethod, "value", ": what to vault. Required.";
        "env" => env: Env, "value", ": the buyer's device. Required.";
        "merchantRegion" => merchant_region: String, "text", ": two capital letters.";
        "merchantAccountId" => merchant_account_id: String, "text", ", at most 64.";
        "metadata" => metadata: String, "text", ": the merchant's own text, at most 2048; comes back in the notification.";
        "vaultingCurrency" => vaulting_currency: String, "text", ": three letters, ISO 4217.";
        "customizedInfo" => customized_info: CustomizedInfo, "value", ".";
    }
    /// `paymentMethodDetail` of a request. Antom documents cards alone for this API; for anything else see
    /// [`Client::call`](crate::Client::call).
    NewPaymentMethod (Serialize, Deserialize) {
        "paymentMethodType" => payment_method_type: String, "text", ": `CARD`. Required, at most 64.";
        "card" => card: NewCard, "value", ". Required.";
        "paymentMethodDetailType" => payment_method_detail_type: String, "text", ": `CARD`.";
        "extendInfo" => extend_info: String, "text", ".";
        "interactionType" => interaction_type: String, "text", ".";
    }
    /// `card` of a request.
    NewCard (Serialize, Deserialize) {
        "cardNo" => card_no: Secret<String>, "secret", ": the card's number, at most 32. Required.";
        "cvv" => cvv: Secret<String>, "secret", ": the security code, at most 4.";
        "expiryYear" => expiry_year: String, "text", ": two digits.";
        "expiryMonth" => expiry_month: String, "text", ": two digits.";
        "brand" => brand: String, "text", ", for example `VISA`.";
        "selectedCardBrand" => selected_card_brand: String, "text", ", on cards with two brands.";
        "cardholderName" => cardholder_name: UserName, "value", ".";
        "instUserName" => inst_user_name: UserName, "value", ".";
        "billingAddress" => billing_address: Address, "value", ".";
        "dateOfBirth" => date_of_birth: Secret<String>, "secret", ": Korea, personal cards; at most 10.";
        "businessNo" => business_no: Secret<String>, "secret", ": Korea, corporate cards; at most 10.";
        "cardPasswordDigest" => card_password_digest: Secret<String>, "secret", ": Korea, the first two digits of the password.";
        "cpf" => cpf: Secret<String>, "secret", ": Brazil, at most 11.";
        "payerEmail" => payer_email: String, "text", ": Brazil, Chile, Mexico, Peru; at most 64.";
        "networkTransactionId" => network_transaction_id: String, "text", ", at most 256.";
        "is3DSAuthentication" => is_3ds_authentication: bool, "value", ": whether to ask for 3-D Secure.";
        "request3DS" => request_3ds: String, "text", ".";
        "scaExemptionIndicator" => sca_exemption_indicator: String, "text", ".";
        "enableAuthenticationUpgrade" => enable_authentication_upgrade: String, "text", ".";
        "authenticationFlow" => authentication_flow: String, "text", ".";
        "mpiData" => mpi_data: MpiData, "value", ": the outcome of a 3-D Secure authentication made elsewhere.";
        "paymentMethodDetailMetadata" => payment_method_detail_metadata: String, "text", ".";
    }
    /// `env`: the buyer's device.
    Env (Serialize, Deserialize) {
        "terminalType" => terminal_type: String, "text", ": `WEB`, `WAP`, `APP` or `MINI_APP`. Required.";
        "osType" => os_type: String, "text", ": `IOS` or `ANDROID`.";
        "userAgent" => user_agent: String, "text", ".";
        "clientIp" => client_ip: String, "text", ".";
        "cookieId" => cookie_id: String, "text", ".";
        "deviceTokenId" => device_token_id: String, "text", ", at most 64.";
        "deviceId" => device_id: String, "text", ".";
        "deviceBrand" => device_brand: String, "text", ", at most 64.";
        "deviceModel" => device_model: String, "text", ", at most 128.";
        "deviceLanguage" => device_language: String, "text", ".";
        "osVersion" => os_version: String, "text", ".";
        "extendInfo" => extend_info: String, "text", ", at most 2048.";
        "storeTerminalId" => store_terminal_id: String, "text", ".";
        "storeTerminalRequestTime" => store_terminal_request_time: String, "text", ": ISO 8601.";
        "browserInfo" => browser_info: BrowserInfo, "value", ".";
        "colorDepth" => color_depth: u32, "value", ": 1, 4, 8, 15, 16, 24, 30, 32 or 48 bits.";
        "screenHeight" => screen_height: u32, "value", ", in pixels.";
        "screenWidth" => screen_width: u32, "value", ", in pixels.";
        "timeZoneOffset" => time_zone_offset: i32, "value", ": minutes, -720 to 720.";
    }
    /// `browserInfo`.
    BrowserInfo (Serialize, Deserialize) {
        "acceptHeader" => accept_header: String, "text", ".";
        "javaEnabled" => java_enabled: bool, "value", ".";
        "javaScriptEnabled" => java_script_enabled: bool, "value", ".";
        "language" => language: String, "text", ".";
        "userAgent" => user_agent: String, "text", ".";
    }
}

impl VaultPaymentMethod {
    /// Reads a request from JSON with the API's member names, for languages that have no types for it. A member that
    /// the types here do not have is refused: it would not be sent.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument); the message names a place, never a value.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        // serde also reads a list, member after member.
        if !json.trim_start().starts_with('{') {
            return Err(Error::invalid_argument("json: it is not a JSON object"));
        }
        let mut unknown = None;
        let mut reader = serde_json::Deserializer::from_str(json);
        let request = serde_ignored::deserialize(&mut reader, |path| {
            // A question mark stands for a member that may be absent, as all may.
            unknown.get_or_insert_with(|| path.to_string().replace(".?", ""));
        });
        let request = request.and_then(|request| reader.end().map(|()| request));
        // The error's own text may quote a value.
        let request = request.map_err(|error| {
            Error::invalid_argument(format!(
                "json: line {}, column {}: it is not JSON, or a member there has another type than the API documents",
                error.line(),
                error.column()
            ))
        })?;
        match unknown {
            None => Ok(request),
            Some(member) => Err(Error::invalid_argument(unknown_member(&member))),
        }
    }
}

/// A member is named only where its name can be one of the API's.
fn unknown_member(path: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphabetic() || c == '.' || c == '3';
    let named = if path.len() <= 100 && path.chars().all(is_name) {
        path
    } else {
        "a member"
    };
    format!(
        "json: {named} is not known here: correct its name; what this version does not know yet can be sent as a call of any API"
    )
}

/// What became of the request.
pub struct PaymentMethodVaulting {
    /// The `vaultingRequestId`.
    pub request_id: String,
    /// [`VaultingOutcome::Succeeded`] with the token, or [`VaultingOutcome::Processing`]: send the buyer to one of the
    /// URLs, or start again with a new id if there is none. A failure is an error.
    pub outcome: VaultingOutcome,
    /// When Antom says that it answered, and how far its clock is from ours.
    pub response_time: ResponseTime,
    /// The whole verified answer as JSON. Holds the card token.
    pub raw: Secret<String>,
}

impl fmt::Debug for PaymentMethodVaulting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentMethodVaulting")
            .field("request_id", &self.request_id)
            .field("outcome", &self.outcome)
            .field("response_time", &self.response_time)
            .finish_non_exhaustive()
    }
}

fn shown(secret: Option<&Secret<String>>) -> Option<&str> {
    Some(secret?.expose())
}

/// The fields of vaultPaymentMethod. Those of objects inside the request are named by their path.
pub const RULES: &[FieldRule] = {
    use Form::{Region, Text, Url};
    const fn required(field: &'static str, form: Form, max_chars: usize) -> FieldRule {
        rule(
            field,
            form,
            max_chars,
            Presence::Required,
            Presence::Required,
        )
    }
    const fn optional(field: &'static str, form: Form, max_chars: usize) -> FieldRule {
        rule(
            field,
            form,
            max_chars,
            Presence::Optional,
            Presence::Optional,
        )
    }
    &[
        required("vaultingRequestId", Text, 64),
        required("vaultingNotificationUrl", Url, 2048),
        required("redirectUrl", Url, 2048),
        optional("merchantRegion", Region, 2),
        optional("merchantAccountId", Text, 64),
        optional("metadata", Text, 2048),
        required("paymentMethodDetail.paymentMethodType", Text, 64),
        required("paymentMethodDetail.card.cardNo", Text, 32),
        optional("paymentMethodDetail.card.cvv", Text, 4),
        optional("paymentMethodDetail.card.expiryYear", Text, 2),
        optional("paymentMethodDetail.card.expiryMonth", Text, 2),
        optional("paymentMethodDetail.card.dateOfBirth", Text, 10),
        optional("paymentMethodDetail.card.businessNo", Text, 10),
        optional("paymentMethodDetail.card.cardPasswordDigest", Text, 2),
        optional("paymentMethodDetail.card.cpf", Text, 11),
        optional("paymentMethodDetail.card.payerEmail", Text, 64),
        optional("paymentMethodDetail.card.networkTransactionId", Text, 256),
        optional(
            "paymentMethodDetail.card.cardholderName.firstName",
            Text,
            32,
        ),
        optional(
            "paymentMethodDetail.card.cardholderName.middleName",
            Text,
            32,
        ),
        optional("paymentMethodDetail.card.cardholderName.lastName", Text, 32),
        optional(
            "paymentMethodDetail.card.cardholderName.fullName",
            Text,
            128,
        ),
        optional("paymentMethodDetail.card.billingAddress.region", Text, 2),
        optional("paymentMethodDetail.card.billingAddress.state", Text, 8),
        optional("paymentMethodDetail.card.billingAddress.city", Text, 32),
        optional(
            "paymentMethodDetail.card.billingAddress.address1",
            Text,
            256,
        ),
        optional(
            "paymentMethodDetail.card.billingAddress.address2",
            Text,
            256,
        ),
        optional("paymentMethodDetail.card.billingAddress.zipCode", Text, 32),
        required("env.terminalType", Text, 16),
        optional("env.deviceTokenId", Text, 64),
        optional("env.deviceBrand", Text, 64),
        optional("env.deviceModel", Text, 128),
        optional("env.extendInfo", Text, 2048),
    ]
};

impl NewCard {
    /// The text of a member that has a rule.
    fn text_of(&self, field: &str) -> Option<&str> {
        let name = self.cardholder_name.as_ref();
        let address = self.billing_address.as_ref();
        match field {
            "cardNo" => shown(self.card_no.as_ref()),
            "cvv" => shown(self.cvv.as_ref()),
            "expiryYear" => self.expiry_year.as_deref(),
            "expiryMonth" => self.expiry_month.as_deref(),
            "dateOfBirth" => shown(self.date_of_birth.as_ref()),
            "businessNo" => shown(self.business_no.as_ref()),
            "cardPasswordDigest" => shown(self.card_password_digest.as_ref()),
            "cpf" => shown(self.cpf.as_ref()),
            "payerEmail" => self.payer_email.as_deref(),
            "networkTransactionId" => self.network_transaction_id.as_deref(),
            "cardholderName.firstName" => name?.first_name.as_deref(),
            "cardholderName.middleName" => name?.middle_name.as_deref(),
            "cardholderName.lastName" => name?.last_name.as_deref(),
            "cardholderName.fullName" => name?.full_name.as_deref(),
            "billingAddress.region" => address?.region.as_deref(),
            "billingAddress.state" => address?.state.as_deref(),
            "billingAddress.city" => address?.city.as_deref(),
            "billingAddress.address1" => address?.address1.as_deref(),
            "billingAddress.address2" => address?.address2.as_deref(),
            "billingAddress.zipCode" => address?.zip_code.as_deref(),
            unknown => unreachable!("{unknown} is in the rules but not in the card"),
        }
    }
}

impl Env {
    /// The text of a member that has a rule.
    fn text_of(&self, field: &str) -> Option<&str> {
        match field {
            "terminalType" => self.terminal_type.as_deref(),
            "deviceTokenId" => self.device_token_id.as_deref(),
            "deviceBrand" => self.device_brand.as_deref(),
            "deviceModel" => self.device_model.as_deref(),
            "extendInfo" => self.extend_info.as_deref(),
            unknown => unreachable!("{unknown} is in the rules but not in env"),
        }
    }

    /// What is wrong with the numbers.
    fn wrong_numbers(&self) -> impl Iterator<Item = Violation> {
        const DEPTHS: [u32; 9] = [1, 4, 8, 15, 16, 24, 30, 32, 48];
        let depth = self.color_depth.filter(|depth| !DEPTHS.contains(depth));
        let offset = self
            .time_zone_offset
            .filter(|offset| !(-720..=720).contains(offset));
        [
            depth.map(|_| {
                Violation::new("env.colorDepth", "is not 1, 4, 8, 15, 16, 24, 30, 32 or 48")
            }),
            offset.map(|_| {
                Violation::new("env.timeZoneOffset", "is not between -720 and 720 minutes")
            }),
        ]
        .into_iter()
        .flatten()
    }
}

impl Operation for VaultPaymentMethod {
    const PATH: &'static str = "/ams/api/v1/vaults/vaultPaymentMethod";
    const REPEAT: Repeat = Repeat::OnlyIfNotSent;
    type Response = PaymentMethodVaulting;

    fn request_id(&self) -> &str {
        self.vaulting_request_id.as_deref().unwrap_or_default()
    }

    fn violations(&self, product: Product) -> Vec<Violation> {
        let detail = self.payment_method_detail.as_ref();
        let text_of = |field: &str| {
            if let Some(field) = field.strip_prefix("paymentMethodDetail.card.") {
                return detail?.card.as_ref()?.text_of(field);
            }
            if let Some(field) = field.strip_prefix("env.") {
                return self.env.as_ref()?.text_of(field);
            }
            match field {
                "vaultingRequestId" => self.vaulting_request_id.as_deref(),
                "vaultingNotificationUrl" => self.vaulting_notification_url.as_deref(),
                "redirectUrl" => self.redirect_url.as_deref(),
                "merchantRegion" => self.merchant_region.as_deref(),
                "merchantAccountId" => self.merchant_account_id.as_deref(),
                "metadata" => self.metadata.as_deref(),
                "paymentMethodDetail.paymentMethodType" => detail?.payment_method_type.as_deref(),
                unknown => unreachable!("{unknown} is in the rules but not in the request"),
            }
        };
        let mut violations = rules::check(RULES, |rule| rule.presence(product), text_of);
        violations.extend(self.env.iter().flat_map(Env::wrong_numbers));
        violations
    }

    fn is_answer(result: &ApiResult) -> bool {
        result.status == ResultStatus::Unknown && result.code == "VERIFICATION_IN_PROCESS"
    }

    fn parse(&self, signed: &Signed<'_>) -> Result<PaymentMethodVaulting, ParseError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            #[serde(default, deserialize_with = "object::deserialize")]
            payment_method_detail: Option<Box<PaymentMethodDetail>>,
        }
        let verified = &signed.verified;
        let wire: Wire = verified.json()?;
        let outcome = if Self::is_answer(&signed.result) {
            VaultingOutcome::Processing(verified.json()?)
        } else {
            VaultingOutcome::Succeeded(
                wire.payment_method_detail
                    .ok_or_else(|| ParseError::new("there is no paymentMethodDetail"))?,
            )
        };
        Ok(PaymentMethodVaulting {
            request_id: self.request_id().to_owned(),
            outcome,
            response_time: signed.response_time.clone(),
            raw: verified.text()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> VaultPaymentMethod {
        VaultPaymentMethod {
            vaulting_request_id: Some("1".into()),
            vaulting_notification_url: Some("https://shop.example/n".into()),
            redirect_url: Some("https://shop.example/r".into()),
            payment_method_detail: Some(NewPaymentMethod {
                payment_method_type: Some("CARD".into()),
                card: Some(NewCard {
                    card_no: Some(Secret::new("4054695723100768".into())),
                    cvv: Some(Secret::new("987".into())),
                    ..NewCard::default()
                }),
                ..NewPaymentMethod::default()
            }),
            env: Some(Env {
                terminal_type: Some("WEB".into()),
                ..Env::default()
            }),
            ..VaultPaymentMethod::default()
        }
    }

    #[test]
    fn the_card_goes_onto_the_wire_and_nowhere_else() {
        let request = request();
        assert!(request.violations(Product::Ams).is_empty());
        let body = serde_json::to_string(&request).unwrap();
        assert!(
            body.contains(r#""card":{"cardNo":"4054695723100768","cvv":"987"}"#),
            "{body}"
        );
        let shown = format!("{request:?} {:?}", request.payment_method_detail);
        assert!(!shown.contains("4054") && !shown.contains("987"), "{shown}");
    }

    #[test]
    fn a_request_is_read_from_what_it_is_written_as() {
        let written = serde_json::to_string(&request()).unwrap();
        let read = VaultPaymentMethod::from_json(&written).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
    }

    #[test]
    fn json_that_is_no_request_is_refused_without_its_values() {
        for (json, said) in [
            ("", "it is not a JSON object"),
            ("[]", "it is not a JSON object"),
            ("{", "line 1, column 1"),
            ("{} {}", "column 4"),
            (r#"{"env":{"colorDepth":"4054"}}"#, "line 1, column 27"),
            (
                r#"{"paymentMethodDetail":{"card":{"cardNumber":"4054"}}}"#,
                "json: paymentMethodDetail.card.cardNumber is not known",
            ),
            (r#"{"4054":"x"}"#, "json: a member is not known"),
            (
                r#"{"paymentMethodDetail":{"card":{"cvv":"1","cvv":"2"}}}"#,
                "it is not JSON, or a member there",
            ),
        ] {
            let error = VaultPaymentMethod::from_json(json).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::InvalidArgument);
            assert!(error.message().contains(said), "{json}: {error}");
            assert!(!error.message().contains("4054"), "{error}");
        }
    }

    #[test]
    fn what_is_missing_is_named_by_its_path() {
        let missing = VaultPaymentMethod::default().violations(Product::Ams);
        let fields: Vec<_> = missing.iter().map(Violation::field).collect();
        assert!(
            fields.contains(&"paymentMethodDetail.card.cardNo"),
            "{fields:?}"
        );
        assert!(fields.contains(&"env.terminalType"), "{fields:?}");
    }

    /// Every rule names a member that exists, and each limit holds.
    #[test]
    fn what_is_too_long_is_named_by_its_path() {
        let long = || Some("x".repeat(3000));
        let secret = || long().map(Secret::new);
        let request = VaultPaymentMethod {
            vaulting_request_id: long(),
            vaulting_notification_url: long(),
            redirect_url: long(),
            merchant_region: long(),
            merchant_account_id: long(),
            metadata: long(),
            payment_method_detail: Some(NewPaymentMethod {
                payment_method_type: long(),
                card: Some(NewCard {
                    card_no: secret(),
                    cvv: secret(),
                    expiry_year: long(),
                    expiry_month: long(),
                    date_of_birth: secret(),
                    business_no: secret(),
                    card_password_digest: secret(),
                    cpf: secret(),
                    payer_email: long(),
                    network_transaction_id: long(),
                    cardholder_name: Some(UserName {
                        first_name: long(),
                        middle_name: long(),
                        last_name: long(),
                        full_name: long(),
                    }),
                    billing_address: Some(Address {
                        region: long(),
                        state: long(),
                        city: long(),
                        address1: long(),
                        address2: long(),
                        zip_code: long(),
                        ..Address::default()
                    }),
                    ..NewCard::default()
                }),
                ..NewPaymentMethod::default()
            }),
            env: Some(Env {
                terminal_type: long(),
                device_token_id: long(),
                device_brand: long(),
                device_model: long(),
                extend_info: long(),
                color_depth: Some(2),
                time_zone_offset: Some(721),
                ..Env::default()
            }),
            ..VaultPaymentMethod::default()
        };
        let violations = request.violations(Product::Ams);
        let fields: Vec<_> = violations.iter().map(Violation::field).collect();
        let mut expected: Vec<_> = RULES.iter().map(|rule| rule.field).collect();
        expected.extend(["env.colorDepth", "env.timeZoneOffset"]);
        assert_eq!(fields, expected);
    }

    #[test]
    fn what_the_documentation_allows_is_not_refused() {
        let mut request = request();
        let env = request.env.as_mut().unwrap();
        env.color_depth = Some(24);
        env.time_zone_offset = Some(-720);
        let card = request
            .payment_method_detail
            .as_mut()
            .unwrap()
            .card
            .as_mut()
            .unwrap();
        card.billing_address = Some(Address {
            region: Some("CN".into()),
            state: Some("zhejiang".into()),
            ..Address::default()
        });
        assert_eq!(request.violations(Product::Ams), []);
    }
}
