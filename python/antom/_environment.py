"""Settings of a client from variables of the environment. What they mean is said at ``Client.from_env``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antom.errors import ConfigError

_TEXTS = {
    "client_id": "ANTOM_CLIENT_ID",
    "private_key": "ANTOM_PRIVATE_KEY",
    "antom_public_key": "ANTOM_PUBLIC_KEY",
    "endpoint": "ANTOM_ENDPOINT",
    "region": "ANTOM_REGION",
    "private_key_passphrase": "ANTOM_PRIVATE_KEY_PASSPHRASE",
    "product": "ANTOM_PRODUCT",
    "key_version": "ANTOM_KEY_VERSION",
    "agent_token": "ANTOM_AGENT_TOKEN",
    "proxy": "ANTOM_PROXY",
}
_PATHS = {
    "private_key": "ANTOM_PRIVATE_KEY_PATH",
    "antom_public_key": "ANTOM_PUBLIC_KEY_PATH",
    "ca_certificate": "ANTOM_CA_CERTIFICATE_PATH",
}
_MILLISECONDS = {
    "connect_timeout": "ANTOM_CONNECT_TIMEOUT_MS",
    "timeout": "ANTOM_TIMEOUT_MS",
}
_NUMBERS = {
    "max_retries": "ANTOM_MAX_RETRIES",
}
# Where one of a pair is given, the environment's other one would contradict it.
_PAIRS = {"endpoint": "region", "region": "endpoint"}


def complete(settings: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings with those of the environment that are not among them."""
    # Only here: a program that has its keys elsewhere does not wait for it.
    from pathlib import Path  # noqa: PLC0415

    wanted = {
        name: variable
        for name, variable in (*_TEXTS.items(), *_MILLISECONDS.items(), *_NUMBERS.items())
        if name not in settings and _PAIRS.get(name) not in settings and environ.get(variable)
    }
    found: dict[str, Any] = {name: _value(name, variable, environ[variable]) for name, variable in wanted.items()}
    for name, variable in _PATHS.items():
        if name in settings or not environ.get(variable):
            continue
        if name in found:
            raise ConfigError(f"{variable}: there is {_TEXTS[name]} as well; set one of the two")
        found[name] = Path(environ[variable])
    found.update(settings)
    for name in ("client_id", "private_key", "antom_public_key"):
        if name not in found:
            variables = " or ".join(each[name] for each in (_TEXTS, _PATHS) if name in each)
            raise ConfigError(f"{variables}: it is not set; antom sandbox prints these variables")
    return found


def _value(name: str, variable: str, text: str) -> str | float:
    if name in _TEXTS:
        return text
    try:
        number = int(text)
    except ValueError:
        raise ConfigError(f"{variable}: it must be a whole number") from None
    return number / 1000 if name in _MILLISECONDS else number
