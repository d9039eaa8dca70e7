//! Objects that several APIs share: as they come in answers and notifications, and those that also go into requests.
//!
//! Every member is optional and every enumeration is text, because Antom adds members and values. A number or a boolean
//! where text is documented becomes text; anything but an object where an object is documented, and anything but a list
//! where a list is, counts as absent. What a type here does not have is in the verified JSON beside it.
//! `Debug` shows none of the values. Limits are in Unicode characters.
//! See <https://docs.antom.com/ac/ams/notify_vaulting>.

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// How a member of text is read and written: whatever came in its place is read as text.
pub(crate) mod text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        member: D,
    ) -> Result<Option<String>, D::Error> {
        Ok(text_of(Value::deserialize(member)?))
    }

    pub(super) fn text_of(member: Value) -> Option<String> {
        match member {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }

    #[expect(
        clippy::ref_option,
        reason = "serde calls it with a reference to the member"
    )]
    pub(in super::super) fn serialize<S: Serializer>(
        member: &Option<String>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        member.serialize(serializer)
    }
}

/// How secret text is read, and, in a request alone, written.
pub(super) mod secret {
    use serde::{Deserializer, Serialize, Serializer};

    use crate::secret::Secret;

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        member: D,
    ) -> Result<Option<Secret<String>>, D::Error> {
        Ok(super::text::deserialize(member)?.map(Secret::new))
    }

    #[expect(
        clippy::ref_option,
        reason = "serde calls it with a reference to the member"
    )]
    pub(in super::super) fn serialize<S: Serializer>(
        member: &Option<Secret<String>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        member.as_ref().map(Secret::expose).serialize(serializer)
    }
}

/// How a list of texts is read; anything else in its place counts as absent.
pub(super) mod texts {
    use serde::{Deserialize, Deserializer};
    use serde_json::Value;

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        member: D,
    ) -> Result<Option<Vec<String>>, D::Error> {
        Ok(match Value::deserialize(member)? {
            Value::Array(items) => {
                Some(items.into_iter().filter_map(super::text::text_of).collect())
            }
            _ => None,
        })
    }
}

/// How an object is read; anything else in its place counts as absent. What is wrong inside an object, for example a
/// member that stands in it twice, stays an error.
pub(crate) mod object {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::value::MapAccessDeserializer;
    use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
    use serde::{Deserialize, Deserializer};

    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
            T::deserialize(MapAccessDeserializer::new(members)).map(Some)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok(None)
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok(None)
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
        member: D,
    ) -> Result<Option<T>, D::Error> {
        member.deserialize_any(Object(PhantomData))
    }
}

/// How an object, a number or a boolean of a request is read and written. A request is our caller's: another type than
/// the documented one is a mistake to name.
#[cfg(feature = "card-data")]
pub(super) mod value {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
        member: D,
    ) -> Result<Option<T>, D::Error> {
        Option::deserialize(member)
    }

    #[expect(
        clippy::ref_option,
        reason = "serde calls it with a reference to the member"
    )]
    pub(in super::super) fn serialize<S: Serializer, T: Serialize>(
        member: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        member.serialize(serializer)
    }
}

