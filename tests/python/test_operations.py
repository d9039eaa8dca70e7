"""Inquiries, recovery, cards, calls of any API, and the doctor. The answers are those of tests/vectors/answers.json."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest
from support import Gateway, key, offline_client

import antom

CARD_NUMBER = "4111111111111111"
CARD = {"paymentMethodType": "CARD", "card": {"cardNo": CARD_NUMBER, "cvv": "123", "expiryMonth": "02"}}
NONCE = "/ams/api/v1/vaults/fetchNonce"


@pytest.fixture(name="client")
def _client(gateway: Gateway) -> Iterator[antom.Client]:
    with gateway.client() as client:
        yield client


def vault(client: antom.Client, vaulting_request_id: str, **other: Any) -> antom.Vaulting:
    return client.vault_payment_method(
        **{
            "vaulting_request_id": vaulting_request_id,
            "payment_method_detail": CARD,
            "env": {"terminalType": "WEB"},
            "vaulting_notification_url": "https://shop.example/notify",
            "redirect_url": "https://shop.example/return",
            **other,
        }
    )


def test_an_inquiry_finds_the_card(client: antom.Client) -> None:
    it = client.inquire_vaulting("inquiry_succeeded")
    assert (it.request_id, it.outcome, it.metadata) == ("inquiry_succeeded", antom.Outcome.SUCCEEDED, "mine")
    assert it.card is not None
    assert (it.card.token, it.card.brand, it.card.last_four) == ("TOKEN+/==", "VISA", "0768")
    assert (it.card.expiry_month, it.card.expiry_year, it.card.funding) == ("02", "29", None)
    assert it.response_time is not None
    assert it.clock_skew is not None
    assert abs(it.response_time - datetime.now(timezone.utc)) < timedelta(seconds=30)
    assert abs(it.clock_skew) < timedelta(seconds=30)
    assert json.loads(it.raw)["vaultingStatus"] == "SUCCESS"
    assert "TOKEN" not in repr(it) + str(it)
    assert pickle.loads(pickle.dumps(it)) == it
    with pytest.raises(AttributeError, match="is frozen"):
        it.card = None  # type: ignore[misc]


def test_an_inquiry_finds_a_wallet_a_failure_a_next_step_and_what_is_new(client: antom.Client) -> None:
    wallet = client.inquire_vaulting("inquiry_succeeded_wallet")
    assert (wallet.payment_method_type, wallet.wallet and wallet.wallet.token) == ("GCASH", "WALLET==")
    failed = client.inquire_vaulting("inquiry_failed")
    assert (failed.outcome, failed.code, failed.message) == (antom.Outcome.FAILED, "CARD_EXPIRED", "It expired.")
    processing = client.inquire_vaulting("inquiry_processing")
    assert processing.next_step is not None
    assert processing.next_step.normal_url == "https://bank.example/3ds"
    assert client.inquire_vaulting("inquiry_of_a_new_status").outcome == "PAUSED"


def test_the_age_of_an_answer_is_measured_and_may_be_limited(gateway: Gateway, client: antom.Client) -> None:
    old = client.inquire_vaulting("inquiry_of_long_ago")
    assert old.response_time == datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=8)))
    assert old.clock_skew is not None
    assert old.clock_skew < timedelta(days=-365)
    with gateway.client(max_response_age=timedelta(minutes=5)) as strict:
        assert strict.inquire_vaulting("inquiry_succeeded").card
        with pytest.raises(antom.UntrustedResponseError, match="response-time"):
            strict.inquire_vaulting("inquiry_of_long_ago")
    with pytest.raises(antom.ConfigError, match="maximum response age: it must be at least 1 s"):
        offline_client(max_response_age=0.5)


def test_a_recovery_says_whether_the_request_arrived(client: antom.Client) -> None:
    known = client.recover("inquiry_succeeded")
    assert known is not None
    assert known.outcome is antom.Outcome.SUCCEEDED
    assert client.recover("inquiry_never_arrived") is None
    # Whoever cannot sign does not say so.
    with pytest.raises(antom.ApiError) as caught:
        client.recover("inquiry_never_arrived_unsigned")
    assert (caught.value.result_code, caught.value.authenticated) == ("VAULTING_NOT_EXIST", False)


def test_an_inquiry_for_nothing_is_refused(client: antom.Client) -> None:
    with pytest.raises(antom.InvalidRequestError) as caught:
        client.inquire_vaulting("", merchant_account_id="7")
    assert [violation.field for violation in caught.value.violations] == ["vaultingRequestId", "merchantAccountId"]
    with pytest.raises(TypeError, match=r"^vaulting_request_id must be str, not int$"):
        client.inquire_vaulting(7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^vaulting_request_id must be str, not NoneType$"):
        client.recover(None)  # type: ignore[arg-type]


def test_a_card_is_vaulted(client: antom.Client) -> None:
    it = vault(client, "card_vaulted", payment_method_detail=MappingProxyType(CARD), customized_info={})
    assert (it.outcome, it.card and it.card.token) == (antom.Outcome.SUCCEEDED, "TOKEN+/==")
    it = vault(client, "card_in_process")
    assert it.outcome is antom.Outcome.PROCESSING
    assert it.next_step is not None
    assert it.next_step.normal_url == "https://bank.example/3ds"


def test_a_card_is_never_sent_twice_and_never_shown(client: antom.Client) -> None:
    with pytest.raises(antom.ApiError) as refused:
        vault(client, "card_refused")
    with pytest.raises(antom.OutcomeUnknownError) as unknown:
        vault(client, "card_unavailable")
    assert (unknown.value.attempts, unknown.value.retryable) == (1, False)
    assert unknown.value.request_id == "card_unavailable"
    assert CARD_NUMBER not in str(refused.value) + str(unknown.value)


@pytest.mark.parametrize(
    ("other", "error", "why"),
    [
        ({"env": {"terminal": "WEB"}}, antom.InvalidArgumentError, r"json: env\.terminal is not known here"),
        ({"env": 7}, antom.InvalidArgumentError, "another type than the API documents"),
        ({"metadata": "\ud800"}, antom.InvalidArgumentError, "json holds a lone surrogate"),
        ({"env": {}}, antom.InvalidRequestError, "env.terminalType"),
        ({"env": {"terminalType": b"WEB"}}, TypeError, "a value in json is of type bytes, which JSON does not have"),
        ({"env": {"colorDepth": float("nan")}}, ValueError, "not JSON compliant"),
    ],
)
def test_a_card_request_that_cannot_be_is_refused(other: Any, error: type[Exception], why: str) -> None:
    with pytest.raises(error, match=why) as caught:
        vault(offline_client(), "card_vaulted", **other)
    assert CARD_NUMBER not in str(caught.value)


def test_any_api_can_be_called(client: antom.Client) -> None:
    text = '{"vaultingRequestId": "call_succeeded"}'
    for request in (json.loads(text), text, text.encode()):
        answer = client.call(NONCE, request)
        assert answer.json()["nonce"] == "Zoë"
        assert json.loads(answer.raw) == answer.json()
        assert answer.response_time is not None
        assert answer.clock_skew is not None
        assert "nonce" not in repr(answer)
    with pytest.raises(antom.ApiError, match="PARAM_ILLEGAL"):
        client.call(NONCE, {"vaultingRequestId": "call_failed"})
    with pytest.raises(antom.UntrustedResponseError):
        client.call(NONCE, {"vaultingRequestId": "call_untrusted"})


def test_a_call_is_repeated_only_where_that_is_harmless(client: antom.Client) -> None:
    with pytest.raises(antom.OutcomeUnknownError) as once:
        client.call(NONCE, {"vaultingRequestId": "call_unavailable"})
    assert once.value.attempts == 1
    with pytest.raises(antom.OutcomeUnknownError) as often:
        client.call(NONCE, {"vaultingRequestId": "call_unavailable"}, idempotent=True)
    assert often.value.attempts == 3


def test_a_call_says_what_it_does_not_take() -> None:
    client: Any = offline_client()
    with pytest.raises(antom.InvalidArgumentError, match="path: it must begin with /ams/api/"):
        client.call("/other", {})
    with pytest.raises(antom.InvalidArgumentError, match="body: it is not a JSON object"):
        client.call(NONCE, "[]")
    with pytest.raises(antom.InvalidArgumentError, match=r"^json must be UTF-8: encode the text with \.encode\(\)$"):
        client.call(NONCE, '{"a": "ä"}'.encode("latin-1"))
    with pytest.raises(TypeError, match=r"^json must be str, bytes or a mapping, not list$"):
        client.call(NONCE, [])
    with pytest.raises(TypeError, match=r"^idempotent must be bool, not int$"):
        client.call(NONCE, {}, idempotent=1)


def test_a_session_says_when_it_was_made(client: antom.Client) -> None:
    session = client.create_vaulting_session(payment_method_type="CARD")
    assert session.response_time is not None
    assert session.clock_skew is not None


def test_the_doctor_finds_the_cause() -> None:
    client = offline_client()
    message: dict[str, Any] = {
        "method": "POST",
        "path": "/ams/api/v1/x",
        "client_id": "SANDBOX_5X00000000000000",
        "time": "1755403200123",
        "body": b"{}",
    }
    signature = client.sign(message["method"], message["path"], message["time"], message["body"])
    well = client.diagnose(sender="merchant", signature=signature, **message)
    assert (well.cause, well.what, well.fix) == (None, None, None)
    wrong = {**message, "path": "/ams/sandbox/api/v1/x"}
    ill = client.diagnose(sender="merchant", signature=signature, **wrong)
    assert ill.cause == "path_sandbox"
    assert ill.what
    assert ill.fix
    assert ill.string_to_sign.startswith(b"POST /ams/sandbox/api/v1/x\n")
    assert "string_to_sign" not in repr(ill)
    assert client.diagnose(sender="antom", signature=signature, **message).cause == "other_key"
    with pytest.raises(antom.InvalidArgumentError, match="sender must be 'antom' or 'merchant'"):
        client.diagnose(sender="me", signature=signature, **message)  # type: ignore[arg-type]
    keyless = offline_client(private_key=lambda _content, _sha256: b"")
    with pytest.raises(antom.ConfigError, match="no public key of its sender is configured"):
        keyless.diagnose(sender="merchant", signature=signature, **message)


def test_the_time_to_sign_may_be_a_datetime() -> None:
    client = offline_client()
    moment = datetime(2025, 8, 17, 4, 0, 0, 123456, tzinfo=timezone.utc)
    assert client.sign("POST", "/", moment, "") == client.sign("POST", "/", "1755403200123", "")
    with pytest.raises(antom.InvalidArgumentError, match="time must be an aware datetime: give it a time zone"):
        client.sign("POST", "/", moment.replace(tzinfo=None), "")


def test_several_keys_of_antom_are_valid() -> None:
    antoms = offline_client(
        private_key=key("gateway"), antom_public_key=key("merchant", "public_spki"), key_version="2"
    )
    signature = antoms.sign("POST", "/", "1", "")
    stranger = key("stranger", "public_spki")
    client = offline_client(antom_public_key=stranger, antom_public_keys={"2": key("gateway", "public_spki")})
    client.verify("POST", "/", "1", "", signature)
    with pytest.raises(antom.UntrustedResponseError):
        offline_client(antom_public_key=stranger).verify("POST", "/", "1", "", signature)
    with pytest.raises(antom.ConfigError, match="version of Antom's public key: it is missing or empty"):
        offline_client(antom_public_keys={"": stranger})
    with pytest.raises(TypeError, match=r"^a key of antom_public_keys must be str, bytes or os\.PathLike, not int$"):
        offline_client(antom_public_keys={"2": 7})
