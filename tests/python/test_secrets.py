"""No secret in what is shown: not in a repr, not in an error, not in a traceback with its local variables."""

from __future__ import annotations

import copy
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest
from support import Gateway, key, offline_client

import antom

CANARY = "canary-7f3a"
PRIVATE_KEY = key("merchant")


def shown(error: BaseException) -> str:
    """What a tool shows of an error that looks at everything, in the frames of the package."""
    frames = traceback.TracebackException.from_exception(error, capture_locals=True)
    package = str(Path(antom.__file__).parent)
    frames.stack = traceback.StackSummary.from_list(
        [frame for frame in frames.stack if frame.filename.startswith(package)]
    )
    return "".join(frames.format()) + repr(error) + str(error) + repr(vars(error))


def test_a_client_shows_who_it_is_and_nothing_else() -> None:
    client = offline_client(
        agent_token=CANARY, endpoint="https://127.0.0.1:1", proxy=f"http://user:{CANARY}@127.0.0.1:1"
    )
    assert repr(client) == str(client) == "<antom.Client 'SANDBOX_5X00000000000000' at 'https://127.0.0.1:1'>"
    assert CANARY not in repr(vars(type(client))) + repr(client._native)
    assert not hasattr(client, "__dict__")


def test_a_client_cannot_be_pickled_or_copied() -> None:
    client = offline_client()
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=r"an antom\.Client cannot be pickled or copied: it holds a private key"):
            attempt(client)
    with pytest.raises(TypeError):
        pickle.dumps(client._native)


REFUSED: list[dict[str, Any]] = [
    {"private_key": f"{CANARY}/{PRIVATE_KEY[40:]}"},
    {"private_key": PRIVATE_KEY + "\ud800"},
    {"private_key": PRIVATE_KEY, "endpoint": "nonsense"},
    {"private_key_passphrase": CANARY, "endpoint": "nonsense"},
    {"private_key_passphrase": CANARY + "\ud800"},
    {"agent_token": f"{CANARY}\r\n"},
    {"proxy": f"ftp://user:{CANARY}@proxy"},
    {"proxy": f"http://user:{CANARY}@pro xy:x"},
    {"endpoint": f"https://user:{CANARY}@gateway.example"},
]


@pytest.mark.parametrize("settings", REFUSED, ids=[" and ".join(settings) for settings in REFUSED])
def test_settings_that_are_refused_are_not_shown(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - any
        offline_client(**settings)
    text = shown(caught.value)
    assert "client.py" in text, "the frame of the package was looked at"
    assert CANARY not in text
    assert PRIVATE_KEY[100:140] not in text


def test_a_session_does_not_show_its_data(gateway: Gateway) -> None:
    with gateway.client() as client:
        session = client.create_vaulting_session(payment_method_type="CARD")
    assert session.data
    assert session.data in session.raw
    assert session.data not in repr(session) + str(session)
    assert session.id in repr(session)


def test_wrong_types_are_named_but_not_shown() -> None:
    with pytest.raises(TypeError) as caught:
        offline_client(agent_token=[CANARY])
    assert CANARY not in shown(caught.value)
