//! An answer in which every member that Antom names has a value, and every one is read.

use antom_core::api::objects::{
    AcquirerInfo, Address, Amount, Card, Coupon, CustomizedInfo, Discount, ExternalAccount,
    MpiData, PaymentMethodDetail, UserName, Wallet,
};
use antom_core::signature::{KeyRing, SigningKey};
use antom_core::{
    InquireVaulting, Notification, NotificationVerifier, Secret, TestNotification, VaultingOutcome,
};
use antom_test_gateway::TestGateway;
use serde_json::{Map, Value, json};

use crate::apis::INQUIRE;
use crate::support::{answers, client, result};

/// A text member, secret or not.
trait Text {
    fn text(&self) -> &str;
}

impl Text for String {
    fn text(&self) -> &str {
        self
    }
}

impl Text for Secret<String> {
    fn text(&self) -> &str {
        self.expose()
    }
}

/// An object whose text members have their own names for values.
trait Full: Sized {
    /// What is in it besides text.
    type Rest;

    fn json() -> Value;

    /// Checks every text, and gives the rest.
    fn read(self) -> Self::Rest;
}

/// Names every member, so that a new one does not compile before it stands here.
macro_rules! full {
    ($($type:ident { $($text:ident = $wire:literal),+ } and ($($object:ident: $inner:ty),*))+) => {$(
        impl Full for $type {
            type Rest = ($(Option<$inner>,)*);

            fn json() -> Value {
                let texts = [$($wire),+].map(|name| (name.to_owned(), name.into()));
                Map::from_iter(texts).into()
            }

            #[allow(clippy::unused_unit, reason = "some objects hold nothing but text")]
            fn read(self) -> Self::Rest {
                let $type { $($text,)+ $($object,)* } = self;
                $(assert_eq!($text.as_ref().map(Text::text), Some($wire), stringify!($type));)+
                ($($object,)*)
            }
        }
    )+};
}

full! {
    Wallet {
        token = "token", token_expiry_time = "tokenExpiryTime", account_no = "accountNo",
        phone_no = "phoneNo", email = "email"
    } and (account_holder_name: UserName, billing_address: Address)
    UserName {
        first_name = "firstName", middle_name = "middleName", last_name = "lastName", full_name = "fullName"
    } and ()
    Address {
        region = "region", state = "state", city = "city", address1 = "address1", address2 = "address2",
        address3 = "address3", zip_code = "zipCode", label = "label"
    } and ()
    MpiData {
        three_ds_version = "threeDSVersion", eci = "eci", cavv = "cavv",
        ds_transaction_id = "dsTransactionId", credential_type = "credentialType"
    } and ()
    ExternalAccount {
        asset_token = "assetToken", account_display_name = "accountDisplayName",
        disable_reason = "disableReason", payment_method_detail_metadata = "paymentMethodDetailMetadata"
    } and ()
    Coupon {
        coupon_id = "couponId", coupon_name = "couponName", coupon_description = "couponDescription",
        coupon_expire_time = "couponExpireTime",
        payment_method_detail_metadata = "paymentMethodDetailMetadata"
    } and (available_amount: Amount)
    Discount {
        discount_id = "discountId", discount_name = "discountName",
        discount_description = "discountDescription",
        payment_method_detail_metadata = "paymentMethodDetailMetadata"
    } and (available_amount: Amount)
    Amount {
        currency = "currency", value = "value"
    } and ()
    PaymentMethodDetail {
        payment_method_type = "paymentMethodType", payment_method_detail_type = "paymentMethodDetailType",
        extend_info = "extendInfo", interaction_type = "interactionType"
    } and (card: Card, wallet: Wallet, external_account: ExternalAccount, coupon: Coupon, discount: Discount)
    Card {
        card_token = "cardToken", card_no = "cardNo", masked_card_no = "maskedCardNo", mask = "mask",
        last_four = "lastFour", last4 = "last4", bin = "bin", fingerprint = "fingerprint", brand = "brand",
        selected_card_brand = "selectedCardBrand", expiry_month = "expiryMonth", expiry_year = "expiryYear",
        expired_month = "expiredMonth", expired_year = "expiredYear", funding = "funding",
        issuing_country = "issuingCountry", country_issue = "countryIssue", issuer_name = "issuerName",
        card_issuer = "cardIssuer", payer_email = "payerEmail", date_of_birth = "dateOfBirth",
        business_no = "businessNo", cpf = "cpf", network_transaction_id = "networkTransactionId",
        avs_result_raw = "avsResultRaw", cvv_result_raw = "cvvResultRaw",
        is_3ds_authentication = "is3DSAuthentication", request_3ds = "request3DS",
        sca_exemption_indicator = "scaExemptionIndicator",
        enable_authentication_upgrade = "enableAuthenticationUpgrade",
        authentication_flow = "authenticationFlow",
        payment_method_detail_metadata = "paymentMethodDetailMetadata"
    } and (supported_brands: Vec<String>, cardholder_name: UserName, inst_user_name: UserName, billing_address: Address, mpi_data: MpiData)
    AcquirerInfo {
        acquirer_name = "acquirerName", reference_request_id = "referenceRequestId",
        acquirer_transaction_id = "acquirerTransactionId", acquirer_merchant_id = "acquirerMerchantId",
        acquirer_result_code = "acquirerResultCode", acquirer_result_message = "acquirerResultMessage",
        acquirer_merchant_name = "acquirerMerchantName",
        acquirer_reason_description = "acquirerReasonDescription", ptsp_transaction_id = "ptspTransactionId",
        acquirer_card_token = "acquirerCardToken"
    } and ()
    CustomizedInfo {
        customized_field1 = "customizedField1", customized_field2 = "customizedField2",
        customized_field3 = "customizedField3", customized_field4 = "customizedField4",
        customized_field5 = "customizedField5"
    } and ()
}

