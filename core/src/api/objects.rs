//! Objects that several APIs share, as they come in answers and notifications.
//!
//! Every member is optional and every enumeration is text, because Antom adds members and values; a number or a
//! boolean where text is documented becomes text. What a type here does not have is in the verified JSON beside it.
//! `Debug` shows none of the values. See <https://docs.antom.com/ac/ams/notify_vaulting>.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::secret::Secret;

/// Text, or whatever came in its place, as text.
fn text<'de, D: Deserializer<'de>>(member: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(member)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

fn secret<'de, D: Deserializer<'de>>(member: D) -> Result<Option<Secret<String>>, D::Error> {
    Ok(text(member)?.map(Secret::new))
}

fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    member: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(member)
}

macro_rules! objects {
    ($($(#[doc = $doc:literal])+ $name:ident {
        $($wire:literal $(or $alias:literal)? => $field:ident: $type:ty, $how:literal, $about:literal;)+
    })+) => {$(
        $(#[doc = $doc])+
        #[derive(Default, Deserialize)]
        #[serde(default)]
        pub struct $name {
            $(
                #[doc = concat!("`", $wire, "`", $about)]
                #[serde(rename = $wire, $(alias = $alias,)? deserialize_with = $how)]
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
    /// `paymentMethodDetail`: what was vaulted.
    PaymentMethodDetail {
        "paymentMethodType" => payment_method_type: String, "text", ", for example `CARD`.";
        "card" => card: Card, "object", ".";
        "wallet" => wallet: Wallet, "object", ".";
        "paymentMethodDetailType" => payment_method_detail_type: String, "text", ": `CARD`, `EXTERNALACCOUNT`, `COUPON` or `DISCOUNT`.";
        "externalAccount" => external_account: ExternalAccount, "object", ".";
        "coupon" => coupon: Coupon, "object", ".";
        "discount" => discount: Discount, "object", ".";
        "extendInfo" => extend_info: String, "text", ".";
        "interactionType" => interaction_type: String, "text", ".";
    }
    /// `card`.
    Card {
        "cardToken" => card_token: Secret<String>, "secret", ", at most 2048 characters: the `paymentMethodId` of later payments. Keep it like a password.";
        "brand" => brand: String, "text", ", for example `VISA`.";
        "selectedCardBrand" => selected_card_brand: String, "text", ", on cards with two brands.";
        "supportedBrands" => supported_brands: Vec<String>, "object", ".";
        "maskedCardNo" => masked_card_no: String, "text", ", for example `************0768`.";
        "lastFour" or "last4" => last_four: String, "text", ", or `last4` where that came instead.";
        "bin" or "cardBin" => bin: String, "text", ": the first digits of the number.";
        "expiryMonth" or "expiredMonth" => expiry_month: String, "text", ", two digits; or `expiredMonth`.";
        "expiryYear" or "expiredYear" => expiry_year: String, "text", ", two digits; or `expiredYear`.";
        "funding" => funding: String, "text", ": `CREDIT`, `DEBIT`, `PREPAID`, `CHARGE` or `DEFERRED_DEBIT`.";
        "issuingCountry" => issuing_country: String, "text", ", two letters.";
        "issuerName" => issuer_name: String, "text", ".";
        "cardIssuer" => card_issuer: String, "text", ".";
        "cardholderName" => cardholder_name: UserName, "object", ".";
        "billingAddress" => billing_address: Address, "object", ".";
        "networkTransactionId" => network_transaction_id: String, "text", ", at most 256 characters.";
        "avsResultRaw" => avs_result_raw: String, "text", ": the address check, as the acquirer gave it.";
        "cvvResultRaw" => cvv_result_raw: String, "text", ": the security code check, as the acquirer gave it.";
        "fingerprint" => fingerprint: String, "text", ": the same for the same card.";
        "is3DSAuthentication" => is_3ds_authentication: String, "text", ".";
    }
    /// `wallet`.
    Wallet {
        "token" => token: Secret<String>, "secret", ".";
        "tokenExpiryTime" => token_expiry_time: String, "text", ".";
        "accountNo" => account_no: Secret<String>, "secret", ".";
        "accountHolderName" => account_holder_name: UserName, "object", ".";
        "phoneNo" => phone_no: String, "text", ".";
        "email" => email: String, "text", ".";
        "billingAddress" => billing_address: Address, "object", ".";
    }
    /// `cardholderName` or `accountHolderName`.
    UserName {
        "firstName" => first_name: String, "text", ".";
        "middleName" => middle_name: String, "text", ".";
        "lastName" => last_name: String, "text", ".";
        "fullName" => full_name: String, "text", ".";
    }
    /// `billingAddress`.
    Address {
        "region" => region: String, "text", ", two letters.";
        "state" => state: String, "text", ".";
        "city" => city: String, "text", ".";
        "address1" => address1: String, "text", ".";
        "address2" => address2: String, "text", ".";
        "address3" => address3: String, "text", ".";
        "zipCode" => zip_code: String, "text", ".";
        "label" => label: String, "text", ".";
    }
    /// `externalAccount`.
    ExternalAccount {
        "assetToken" => asset_token: Secret<String>, "secret", ".";
        "accountDisplayName" => account_display_name: String, "text", ".";
        "disableReason" => disable_reason: String, "text", ".";
        "paymentMethodDetailMetadata" => payment_method_detail_metadata: String, "text", ".";
    }
    /// `coupon`.
    Coupon {
        "couponId" => coupon_id: String, "text", ".";
        "availableAmount" => available_amount: String, "text", ", as JSON.";
        "couponName" => coupon_name: String, "text", ".";
        "couponDescription" => coupon_description: String, "text", ".";
        "couponExpireTime" => coupon_expire_time: String, "text", ".";
        "paymentMethodDetailMetadata" => payment_method_detail_metadata: String, "text", ".";
    }
    /// `discount`.
    Discount {
        "discountId" => discount_id: String, "text", ".";
        "discountName" => discount_name: String, "text", ".";
        "availableAmount" => available_amount: String, "text", ", as JSON.";
        "discountDescription" => discount_description: String, "text", ".";
        "paymentMethodDetailMetadata" => payment_method_detail_metadata: String, "text", ".";
    }
    /// `acquirerInfo`: what the acquirer said.
    AcquirerInfo {
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
    NextStep {
        "normalUrl" => normal_url: String, "text", ": a web page.";
        "schemeUrl" => scheme_url: String, "text", ": opens an app by its scheme.";
        "applinkUrl" => applink_url: String, "text", ": opens an app by a universal or app link.";
    }
}
