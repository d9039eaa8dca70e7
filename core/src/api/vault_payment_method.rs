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

use serde::{Deserialize, Serialize, Serializer};

use super::inquire_vaulting::VaultingOutcome;
use super::objects::PaymentMethodDetail;
use super::result::{ApiResult, ResultStatus};
use super::rules::{self, FieldRule, Form, Presence, Product, Violation, rule};
use super::{Operation, ParseError};
use crate::retry::Repeat;
use crate::secret::Secret;
use crate::trust::Verified;

#[expect(
    clippy::ref_option,
    reason = "serde calls it with a reference to the member"
)]
fn exposed<S: Serializer>(
    secret: &Option<Secret<String>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(Secret::expose).serialize(serializer)
}

macro_rules! objects {
    ($($(#[doc = $doc:literal])+ $name:ident {
        $($wire:literal => $field:ident: $type:ty $(, $how:literal)?; $about:literal)+
    })+) => {$(
        $(#[doc = $doc])+
        ///
        /// `Debug` shows none of the values.
        #[derive(Default, Serialize)]
        pub struct $name {
            $(
                #[doc = concat!("`", $wire, "`", $about)]
                #[serde(rename = $wire, skip_serializing_if = "Option::is_none" $(, serialize_with = $how)?)]
                pub $field: Option<$type>,
            )+
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

objects! {
    /// The request of vaultPaymentMethod. See <https://docs.antom.com/ac/ams/vault_method>.
    VaultPaymentMethod {
        "vaultingRequestId" => vaulting_request_id: String; ": the merchant's unique id, at most 64 characters; made by the client if left out."
        "vaultingNotificationUrl" => vaulting_notification_url: String; ": where Antom posts the outcome. Required, at most 2048."
        "redirectUrl" => redirect_url: String; ": where the buyer goes after a verification. Required, at most 2048."
        "paymentMethodDetail" => payment_method_detail: NewPaymentMethod; ": what to vault. Required."
        "env" => env: Env; ": the buyer's device. Required."
        "merchantRegion" => merchant_region: String; ": two capital letters."
        "merchantAccountId" => merchant_account_id: String; ", at most 64."
        "metadata" => metadata: String; ": the merchant's own text, at most 2048; comes back in the notification."
        "vaultingCurrency" => vaulting_currency: String; "."
    }
    /// `paymentMethodDetail` of a request.
    NewPaymentMethod {
        "paymentMethodType" => payment_method_type: String; ": `CARD`. Required."
        "card" => card: NewCard; ". Required."
    }
    /// `card` of a request.
    NewCard {
        "cardNo" => card_no: Secret<String>, "exposed"; ": the card's number, at most 32. Required."
        "cvv" => cvv: Secret<String>, "exposed"; ": the security code, at most 4."
        "expiryYear" => expiry_year: String; ": two digits."
        "expiryMonth" => expiry_month: String; ": two digits."
        "brand" => brand: String; ", for example `VISA`."
        "selectedCardBrand" => selected_card_brand: String; "."
        "cardholderName" => cardholder_name: Name; "."
        "billingAddress" => billing_address: Address; "."
        "dateOfBirth" => date_of_birth: Secret<String>, "exposed"; ": Korea, personal cards; at most 10."
        "businessNo" => business_no: Secret<String>, "exposed"; ": Korea, corporate cards; at most 10."
        "cardPasswordDigest" => card_password_digest: Secret<String>, "exposed"; ": Korea, the first two digits of the password."
        "cpf" => cpf: Secret<String>, "exposed"; ": Brazil, at most 11."
        "payerEmail" => payer_email: String; ": Brazil, Chile, Mexico, Peru; at most 64."
        "networkTransactionId" => network_transaction_id: String; ", at most 256."
        "is3DSAuthentication" => is_3ds_authentication: bool; ": whether to ask for 3-D Secure."
        "request3DS" => request_3ds: String; "."
        "scaExemptionIndicator" => sca_exemption_indicator: String; "."
        "enableAuthenticationUpgrade" => enable_authentication_upgrade: String; "."
        "authenticationFlow" => authentication_flow: String; "."
        "mpiData" => mpi_data: MpiData; ": the outcome of a 3-D Secure authentication made elsewhere."
    }
    /// `mpiData`.
    MpiData {
        "threeDSVersion" => three_ds_version: String; "."
        "eci" => eci: String; "."
        "cavv" => cavv: Secret<String>, "exposed"; "."
        "dsTransactionId" => ds_transaction_id: String; "."
        "credentialType" => credential_type: String; "."
    }
    /// `cardholderName` of a request.
    Name {
        "firstName" => first_name: String; ", at most 32."
        "middleName" => middle_name: String; ", at most 32."
        "lastName" => last_name: String; ", at most 32."
        "fullName" => full_name: String; ", at most 128."
    }
    /// `billingAddress` of a request.
    Address {
        "region" => region: String; ", two letters."
        "state" => state: String; ", at most 8."
        "city" => city: String; ", at most 32."
        "address1" => address1: String; ", at most 256."
        "address2" => address2: String; ", at most 256."
        "zipCode" => zip_code: String; ", at most 32."
    }
    /// `env`: the buyer's device.
    Env {
        "terminalType" => terminal_type: String; ": `WEB`, `WAP`, `APP` or `MINI_APP`. Required."
        "osType" => os_type: String; ": `IOS` or `ANDROID`."
        "userAgent" => user_agent: String; "."
        "clientIp" => client_ip: String; "."
        "cookieId" => cookie_id: String; "."
        "deviceTokenId" => device_token_id: String; ", at most 64."
        "deviceId" => device_id: String; "."
        "deviceBrand" => device_brand: String; ", at most 64."
        "deviceModel" => device_model: String; ", at most 128."
        "deviceLanguage" => device_language: String; "."
        "osVersion" => os_version: String; "."
        "extendInfo" => extend_info: String; ", at most 2048."
        "storeTerminalId" => store_terminal_id: String; "."
        "storeTerminalRequestTime" => store_terminal_request_time: String; "."
        "browserInfo" => browser_info: BrowserInfo; "."
        "colorDepth" => color_depth: u32; ": 1, 4, 8, 15, 16, 24, 30, 32 or 48 bits."
        "screenHeight" => screen_height: u32; ", in pixels."
        "screenWidth" => screen_width: u32; ", in pixels."
        "timeZoneOffset" => time_zone_offset: i32; ": minutes, -720 to 720."
    }
    /// `browserInfo`.
    BrowserInfo {
        "acceptHeader" => accept_header: String; "."
        "javaEnabled" => java_enabled: bool; "."
        "javaScriptEnabled" => java_script_enabled: bool; "."
        "language" => language: String; "."
        "userAgent" => user_agent: String; "."
    }
}

/// What became of the request.
pub struct PaymentMethodVaulting {
    /// The `vaultingRequestId`.
    pub request_id: String,
    /// [`VaultingOutcome::Succeeded`] with the token, or [`VaultingOutcome::Processing`]: send the buyer to one of the
    /// URLs, or start again with a new id if there is none. A failure is an error.
    pub outcome: VaultingOutcome,
    /// The whole verified answer as JSON. Holds the card token.
    pub raw: Secret<String>,
}

impl fmt::Debug for PaymentMethodVaulting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentMethodVaulting")
            .field("request_id", &self.request_id)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

fn shown(secret: Option<&Secret<String>>) -> Option<&str> {
    Some(secret?.expose())
}

/// The fields of vaultPaymentMethod. Those of objects inside the request are named by their path.
pub const RULES: &[FieldRule] = {
    use Presence::{Optional, Required};
    const fn both(
        field: &'static str,
        form: Form,
        max_chars: usize,
        presence: Presence,
    ) -> FieldRule {
        rule(field, form, max_chars, presence, presence)
    }
    &[
        both("vaultingRequestId", Form::Text, 64, Required),
        both("vaultingNotificationUrl", Form::Url, 2048, Required),
        both("redirectUrl", Form::Url, 2048, Required),
        both("merchantRegion", Form::Region, 2, Optional),
        both("merchantAccountId", Form::Text, 64, Optional),
        both("metadata", Form::Text, 2048, Optional),
        both(
            "paymentMethodDetail.paymentMethodType",
            Form::Text,
            64,
            Required,
        ),
        both("paymentMethodDetail.card.cardNo", Form::Text, 32, Required),
        both("paymentMethodDetail.card.cvv", Form::Text, 4, Optional),
        both(
            "paymentMethodDetail.card.expiryYear",
            Form::Text,
            2,
            Optional,
        ),
        both(
            "paymentMethodDetail.card.expiryMonth",
            Form::Text,
            2,
            Optional,
        ),
        both("env.terminalType", Form::Text, 16, Required),
    ]
};

impl Operation for VaultPaymentMethod {
    const PATH: &'static str = "/ams/api/v1/vaults/vaultPaymentMethod";
    const REPEAT: Repeat = Repeat::OnlyIfNotSent;
    type Response = PaymentMethodVaulting;

    fn request_id(&self) -> &str {
        self.vaulting_request_id.as_deref().unwrap_or_default()
    }

    fn violations(&self, product: Product) -> Vec<Violation> {
        let detail = self.payment_method_detail.as_ref();
        let card = detail.and_then(|detail| detail.card.as_ref());
        rules::check(
            RULES,
            |rule| rule.presence(product),
            |field| match field {
                "vaultingRequestId" => self.vaulting_request_id.as_deref(),
                "vaultingNotificationUrl" => self.vaulting_notification_url.as_deref(),
                "redirectUrl" => self.redirect_url.as_deref(),
                "merchantRegion" => self.merchant_region.as_deref(),
                "merchantAccountId" => self.merchant_account_id.as_deref(),
                "metadata" => self.metadata.as_deref(),
                "paymentMethodDetail.paymentMethodType" => detail?.payment_method_type.as_deref(),
                "paymentMethodDetail.card.cardNo" => shown(card?.card_no.as_ref()),
                "paymentMethodDetail.card.cvv" => shown(card?.cvv.as_ref()),
                "paymentMethodDetail.card.expiryYear" => card?.expiry_year.as_deref(),
                "paymentMethodDetail.card.expiryMonth" => card?.expiry_month.as_deref(),
                _ => self.env.as_ref()?.terminal_type.as_deref(),
            },
        )
    }

    fn is_answer(result: &ApiResult) -> bool {
        result.status == ResultStatus::Unknown && result.code == "VERIFICATION_IN_PROCESS"
    }

    fn parse(
        &self,
        result: &ApiResult,
        verified: &Verified<'_>,
    ) -> Result<PaymentMethodVaulting, ParseError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            payment_method_detail: Option<Box<PaymentMethodDetail>>,
        }
        let wire: Wire = verified.json()?;
        let outcome = if Self::is_answer(result) {
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
    fn what_is_missing_is_named_by_its_path() {
        let missing = VaultPaymentMethod::default().violations(Product::Ams);
        let fields: Vec<_> = missing.iter().map(Violation::field).collect();
        assert!(
            fields.contains(&"paymentMethodDetail.card.cardNo"),
            "{fields:?}"
        );
        assert!(fields.contains(&"env.terminalType"), "{fields:?}");
    }
}