/// The object `T` with these objects in it.
fn with<T: Full>(objects: Value) -> Value {
    let mut json = T::json();
    let Value::Object(objects) = objects else {
        panic!("objects by their names");
    };
    json.as_object_mut().unwrap().extend(objects);
    json
}

fn full_detail() -> Value {
    let amount = || json!({"availableAmount": Amount::json()});
    let card = json!({
        "supportedBrands": ["VISA", "ELO"],
        "cardholderName": UserName::json(),
        "instUserName": UserName::json(),
        "billingAddress": Address::json(),
        "mpiData": MpiData::json(),
    });
    let wallet = json!({"accountHolderName": UserName::json(), "billingAddress": Address::json()});
    with::<PaymentMethodDetail>(json!({
        "card": with::<Card>(card),
        "wallet": with::<Wallet>(wallet),
        "externalAccount": ExternalAccount::json(),
        "coupon": with::<Coupon>(amount()),
        "discount": with::<Discount>(amount()),
    }))
}

fn assert_full(detail: PaymentMethodDetail) {
    let (card, wallet, external_account, coupon, discount) = detail.read();
    let (brands, cardholder, institution, address, mpi) = card.unwrap().read();
    assert_eq!(brands.unwrap(), ["VISA", "ELO"]);
    let (holder, wallet_address) = wallet.unwrap().read();
    for name in [cardholder, institution, holder] {
        let () = name.unwrap().read();
    }
    for address in [address, wallet_address] {
        let () = address.unwrap().read();
    }
    for (amount,) in [coupon.unwrap().read(), discount.unwrap().read()] {
        let () = amount.unwrap().read();
    }
    let () = mpi.unwrap().read();
    let () = external_account.unwrap().read();
}

#[test]
fn every_member_of_an_answer_is_read_and_stays_reachable_as_json() {
    let gateway = TestGateway::start().unwrap();
    let members = json!({
        "vaultingStatus": "SUCCESS", "paymentMethodDetail": full_detail(), "aMemberOfTomorrow": {"x": 1},
    });
    let answer = result("S", "SUCCESS", members);
    gateway.add(INQUIRE, "1", answers(answer.clone()));
    let inquiry = client(&gateway, &json!({})).inquire_vaulting(&InquireVaulting {
        vaulting_request_id: "1".to_owned(),
        ..InquireVaulting::default()
    });
    let inquiry = inquiry.unwrap();
    assert_eq!(inquiry.raw.expose(), answer["body"].as_str().unwrap());
    let VaultingOutcome::Succeeded(detail) = inquiry.outcome else {
        panic!("{:?}", inquiry.outcome);
    };
    assert_full(*detail);
}

#[test]
fn every_member_of_a_notification_is_read_and_stays_reachable_as_json() {
    let antom = SigningKey::generate().signing_key;
    let body = json!({
        "result": {"resultStatus": "S", "resultCode": "SUCCESS"},
        "vaultingRequestId": "1",
        "vaultingStatus": "SUCCESS",
        "vaultingCreateTime": "2026-08-17T11:00:00+08:00",
        "metadata": "mine",
        "paymentMethodDetail": full_detail(),
        "acquirerInfo": AcquirerInfo::json(),
        "customizedInfo": CustomizedInfo::json(),
    });
    let it = TestNotification::with_body(body.to_string()).sign(&antom, "5X", "/notify");
    let verifier = NotificationVerifier::new("5X", KeyRing::new(antom.verifying_key()));
    let Ok(Notification::Vaulting(event)) =
        verifier.verify("POST", "/notify", &it.headers, &it.body)
    else {
        panic!("it is a vaulting notification");
    };
    assert_eq!(*event.raw.0.expose(), body.to_string());
    assert_eq!(event.metadata.as_deref(), Some("mine"));
    assert_eq!(event.created_at.unwrap().unix_timestamp(), 1_786_935_600);
    let () = event.acquirer_info.unwrap().read();
    let () = event.customized_info.unwrap().read();
    let VaultingOutcome::Succeeded(detail) = event.outcome else {
        panic!("{:?}", event.outcome);
    };
    assert_full(*detail);
}

