"""Every vector of tests/vectors/signatures.json: signing gives these bytes, and verifying takes every written form."""

from __future__ import annotations

from typing import Any

import pytest
from support import SIGNATURES, key, offline_client

import antom

CASES = [pytest.param(case, id=case["name"]) for case in SIGNATURES["cases"]]
OTHER = {"merchant": "gateway", "gateway": "merchant"}


def client_of(case: dict[str, Any]) -> antom.Client:
    """Signs as the signer of the case."""
    signer = case["signer"]
    return offline_client(
        client_id=case["client_id"],
        private_key=key(signer),
        antom_public_key=key(OTHER[signer], "public_spki"),
    )


def counterpart_of(case: dict[str, Any]) -> antom.Client:
    """Verifies what the signer of the case has signed."""
    signer = case["signer"]
    return offline_client(
        client_id=case["client_id"],
        private_key=key(OTHER[signer]),
        antom_public_key=key(signer, "public_spki"),
    )


@pytest.mark.parametrize("case", CASES)
def test_sign(case: dict[str, Any]) -> None:
    sign = client_of(case).sign
    arguments = case["method"], case["path"], case["time"]
    assert sign(*arguments, case["body"]) == case["header_value_sdk_style"]
    assert sign(*arguments, case["body"].encode()) == case["header_value_sdk_style"]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("form", ["sdk_style", "docs_style", "raw", "lowercase_hex"])
def test_verify(case: dict[str, Any], form: str) -> None:
    header = {
        "sdk_style": case["header_value_sdk_style"],
        "docs_style": case["header_value_docs_style"],
        "raw": f"algorithm=RSA256,keyVersion=1,signature={case['signature_base64']}",
        "lowercase_hex": f"algorithm=RSA256,keyVersion=1,signature={case['signature_urlencoded_lowercase_hex']}",
    }[form]
    counterpart_of(case).verify(case["method"], case["path"], case["time"], case["body"], header)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("part", ["method", "path", "time", "body"])
def test_verify_refuses_what_was_not_signed(case: dict[str, Any], part: str) -> None:
    changed = {**case, part: case[part] + "x"}
    with pytest.raises(antom.UntrustedResponseError):
        counterpart_of(case).verify(
            changed["method"], changed["path"], changed["time"], changed["body"], case["header_value_sdk_style"]
        )