/// Types whose members are all optional: `Deserialize` for what comes, `Serialize` for what is sent. A type with a
/// secret of Antom's is never sent, so that nobody writes it somewhere else by accident.
macro_rules! objects {
    ($($(#[doc = $doc:literal])+ $name:ident ($($derived:ident),+) {
        $($wire:literal => $field:ident: $type:ty, $how:literal, $about:literal;)+
    })+) => {$(
        $(#[doc = $doc])+
        ///
        /// `Debug` shows none of the values.
        #[derive(Default, $($derived),+)]
        #[serde(default)]
        pub struct $name {
            $(
                #[doc = concat!("`", $wire, "`", $about)]
                #[serde(rename = $wire, with = $how, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )+
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}
#[cfg(feature = "card-data")]
pub(super) use objects;

/// Reads a card, and each member with two known names under its first.
mod card {
    use serde::Deserializer;

    use super::Card;

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        member: D,
    ) -> Result<Option<Card>, D::Error> {
        let mut card: Option<Card> = super::object::deserialize(member)?;
        if let Some(card) = &mut card {
            for (first, second) in [
                (&mut card.last_four, &card.last4),
                (&mut card.expiry_month, &card.expired_month),
                (&mut card.expiry_year, &card.expired_year),
            ] {
                if first.is_none() {
                    first.clone_from(second);
                }
            }
        }
        Ok(card)
    }
}

objects! {
    /// `paymentMethodDetail`: what was vaulted.
    PaymentMethodDetail (Deserialize) {
        "paymentMethodType" => payment_method_type: String, "text", ", at most 64, for example `CARD`.";
        "card" => card: Card, "card", ".";
        "wallet" => wallet: Wallet, "object", ".";
        "paymentMethodDetailType" => payment_method_detail_type: String, "text", ": `CARD`, `EXTERNALACCOUNT`, `COUPON` or `DISCOUNT`.";
        "externalAccount" => external_account: ExternalAccount, "object", ".";
        "coupon" => coupon: Coupon, "object", ".";
        "discount" => discount: Discount, "object", ".";
        "extendInfo" => extend_info: String, "text", ".";
        "interactionType" => interaction_type: String, "text", ".";
    }
    /// `card` of an answer or a notification.
    Card (Deserialize) {
        "cardToken" => card_token: Secret<String>, "secret", ", at most 2048: the `paymentMethodId` of later payments. Keep it like a password.";
        "cardNo" => card_no: Secret<String>, "secret", ": the card's number. Not documented for answers; if it comes, PCI DSS applies.";
        "maskedCardNo" => masked_card_no: String, "text", ", at most 64, for example `************0768`.";
        "mask" => mask: String, "text", ".";
        "lastFour" => last_four: String, "text", ", or `last4` where only that came.";
        "last4" => last4: String, "text", ": see `last_four`.";
        "bin" => bin: String, "text", ": the first digits of the number.";
        "fingerprint" => fingerprint: String, "text", ": the same for the same card.";
        "brand" => brand: String, "text", ", for example `VISA`.";
        "selectedCardBrand" => selected_card_brand: String, "text", ", on cards with two brands.";
        "supportedBrands" => supported_brands: Vec<String>, "texts", ".";
        "expiryMonth" => expiry_month: String, "text", ", two digits; or `expiredMonth` where only that came.";
        "expiryYear" => expiry_year: String, "text", ", two digits; or `expiredYear` where only that came.";
        "expiredMonth" => expired_month: String, "text", ": see `expiry_month`.";
        "expiredYear" => expired_year: String, "text", ": see `expiry_year`.";
        "funding" => funding: String, "text", ": `CREDIT`, `DEBIT`, `PREPAID`, `CHARGE` or `DEFERRED_DEBIT`.";
        "issuingCountry" => issuing_country: String, "text", ", two letters.";
        "countryIssue" => country_issue: String, "text", ".";
        "issuerName" => issuer_name: String, "text", ".";
        "cardIssuer" => card_issuer: String, "text", ".";
        "cardholderName" => cardholder_name: UserName, "object", ".";
        "instUserName" => inst_user_name: UserName, "object", ".";
        "billingAddress" => billing_address: Address, "object", ".";
        "payerEmail" => payer_email: String, "text", ", at most 64: Brazil, Chile, Mexico, Peru.";
        "dateOfBirth" => date_of_birth: Secret<String>, "secret", ", at most 10: Korea, personal cards.";
        "businessNo" => business_no: Secret<String>, "secret", ", at most 10: Korea, corporate cards.";
        "cpf" => cpf: Secret<String>, "secret", ", at most 11: Brazil.";
        "networkTransactionId" => network_transaction_id: String, "text", ", at most 256.";
        "avsResultRaw" => avs_result_raw: String, "text", ": the address check, as the acquirer gave it.";
        "cvvResultRaw" => cvv_result_raw: String, "text", ": the security code check, as the acquirer gave it.";
        "is3DSAuthentication" => is_3ds_authentication: String, "text", ": `true` or `false`.";
        "request3DS" => request_3ds: String, "text", ".";
        "scaExemptionIndicator" => sca_exemption_indicator: String, "text", ".";
        "enableAuthenticationUpgrade" => enable_authentication_upgrade: String, "text", ".";
        "authenticationFlow" => authentication_flow: String, "text", ".";
        "mpiData" => mpi_data: MpiData, "object", ": the outcome of a 3-D Secure authentication.";
        "paymentMethodDetailMetadata" => payment_method_detail_metadata: String, "text", ".";
    }
    /// `wallet`.
    Wallet (Deserialize) {
        "token" => token: Secret<String>, "secret", ".";
        "tokenExpiryTime" => token_expiry_time: String, "text", ".";
        "accountNo" => account_no: Secret<String>, "secret", ".";
        "accountHolderName" => account_holder_name: UserName, "object", ".";
        "phoneNo" => phone_no: String, "text", ".";
        "email" => email: String, "text", ".";
        "billingAddress" => billing_address: Address, "object", ".";
    }
    /// `cardholderName`, `instUserName` or `accountHolderName`.
    UserName (Serialize, Deserialize) {
        "firstName" => first_name: String, "text", ", at most 32.";
        "middleName" => middle_name: String, "text", ", at most 32.";
        "lastName" => last_name: String, "text", ", at most 32.";
        "fullName" => full_name: String, "text", ", at most 128.";
    }
    /// `billingAddress`.
    Address (Serialize, Deserialize) {
        "region" => region: String, "text", ", two letters.";
        "state" => state: String, "text", ", at most 8.";
        "city" => city: String, "text", ", at most 32.";
        "address1" => address1: String, "text", ", at most 256.";
        "address2" => address2: String, "text", ", at most 256.";
        "address3" => address3: String, "text", ".";
        "zipCode" => zip_code: String, "text", ", at most 32.";
        "label" => label: String, "text", ".";
    }
    /// `mpiData`: the outcome of a 3-D Secure authentication made elsewhere.
    MpiData (Serialize, Deserialize) {
        "threeDSVersion" => three_ds_version: String, "text", ".";
        "eci" => eci: String, "text", ".";
        "cavv" => cavv: Secret<String>, "secret", ".";
        "dsTransactionId" => ds_transaction_id: String, "text", ".";
        "credentialType" => credential_type: String, "text", ".";
    }
    /// `customizedInfo`: the merchant's own text.
    CustomizedInfo (Serialize, Deserialize) {
        "customizedField1" => customized_field1: String, "text", ".";
        "customizedField2" => customized_field2: String, "text", ".";
        "customizedField3" => customized_field3: String, "text", ".";
        "customizedField4" => customized_field4: String, "text", ".";
        "customizedField5" => customized_field5: String, "text", ".";
    }
    /// `externalAccount`.
    ExternalAccount (Deserialize) {
        "assetToken" => asset_token: Secret<String>, "secret", ".";
        "accountDisplayName" => account_display_name: String, "text", ".";
        "disableReason" => disable_reason: String, "text", ".";
        "paymentMethodDetailMetadata" => payment_method_detail_metadata: String, "text", ".";
    }
    /// `coupon`.
    Coupon (Deserialize) {
        "couponId" => coupon_id: String, "text", ".";
        "availableAmount" => available_amount: Amount, "object", ".";
        "couponName" => coupon_name: String, "text", ".";
        "couponDescription" => coupon_description: String, "text", ".";
        "couponExpireTime" => coupon_expire_time: String, "text", ".";
        "paymentMethodDetailMetadata" => payment_method_detail_metadata: String, "text", ".";
    }
    /// `discount`.
    Discount (Deserialize) {
        "discountId" => discount_id: String, "text", ".";
        "discountName" => discount_name: String, "text", ".";
        "availableAmount" => available_amount: Amount, "object", ".";
        "discountDescription" => discount_description: String, "text", ".";
        "paymentMethodDetailMetadata" => payment_method_detail_metadata: String, "text", ".";
    }
    /// An amount of money.
    Amount (Deserialize) {
        "currency" => currency: String, "text", ": three letters, ISO 4217.";
        "value" => value: String, "text", ": in the smallest unit of the currency.";
    }
    /// `acquirerInfo`: what the acquirer said. Each at most 64.
    AcquirerInfo (Deserialize) {
        "acquirerName" => acquirer_name: String, "text", ".";
        "referenceRequestId" => reference_request_id: String, "text", ".";
        "acquirerTransactionId" => acquirer_transaction_id: String, "text", ".";
        "acquirerMerchantId" => acquirer_merchant_id: String, "text", ".";
        "acquirerResultCode" => acquirer_result_code: String, "text", ".";
        "acquirerResultMessage" => acquirer_result_message: String, "text", ".";
        "acquirerMerchantName" => acquirer_merchant_name: String, "text", ".";
        "acquirerReasonDescription" => acquirer_reason_description: String, "text", ".";
        "ptspTransactionId" => ptsp_transaction_id: String, "text", ".";
        "acquirerCardToken" => acquirer_card_token: Secret<String>, "secret", ".";
    }
    /// Where to send the buyer when the vaulting needs another step.
    NextStep (Deserialize) {
        "normalUrl" => normal_url: String, "text", ", at most 2048: a web page.";
        "schemeUrl" => scheme_url: String, "text", ", at most 2048: opens an app by its scheme.";
        "applinkUrl" => applink_url: String, "text", ", at most 2048: opens an app by a universal or app link.";
    }
}