/// Antom's pages and its SDKs do not agree on these names.
#[test]
fn a_member_with_two_names_is_found_under_the_first_whichever_came() {
    for (members, last_four, month) in [
        (json!({"lastFour": "1", "expiryMonth": "01"}), "1", "01"),
        (json!({"last4": "2", "expiredMonth": "02"}), "2", "02"),
        (
            json!({"last4": "2", "lastFour": "1", "expiredMonth": "02", "expiryMonth": "01"}),
            "1",
            "01",
        ),
        (
            json!({"last4": 2, "lastFour": null, "expiredMonth": 2}),
            "2",
            "2",
        ),
    ] {
        let detail: PaymentMethodDetail = serde_json::from_value(json!({"card": members})).unwrap();
        let card = detail.card.unwrap();
        assert_eq!(card.last_four.as_deref(), Some(last_four));
        assert_eq!(card.expiry_month.as_deref(), Some(month));
    }
}

/// What Antom changes in members that nobody pays with must not cost the card token.
#[test]
fn a_member_of_another_type_than_documented_does_not_lose_the_card_token() {
    let antom = SigningKey::generate().signing_key;
    let verifier = NotificationVerifier::new("5X", KeyRing::new(antom.verifying_key()));
    let gateway = TestGateway::start().unwrap();
    let client = client(&gateway, &json!({}));
    let others = [
        json!("text"),
        json!(["a", {"b": 1}]),
        json!(-1),
        json!(1),
        json!(0.5),
        json!(true),
        json!(null),
    ];
    for (number, other) in others.iter().enumerate() {
        let mut detail = json!({
            "card": {"cardToken": "TOKEN"}, "wallet": {"token": "TOKEN"}, "coupon": {}, "discount": {},
        });
        detail["externalAccount"] = other.clone();
        for object in [
            "cardholderName",
            "instUserName",
            "billingAddress",
            "mpiData",
            "brand",
        ] {
            detail["card"][object] = other.clone();
        }
        if !other.is_array() {
            detail["card"]["supportedBrands"] = other.clone();
        }
        for object in ["accountHolderName", "billingAddress"] {
            detail["wallet"][object] = other.clone();
        }
        for object in ["coupon", "discount"] {
            detail[object]["availableAmount"] = other.clone();
        }
        let mut body = json!({
            "result": {"resultStatus": "S", "resultCode": "SUCCESS"}, "vaultingStatus": "SUCCESS",
            "vaultingRequestId": number.to_string(), "paymentMethodDetail": detail,
        });
        for member in [
            "acquirerInfo",
            "customizedInfo",
            "metadata",
            "vaultingCreateTime",
            "vaultingResultCode",
        ] {
            body[member] = other.clone();
        }

        gateway.add(
            INQUIRE,
            &number.to_string(),
            answers(json!({"body": body.to_string()})),
        );
        let inquiry = client.inquire_vaulting(&InquireVaulting {
            vaulting_request_id: number.to_string(),
            ..InquireVaulting::default()
        });
        assert_token(inquiry.unwrap().outcome);
        let it = TestNotification::with_body(body.to_string()).sign(&antom, "5X", "/notify");
        let event = verifier.verify("POST", "/notify", &it.headers, &it.body);
        let Notification::Vaulting(event) = event.unwrap() else {
            panic!("it is a vaulting notification");
        };
        assert!(event.acquirer_info.is_none() && event.customized_info.is_none());
        assert_token(event.outcome);
    }
}

fn assert_token(outcome: VaultingOutcome) {
    let VaultingOutcome::Succeeded(detail) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(detail.external_account.is_none());
    assert!(detail.coupon.unwrap().available_amount.is_none());
    let card = detail.card.unwrap();
    assert!(card.cardholder_name.is_none() && card.supported_brands.is_none());
    assert_eq!(card.card_token.unwrap().expose(), "TOKEN");
}

/// Two values for one member are two answers: which one was meant, nobody knows.
#[test]
fn a_member_that_stands_twice_is_an_error_however_deep_it_stands() {
    for (card, is_read) in [
        (r#"{"cardToken":"a","billingAddress":{"city":"b"}}"#, true),
        (r#"{"cardToken":"a","cardToken":"b"}"#, false),
        (
            r#"{"cardToken":"a","billingAddress":{"city":"b","city":"c"}}"#,
            false,
        ),
        (r#"{"cardToken":"a","mpiData":{},"mpiData":"b"}"#, false),
        (r#"{"cardToken":"a","mpiData":[}"#, false),
    ] {
        let detail = format!(r#"{{"card":{card}}}"#);
        let detail = serde_json::from_str::<PaymentMethodDetail>(&detail);
        assert_eq!(detail.is_ok(), is_read, "{card}");
    }
}

#[test]
fn a_list_of_brands_keeps_what_is_text() {
    let detail = json!({"card": {"supportedBrands": ["VISA", null, 7]}});
    let detail: PaymentMethodDetail = serde_json::from_value(detail).unwrap();
    assert_eq!(
        detail.card.unwrap().supported_brands.unwrap(),
        ["VISA", "7"]
    );
}
