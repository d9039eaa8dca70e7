"""What may be given for each argument, and what is said about anything else."""

from __future__ import annotations

import base64
import math
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from support import Gateway, key, offline_client

import antom

SURROGATE = "x\ud800y"
DER = base64.b64decode(key("merchant"))


class NoText:
    """Of no type that an argument could have."""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("client_id", "str"),
        ("private_key", "str, bytes, os.PathLike or callable"),
        ("signer_public_key", "str, bytes or os.PathLike"),
        ("antom_public_keys", "a mapping of key versions to keys"),
        ("max_response_age", "seconds or a timedelta"),
        ("observer", "callable"),
        ("antom_public_key", "str, bytes or os.PathLike"),
        ("endpoint", "str"),
        ("private_key_passphrase", "str"),
        ("product", "str"),
        ("key_version", "str"),
        ("agent_token", "str"),
        ("connect_timeout", "seconds or a timedelta"),
        ("timeout", "seconds or a timedelta"),
        ("ca_certificate", "str, bytes or os.PathLike"),
        ("proxy", "str"),
    ],
)
def test_a_setting_of_a_wrong_type_is_a_type_error_that_names_it(name: str, expected: str) -> None:
    with pytest.raises(TypeError, match=rf"^{name} must be {expected}, not NoText$"):
        offline_client(**{name: NoText()})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("payment_method_type", "str"),
        ("vaulting_request_id", "str"),
        ("vaulting_notification_url", "str"),
        ("redirect_url", "str"),
        ("pass_through_metadata", "str or a mapping of str to str"),
        ("merchant_region", "str"),
        ("is_3ds_authentication", "bool"),
    ],
)
def test_a_field_of_a_wrong_type_is_a_type_error_that_names_it(name: str, expected: str) -> None:
    fields: dict[str, Any] = {"payment_method_type": "CARD", name: 1}
    with pytest.raises(TypeError, match=rf"^{name} must be {expected}, not int$"):
        offline_client().create_vaulting_session(**fields)


@pytest.mark.parametrize("wrong", [True, "5", None, [5]])
def test_a_timeout_is_a_number_and_no_truth_value(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"^timeout must be seconds or a timedelta, not "):
        offline_client(timeout=wrong)


def test_settings_have_names() -> None:
    positional: Any = antom.Client
    with pytest.raises(TypeError, match="positional"):
        positional("SANDBOX_5X00000000000000", key("merchant"), key("gateway", "public_spki"))
    with pytest.raises(TypeError, match="private_key_pass"):
        offline_client(private_key_pass="x")


@pytest.mark.parametrize(
    "name",
    ["client_id", "private_key", "antom_public_key", "endpoint", "agent_token", "ca_certificate", "proxy"],
)
def test_a_lone_surrogate_in_a_setting_is_an_invalid_argument(name: str) -> None:
    with pytest.raises(antom.InvalidArgumentError, match=rf"^{name} holds a lone surrogate"):
        offline_client(**{name: SURROGATE})


@pytest.mark.parametrize("name", ["payment_method_type", "vaulting_request_id", "pass_through_metadata"])
def test_a_lone_surrogate_in_a_field_is_an_invalid_argument(name: str) -> None:
    fields: dict[str, Any] = {"payment_method_type": "CARD", name: SURROGATE}
    with pytest.raises(antom.InvalidArgumentError, match=rf"^{name} holds a lone surrogate") as caught:
        offline_client().create_vaulting_session(**fields)
    assert isinstance(caught.value, ValueError)
    assert caught.value.advice


@pytest.mark.parametrize(("metadata", "name"), [({SURROGATE: "x"}, "a key of"), ({"x": SURROGATE}, "a value of")])
def test_a_lone_surrogate_in_metadata_is_an_invalid_argument(metadata: Mapping[str, str], name: str) -> None:
    with pytest.raises(antom.InvalidArgumentError, match=rf"^{name} pass_through_metadata holds a lone surrogate"):
        offline_client().create_vaulting_session(payment_method_type="CARD", pass_through_metadata=metadata)


@pytest.mark.parametrize(("metadata", "name"), [({1: "x"}, "key"), ({"x": 1}, "value")])
def test_metadata_is_text_to_text(metadata: Any, name: str) -> None:
    with pytest.raises(TypeError, match=rf"^a {name} of pass_through_metadata must be str, not int$"):
        offline_client().create_vaulting_session(payment_method_type="CARD", pass_through_metadata=metadata)


def test_any_mapping_is_metadata(gateway: Gateway) -> None:
    with gateway.client() as client:
        session = client.create_vaulting_session(
            payment_method_type="CARD", pass_through_metadata=MappingProxyType({"shop": "7", "é": '"'})
        )
    assert session.data


