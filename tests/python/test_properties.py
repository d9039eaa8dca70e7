"""No text crashes anything, and none is changed on its way: it arrives as it was given, or is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from support import key, offline_client, recording_gateway

import antom

settings.register_profile("here", deadline=None, database=None, derandomize=True, max_examples=200)
settings.load_profile("here")

ANY_TEXT = some.text(some.characters(categories=None), max_size=70)
JSON = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**53), 2**53) | ANY_TEXT,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=10,
)


def is_unicode(value: Any) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in json.dumps(value, ensure_ascii=False))


@pytest.fixture(name="shop", scope="module")
def _shop() -> Iterator[tuple[antom.Client, list[bytes]]]:
    """A client whose requests are recorded. Its signer signs nothing, which nobody checks here."""
    with recording_gateway() as (endpoint, bodies):
        client = antom.Client(
            client_id="5X",
            private_key=lambda _content, _sha256: bytes(256),
            antom_public_key=key("gateway", "public_spki"),
            endpoint=endpoint,
            max_retries=0,
        )
        with client:
            yield client, bodies


@given(
    fields=some.fixed_dictionaries(
        {},
        optional={
            "vaulting_request_id": ANY_TEXT,
            "vaulting_notification_url": ANY_TEXT.map("https://shop.example/?".__add__),
            "redirect_url": ANY_TEXT,
            "pass_through_metadata": ANY_TEXT | some.dictionaries(ANY_TEXT, ANY_TEXT, max_size=5),
        },
    ),
    method=ANY_TEXT,
)
def test_a_field_arrives_as_it_was_given(
    shop: tuple[antom.Client, list[bytes]], fields: dict[str, Any], method: str
) -> None:
    client, bodies = shop
    bodies.clear()
    try:
        client.create_vaulting_session(payment_method_type=method, **fields)
    except (antom.InvalidRequestError, antom.InvalidArgumentError) as error:
        assert bodies == []
        assert isinstance(error, antom.InvalidRequestError) or not is_unicode([method, fields])
        return
    except antom.ProtocolError:
        pass
    sent = json.loads(bodies[0])
    assert sent.pop("paymentMethodType") == method
    request_id = sent.pop("vaultingRequestId")
    assert request_id == fields.get("vaulting_request_id", request_id)
    metadata = fields.get("pass_through_metadata")
    if isinstance(metadata, dict):
        assert json.loads(sent.pop("passThroughMetadata")) == metadata
    else:
        assert sent.pop("passThroughMetadata", None) == metadata
    assert sent.pop("vaultingNotificationUrl", None) == fields.get("vaulting_notification_url")
    assert sent.pop("redirectUrl", None) == fields.get("redirect_url")
    assert sent == {}


@given(request=some.dictionaries(ANY_TEXT, JSON, max_size=4))
def test_a_request_of_any_api_arrives_as_it_was_given(
    shop: tuple[antom.Client, list[bytes]], request: dict[str, Any]
) -> None:
    client, bodies = shop
    bodies.clear()
    try:
        client.call("/ams/api/v1/any", request)
    except antom.InvalidArgumentError:
        assert bodies == []
        assert not is_unicode(request)
    except antom.ProtocolError:
        assert json.loads(bodies[0]) == request


@given(parts=some.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT | some.binary(max_size=70)))
@settings(max_examples=50)
def test_what_is_signed_is_what_was_given(parts: tuple[str, str, str, str | bytes]) -> None:
    method, path, time, body = parts
    merchant = offline_client()
    reader = offline_client(private_key=key("gateway"), antom_public_key=key("merchant", "public_spki"))
    try:
        signature = merchant.sign(method, path, time, body)
    except antom.InvalidArgumentError:
        assert not is_unicode([part for part in parts if isinstance(part, str)])
        return
    reader.verify(method, path, time, body, signature)
    changed = body + "x" if isinstance(body, str) else body + b"x"
    with pytest.raises(antom.UntrustedResponseError):
        reader.verify(method, path, time, changed, signature)


@given(
    name=some.sampled_from(
        [
            "client_id",
            "private_key",
            "antom_public_key",
            "endpoint",
            "private_key_passphrase",
            "signer_public_key",
            "key_version",
            "agent_token",
            "ca_certificate",
            "proxy",
            "product",
            "region",
        ]
    ),
    text=ANY_TEXT,
)
def test_a_setting_is_taken_or_refused(name: str, text: str) -> None:
    try:
        client = offline_client(**{name: text})
    except (antom.ConfigError, antom.InvalidArgumentError) as error:
        assert str(error)
        assert "\n" not in str(error)
    else:
        assert client.sign("POST", "/", "1", "")


@given(
    headers=some.lists(some.tuples(some.sampled_from(["client-id", "request-time", "signature"]) | ANY_TEXT, ANY_TEXT)),
    path=ANY_TEXT,
    body=some.binary(max_size=70),
)
def test_nothing_but_a_notification_is_one(headers: list[tuple[str, str]], path: str, body: bytes) -> None:
    with pytest.raises((antom.UntrustedNotificationError, antom.InvalidArgumentError)):
        offline_client().verify_notification(path=path, headers=headers, body=body)


@given(text=ANY_TEXT)
def test_an_identifier_is_asked_for_as_it_was_given(shop: tuple[antom.Client, list[bytes]], text: str) -> None:
    client, bodies = shop
    bodies.clear()
    with pytest.raises(antom.AntomError):
        client.recover(text)
    assert [json.loads(body)["vaultingRequestId"] for body in bodies] in ([], [text])
