"""Notifications: what is verified, what is refused, what is read, and which repetition is new."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.message import Message
from typing import Any

import pytest
from support import key, offline_client

import antom

CLIENT_ID = "SANDBOX_5X00000000000000"
PATH = "/antom/notify?shop=7"
TIME = "2026-08-17T11:00:00+08:00"
SUCCESS = {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"}
TOKEN = "ALIPAYtoken+/=="
VAULTED = {
    "result": SUCCESS,
    "vaultingRequestId": "vault-1",
    "vaultingStatus": "SUCCESS",
    "vaultingCreateTime": "2025-08-17T12:00:04+08:00",
    "metadata": "shelf 7",
    "paymentMethodDetail": {
        "paymentMethodType": "CARD",
        "card": {
            "cardToken": TOKEN,
            "brand": "VISA",
            "lastFour": "0768",
            "maskedCardNo": "************0768",
            "expiryMonth": "02",
            "expiryYear": "29",
            "funding": "CREDIT",
            "issuingCountry": "SG",
            "bin": "405469",
            "new": 1,
        },
    },
    "acquirerInfo": {"acquirerName": "Acquirer", "acquirerCardToken": TOKEN},
    "customizedInfo": {"customizedField2": "two"},
}


def signed(body: bytes, path: str = PATH, client_id: str = CLIENT_ID, time: str = TIME) -> dict[str, str]:
    """The headers that Antom sends with this body."""
    antoms = offline_client(
        client_id=client_id, private_key=key("gateway"), antom_public_key=key("merchant", "public_spki")
    )
    return {"Client-Id": client_id, "Request-Time": time, "Signature": antoms.sign("POST", path, time, body)}


def received(content: Mapping[str, Any], **other: Any) -> antom.VaultingNotification:
    body = json.dumps(content).encode()
    return offline_client().verify_notification(path=PATH, headers=signed(body), body=body, **other)


def test_a_vaulted_card_is_read_with_everything_about_it() -> None:
    it = received(VAULTED)
    assert (it.request_id, it.outcome, it.payment_method_type) == ("vault-1", antom.Outcome.SUCCEEDED, "CARD")
    assert it.card == antom.Card(
        token=TOKEN,
        brand="VISA",
        last_four="0768",
        masked_card_no="************0768",
        bin="405469",
        expiry_month="02",
        expiry_year="29",
        funding=antom.Funding.CREDIT,
        fingerprint=None,
        issuing_country="SG",
        issuer_name=None,
        network_transaction_id=None,
        avs_result_raw=None,
        cvv_result_raw=None,
    )
    assert it.created_at == datetime(2025, 8, 17, 12, 0, 4, tzinfo=timezone(timedelta(hours=8)))
    assert it.metadata == "shelf 7"
    assert it.acquirer is not None
    assert (it.acquirer.acquirer_name, it.acquirer.acquirer_card_token) == ("Acquirer", TOKEN)
    assert it.customized_info is not None
    assert it.customized_info.customized_field2 == "two"
    assert (it.code, it.message, it.wallet, it.next_step) == (None, None, None, None)
    assert json.loads(it.raw) == VAULTED


def test_a_failed_vaulting_says_why() -> None:
    refused = {"resultCode": "CARD_EXPIRED", "resultStatus": "F", "resultMessage": "It expired."}
    it = received({"result": refused, "vaultingRequestId": "vault-1"})
    assert (it.outcome, it.code, it.message, it.card) == (antom.Outcome.FAILED, "CARD_EXPIRED", "It expired.", None)
    assert (it.created_at, it.acquirer, it.customized_info, it.metadata) == (None,) * 4


def test_a_vaulting_in_progress_says_where_the_buyer_must_go() -> None:
    content = {"result": SUCCESS, "vaultingRequestId": "vault-1", "vaultingStatus": "PROCESSING"}
    assert received(content).next_step is None
    next_step = received({**content, "normalUrl": "https://bank.example/3ds"}).next_step
    assert next_step == antom.NextStep(normal_url="https://bank.example/3ds", scheme_url=None, applink_url=None)


def test_a_wallet_is_read_as_one() -> None:
    detail = {"paymentMethodType": "GCASH", "wallet": {"token": TOKEN, "tokenExpiryTime": "2030"}}
    it = received({**VAULTED, "paymentMethodDetail": detail})
    assert it.wallet == antom.Wallet(token=TOKEN, token_expiry_time="2030")
    assert it.card is None


def test_an_outcome_that_nobody_knew_keeps_its_text() -> None:
    it = received({"result": SUCCESS, "vaultingRequestId": "vault-1", "vaultingStatus": "PAUSED"})
    assert it.outcome == "PAUSED"
    assert isinstance(it.outcome, antom.Outcome)
    assert it.outcome not in list(antom.Outcome)


def test_a_notification_of_something_else_is_unrelated() -> None:
    it = received({"notifyType": "PAYMENT_RESULT"})
    assert (it.outcome, it.request_id, it.replay_key) == (antom.Outcome.UNRELATED, "", "")
    assert json.loads(it.raw) == {"notifyType": "PAYMENT_RESULT"}


@pytest.mark.parametrize("enum", [antom.Outcome, antom.Funding])
def test_an_enumeration_takes_every_text_and_behaves_like_it(enum: type[antom.Outcome]) -> None:
    for text in ("PAUSED", "", "\ud800", next(iter(enum)).value):
        value = enum(text)
        assert (value, value.value, str(value), f"{value}", hash(value)) == (text, text, text, text, hash(text))
        for again in (copy.copy(value), copy.deepcopy(value), enum(value)):
            assert (again, type(again)) == (value, enum)
    assert pickle.loads(pickle.dumps(enum("PAUSED"))) == "PAUSED"
    for wrong in (None, 1, b"SUCCESS"):
        with pytest.raises(ValueError, match="is not a valid"):
            enum(wrong)


BODY = json.dumps(VAULTED).encode()
GOOD = signed(BODY)


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def message(headers: Mapping[str, str]) -> Message:
    """As http.server and wsgiref have them: `items()`, but no mapping."""
    made = Message()
    for name, value in headers.items():
        made[name] = value
    return made


@pytest.mark.parametrize(
    "headers",
    [
        GOOD,
        lower(GOOD),
        list(GOOD.items()),
        iter(GOOD.items()),
        [(name.encode(), value.encode()) for name, value in lower(GOOD).items()],
        message(GOOD),
        {**GOOD, "X-Odd": "\udcff", "X-\udcff": "odd"},
        [*GOOD.items(), (b"x-\xff", b"\xff")],
    ],
    ids=["mapping", "lower case", "pairs", "iterator", "bytes", "message", "odd text", "odd bytes"],
)
def test_headers_come_in_any_form(headers: Any) -> None:
    it = offline_client().verify_notification(path=PATH, headers=headers, body=BODY)
    assert it.request_id == "vault-1"


SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "body": ({"body": BODY + b" "}, "body"),
    "path": ({"path": "/antom/notify"}, "other bytes than these"),
    "method": ({"method": "PUT"}, "other bytes than these"),
    "time": ({"headers": {**GOOD, "Request-Time": "2026-08-17T11:00:01+08:00"}}, "signature is not valid"),
    "another merchant": ({"headers": {**GOOD, "Client-Id": "5X"}}, "another client id"),
    "without a signature": ({"headers": {"Client-Id": CLIENT_ID, "Request-Time": TIME}}, "no signature header"),
    "with two": ({"headers": [*GOOD.items(), ("signature", "x")]}, "more than one signature header"),
    "with none": ({"headers": {}}, "no client-id header"),
    "odd signature": ({"headers": {**GOOD, "Signature": "\udcff"}}, "not plain text"),
    "old": ({"tolerance": timedelta(minutes=5)}, "further from this machine's time"),
    "tolerance in seconds": ({"tolerance": 0.5}, "further from this machine's time"),
}


@pytest.mark.parametrize(("changed", "why"), SPOILT.values(), ids=SPOILT)
def test_what_antom_did_not_send_is_refused(changed: dict[str, Any], why: str) -> None:
    arguments: dict[str, Any] = {"path": PATH, "headers": GOOD, "body": BODY, **changed}
    with pytest.raises(antom.UntrustedNotificationError, match=why) as caught:
        offline_client().verify_notification(**arguments)
    assert TOKEN not in str(caught.value)
    assert caught.value.advice


def test_a_notification_in_time_is_within_the_tolerance() -> None:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    headers = signed(BODY, time=now)
    it = offline_client().verify_notification(path=PATH, headers=headers, body=BODY, tolerance=timedelta(minutes=5))
    assert it.request_id == "vault-1"


def test_what_antom_sent_and_never_documented_is_a_protocol_error() -> None:
    with pytest.raises(antom.ProtocolError, match="the notification is Antom's, but not what is documented"):
        received({"vaultingRequestId": "vault-1"})


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"body": BODY.decode()}, r"^body must be bytes, not str$"),
        ({"path": b"/"}, r"^path must be str, not bytes$"),
        ({"method": None}, r"^method must be str, not NoneType$"),
        ({"headers": "Signature: x"}, r"^headers must be a mapping, or pairs, of str or bytes, not str$"),
        ({"headers": 7}, r"^headers must be a mapping, or pairs, of str or bytes, not int$"),
        ({"headers": ["x"]}, r"^an item of headers must be a pair, not str$"),
        ({"headers": {"x": 7}}, r"^a name or value in headers must be str or bytes, not int$"),
        ({"headers": {7: "x"}}, r"^a name or value in headers must be str or bytes, not int$"),
        ({"tolerance": "5"}, r"^tolerance must be seconds or a timedelta, not str$"),
    ],
)
def test_a_wrong_type_is_a_type_error_that_names_the_argument(changed: dict[str, Any], why: str) -> None:
    arguments: dict[str, Any] = {"path": PATH, "headers": GOOD, "body": BODY, **changed}
    with pytest.raises(TypeError, match=why):
        offline_client().verify_notification(**arguments)


def test_an_error_of_the_headers_is_their_own() -> None:
    def broken() -> Iterable[tuple[str, str]]:
        yield from GOOD.items()
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        offline_client().verify_notification(path=PATH, headers=broken(), body=BODY)


def test_a_notification_is_a_frozen_value_that_shows_no_secret() -> None:
    it = received(VAULTED)
    assert it == received(VAULTED)
    assert pickle.loads(pickle.dumps(it)) == it
    shown = repr(it) + str(it)
    assert [text for text in (TOKEN, "405469", "shelf 7", "'two'") if text in shown] == []
    assert "0768" in shown
    assert not hasattr(it, "__dict__")
    with pytest.raises(AttributeError, match="is frozen"):
        it.request_id = "x"  # type: ignore[misc]


def test_the_acknowledgement_is_what_antom_documents() -> None:
    assert (antom.ACKNOWLEDGEMENT.status, antom.ACKNOWLEDGEMENT.content_type) == (200, "application/json")
    assert json.loads(antom.ACKNOWLEDGEMENT.body) == {"result": SUCCESS}


def test_a_repetition_is_not_new_and_a_released_one_is() -> None:
    guard = antom.ReplayGuard(capacity=10, keep=timedelta(hours=25))
    it = received(VAULTED)
    assert [guard.claim(it), guard.claim(received(VAULTED))] == [True, False]
    guard.release(it)
    assert guard.claim(it) is True
    # An outcome that follows another is news.
    assert guard.claim(received({"result": SUCCESS, "vaultingRequestId": "vault-1", "vaultingStatus": "PROCESSING"}))
    assert guard.claim(received({"notifyType": "PAYMENT_RESULT"})) is False


def test_a_guard_keeps_the_newest() -> None:
    guard = antom.ReplayGuard(capacity=1, keep=3600)
    first, second = (received({**VAULTED, "vaultingRequestId": id_}) for id_ in ("1", "2"))
    assert [guard.claim(first), guard.claim(second), guard.claim(second), guard.claim(first)] == [
        True,
        True,
        False,
        True,
    ]


def test_one_of_many_threads_claims() -> None:
    guard = antom.ReplayGuard()
    it = received(VAULTED)
    start = threading.Barrier(8)

    def claim(_: int) -> bool:
        start.wait()
        return guard.claim(it)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(8))) == 1


def test_a_guard_says_what_it_does_not_take() -> None:
    with pytest.raises(antom.InvalidArgumentError, match="capacity and keep must be more than 0"):
        antom.ReplayGuard(capacity=0)
    with pytest.raises(antom.InvalidArgumentError, match="capacity and keep must be more than 0"):
        antom.ReplayGuard(keep=timedelta(0))
    with pytest.raises(TypeError, match=r"^keep must be seconds or a timedelta, not str$"):
        antom.ReplayGuard(keep="1")  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="replay_key"):
        antom.ReplayGuard().claim("vault-1")  # type: ignore[arg-type]
