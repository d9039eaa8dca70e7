"""A shop for gunicorn, in test_processes.py: its client is made once, before the workers are forked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import antom

client = antom.Client.from_env()
PARENT = os.getpid()
# So that the parent has a connection which no worker may use.
parents_session = client.create_vaulting_session(payment_method_type="CARD")


def connection_of(session: antom.VaultingSession) -> int:
    """The number of the connection that the answer came by; the test gateway says it."""
    number: int = json.loads(session.raw)["connection"]
    return number


def application(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Say which worker this is, and which connections it and its parent used."""
    session = client.create_vaulting_session(payment_method_type="CARD")
    start_response("200 OK", [("Content-Type", "application/json")])
    said = {
        "parent": PARENT,
        "worker": os.getpid(),
        "connection": connection_of(session),
        "parents_connection": connection_of(parents_session),
    }
    return [json.dumps(said).encode()]