def test_sign_and_verify_say_which_argument_is_wrong() -> None:
    client: Any = offline_client()
    with pytest.raises(TypeError, match=r"^time must be str or datetime, not int$"):
        client.sign("POST", "/", 1, "")
    with pytest.raises(TypeError, match=r"^body must be bytes or str, not None"):
        client.sign("POST", "/", "1", None)
    with pytest.raises(TypeError, match=r"^signature must be str, not bytes$"):
        client.verify("POST", "/", "1", b"", b"")
    with pytest.raises(antom.InvalidArgumentError, match=r"^body holds a lone surrogate"):
        client.sign("POST", "/", "1", SURROGATE)


PEM = f"-----BEGIN PRIVATE KEY-----\n{key('merchant')}\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "private_key",
    [key("merchant"), key("merchant", "private_pkcs1"), PEM, PEM.encode(), key("merchant").encode(), DER],
    ids=["base64", "base64 of PKCS#1", "PEM", "bytes of PEM", "bytes of base64", "DER"],
)
def test_a_key_comes_in_any_form(private_key: str | bytes, tmp_path: Path) -> None:
    signed = offline_client().sign("POST", "/", "1", b"")
    assert offline_client(private_key=private_key).sign("POST", "/", "1", b"") == signed
    # Not every file's name is UTF-8.
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/key\xff"))
    file.write_bytes(private_key if isinstance(private_key, bytes) else private_key.encode())
    assert offline_client(private_key=file).sign("POST", "/", "1", b"") == signed


@pytest.mark.parametrize("name", ["private_key", "antom_public_key"])
def test_a_key_that_the_environment_does_not_have_is_named(name: str) -> None:
    with pytest.raises(antom.ConfigError, match="key: it is missing"):
        offline_client(**{name: os.environ.get("ANTOM_NO_SUCH_VARIABLE")})


def test_a_missing_key_file_is_named() -> None:
    with pytest.raises(antom.ConfigError, match=r"private key: nowhere/key\.pem: it cannot be opened") as caught:
        offline_client(private_key=Path("nowhere/key.pem"))
    assert isinstance(caught.value, ValueError)


def test_an_error_of_a_path_like_object_is_its_own() -> None:
    class Odd:
        def __fspath__(self) -> str:
            raise LookupError("no path today")

    with pytest.raises(LookupError, match="no path today"):
        offline_client(private_key=Odd())
    with pytest.raises(antom.InvalidArgumentError, match="private_key holds a lone surrogate"):
        offline_client(private_key=Path("\ud800"))


def test_a_ca_certificate_is_text_bytes_or_a_file(gateway: Gateway) -> None:
    file = Path(gateway.settings["ca_certificate_path"])
    for certificate in (file, file.read_bytes(), file.read_text()):
        with gateway.client(ca_certificate=certificate) as client:
            assert client.create_vaulting_session(payment_method_type="CARD").id
    with pytest.raises(antom.ConfigError, match="CA certificate: there is no PEM certificate in it"):
        gateway.client(ca_certificate=b"\xff\x00")


@pytest.mark.parametrize("name", ["timeout", "connect_timeout"])
@pytest.mark.parametrize("value", [0, 0.0, -1, -0.001, math.nan, math.inf, -math.inf, 1e300, 10**400, -(10**400), 3601])
def test_a_timeout_is_more_than_nothing_and_at_most_an_hour(name: str, value: float) -> None:
    with pytest.raises(antom.ConfigError, match=rf"^{name.replace('_', ' ')}: .*more than 0.*at most 1 hour"):
        offline_client(**{name: value})


@pytest.mark.parametrize("value", [timedelta(0), timedelta(seconds=-1), timedelta.max, timedelta.min])
def test_a_timedelta_must_be_reasonable_as_well(value: timedelta) -> None:
    with pytest.raises(antom.ConfigError, match="at most 1 hour"):
        offline_client(timeout=value)


@pytest.mark.parametrize("value", [1, 0.5, 3600, timedelta(milliseconds=1), timedelta(hours=1)])
def test_timeouts_that_can_be(value: float | timedelta) -> None:
    offline_client(timeout=value, connect_timeout=value)


def test_a_region_is_one_of_antoms() -> None:
    for region in ("north_america", "asia", "europe"):
        assert region in repr(offline_client(endpoint=None, region=region))
    with pytest.raises(antom.InvalidArgumentError, match="region must be one of north_america, asia, europe"):
        offline_client(endpoint=None, region="Asia")
    with pytest.raises(antom.ConfigError, match="there is a region as well"):
        offline_client(region="asia")
    with pytest.raises(antom.ConfigError, match="endpoint: it is missing"):
        offline_client(endpoint=None)


def test_a_product_is_one_of_two() -> None:
    offline_client(product="ams")
    with pytest.raises(antom.InvalidArgumentError, match="product must be 'apo' or 'ams'"):
        offline_client(product="AMS")


def test_false_differs_from_left_out(gateway: Gateway) -> None:
    with gateway.client() as client, pytest.raises(antom.InvalidRequestError) as caught:
        client.create_vaulting_session(payment_method_type="CARD", is_3ds_authentication=False)
    assert [violation.field for violation in caught.value.violations] == ["is3DSAuthentication"]
