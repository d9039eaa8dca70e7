"""Every case of tests/vectors/cases, against the test gateway. tests/README.md says what the members mean."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from support import VECTORS, Gateway

import antom

CASES = [
    pytest.param(case, id=f"{path.stem}:{case['name']}")
    for path in sorted((VECTORS / "cases").glob("*.json"))
    for case in json.loads(path.read_text("utf-8"))["cases"]
    if "python" in case.get("languages", ["python"])
]

ARGUMENTS = {
    "paymentMethodType": "payment_method_type",
    "vaultingRequestId": "vaulting_request_id",
    "vaultingNotificationUrl": "vaulting_notification_url",
    "redirectUrl": "redirect_url",
    "passThroughMetadata": "pass_through_metadata",
    "merchantRegion": "merchant_region",
    "is3DSAuthentication": "is_3ds_authentication",
}


def client_settings(case: dict[str, Any], gateway: Gateway) -> dict[str, Any]:
    """The arguments of the client that the case asks for."""
    settings: dict[str, Any] = {}
    for name, given in (*gateway.settings.items(), *case.get("settings", {}).items()):
        value: Any = gateway.values[given[1:]] if isinstance(given, str) and given.startswith("@") else given
        if name.endswith("_path"):
            settings[name.removesuffix("_path")] = value and Path(value)
        elif name.endswith("_base64"):
            settings[name.removesuffix("_base64")] = value and base64.b64decode(value)
        elif name.endswith("_ms"):
            settings[name.removesuffix("_ms")] = value and value / 1000
        elif name == "passphrase":
            settings["private_key_passphrase"] = value
        else:
            settings[name] = value
    required = {"client_id", "private_key", "antom_public_key"}
    return {name: value for name, value in settings.items() if value is not None or name in required}


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any], gateway: Gateway) -> None:
    expected = case["expect"]
    request = {"vaultingRequestId": case["name"], **case.get("request", {"paymentMethodType": "CARD"})}
    arguments = {ARGUMENTS[field]: value for field, value in request.items()}
    session: antom.VaultingSession | None = None
    error: antom.AntomError | None = None
    try:
        with antom.Client(**client_settings(case, gateway)) as client:
            session = client.create_vaulting_session(**arguments)
    except antom.AntomError as raised:
        error = raised
    if session is not None:
        assert expected["kind"] == "Session"
        actual = session_members(session)
    else:
        assert error is not None
        assert expected["kind"] == error.kind.name.title().replace("_", ""), error
        assert type(error).__name__ == f"{expected['kind']}Error"
        actual = error_members(error)
    for name, value in expected.items():
        if name in {"message", "advice"}:
            assert [text for text in value if text not in actual[name]] == [], actual[name]
        elif name == "expires_at":
            assert actual[name] == datetime.fromisoformat(value.replace("Z", "+00:00"))
        elif name != "kind":
            assert actual[name] == value, name


def session_members(session: antom.VaultingSession) -> dict[str, Any]:
    return {
        "request_id": session.request_id,
        "session_id": session.id,
        "data": session.data,
        "expires_at": session.expires_at,
        "normal_url": session.normal_url,
    }


def error_members(error: antom.AntomError) -> dict[str, Any]:
    return {
        "message": str(error),
        "advice": error.advice,
        "retryable": error.retryable,
        "result_code": error.result_code,
        "authenticated": error.authenticated,
        "http_status": error.http_status,
        "attempts": error.attempts,
        "violations": [violation.field for violation in error.violations],
        "request_id": error.request_id,
    }
