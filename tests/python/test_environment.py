"""A client from the environment."""

from __future__ import annotations

import inspect
import typing
from pathlib import Path

import pytest
from support import Gateway, key

import antom
from antom.client import Settings

CANARY = "canary-7f3a"
ENVIRONMENT = {
    "ANTOM_CLIENT_ID": "SANDBOX_5X00000000000000",
    "ANTOM_PRIVATE_KEY": key("merchant"),
    "ANTOM_PUBLIC_KEY": key("gateway", "public_spki"),
    "ANTOM_ENDPOINT": "http://127.0.0.1:1",
}


def test_the_variables_of_the_sandbox_make_a_client(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        "ANTOM_CLIENT_ID": "client_id",
        "ANTOM_PRIVATE_KEY_PATH": "private_key_path",
        "ANTOM_PUBLIC_KEY_PATH": "antom_public_key_path",
        "ANTOM_ENDPOINT": "endpoint",
        "ANTOM_CA_CERTIFICATE_PATH": "ca_certificate_path",
    }
    for variable, setting in names.items():
        monkeypatch.setenv(variable, gateway.settings[setting])
    with antom.Client.from_env() as client:
        assert client.create_vaulting_session(payment_method_type="CARD").id


def test_every_setting_of_the_environment_is_used() -> None:
    client = antom.Client.from_env(ENVIRONMENT)
    client.close()
    wrong = {
        "ANTOM_PRODUCT": ("apm", "product must be 'apo' or 'ams'"),
        "ANTOM_REGION": ("asia", "endpoint: there is a region as well"),
        "ANTOM_KEY_VERSION": ("\n", "key version: it holds a control character"),
        "ANTOM_AGENT_TOKEN": ("\n", "agent token: it holds a control character"),
        "ANTOM_CA_CERTIFICATE_PATH": ("nowhere.pem", r"CA certificate: nowhere\.pem"),
        "ANTOM_PROXY": ("http://proxy", "proxy: with an http endpoint"),
        "ANTOM_CONNECT_TIMEOUT_MS": ("0", "connect timeout: "),
        "ANTOM_TIMEOUT_MS": ("3600001", "timeout: it must be more than 0 and at most 1 hour"),
        "ANTOM_MAX_RETRIES": ("-1", "max_retries must not be negative"),
        "ANTOM_PRIVATE_KEY_PATH": ("key.pem", "ANTOM_PRIVATE_KEY_PATH: there is ANTOM_PRIVATE_KEY as well"),
        "ANTOM_PUBLIC_KEY_PATH": ("key.pem", "ANTOM_PUBLIC_KEY_PATH: there is ANTOM_PUBLIC_KEY as well"),
    }
    for variable, (value, why) in wrong.items():
        with pytest.raises((antom.ConfigError, antom.InvalidArgumentError), match=why):
            antom.Client.from_env({**ENVIRONMENT, variable: value})
    with pytest.raises(antom.ConfigError, match="ANTOM_TIMEOUT_MS: it must be a whole number"):
        antom.Client.from_env({**ENVIRONMENT, "ANTOM_TIMEOUT_MS": CANARY})
    with pytest.raises(antom.ConfigError, match="private key") as caught:
        antom.Client.from_env({**ENVIRONMENT, "ANTOM_PRIVATE_KEY": CANARY, "ANTOM_PRIVATE_KEY_PASSPHRASE": CANARY})
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "why"),
    [
        ("ANTOM_CLIENT_ID", "^ANTOM_CLIENT_ID: it is not set; antom sandbox prints these variables$"),
        ("ANTOM_PRIVATE_KEY", "^ANTOM_PRIVATE_KEY or ANTOM_PRIVATE_KEY_PATH: it is not set"),
        ("ANTOM_PUBLIC_KEY", "^ANTOM_PUBLIC_KEY or ANTOM_PUBLIC_KEY_PATH: it is not set"),
        ("ANTOM_ENDPOINT", "endpoint: it is missing"),
    ],
)
def test_what_is_not_set_or_empty_is_named(variable: str, why: str) -> None:
    without = {name: value for name, value in ENVIRONMENT.items() if name != variable}
    for environment in (without, {**without, variable: ""}):
        with pytest.raises(antom.ConfigError, match=why):
            antom.Client.from_env(environment)


def test_settings_that_are_given_come_first() -> None:
    with antom.Client.from_env(ENVIRONMENT, region="asia") as client:
        assert "asia" in repr(client)
    with antom.Client.from_env(ENVIRONMENT, endpoint="http://127.0.0.1:2") as client:
        assert "http://127.0.0.1:2" in repr(client)
    environment = {**ENVIRONMENT, "ANTOM_PRIVATE_KEY_PATH": "nowhere.pem"}
    with antom.Client.from_env(environment, private_key=key("merchant")) as client:
        assert client.sign("POST", "/", "1", "")
    with pytest.raises(antom.ConfigError, match=r"nowhere\.pem"):
        antom.Client.from_env(ENVIRONMENT, ca_certificate=Path("nowhere.pem"))


def test_the_settings_are_those_of_the_client() -> None:
    parameters = inspect.signature(antom.Client.__init__).parameters
    names = [name for name in parameters if name != "self"]
    assert list(Settings.__annotations__) == names
    hints = typing.get_type_hints(antom.Client.__init__)
    assert {name: hints[name] for name in names} == typing.get_type_hints(Settings)
