"""The sandbox on port 443, and Antom's own Python SDK with its settings.

The SDK always connects to port 443 and checks the certificate. Where this machine does not let us listen there, every
test that needs it is skipped with the reason.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support import Sandbox

HOST = "127.0.0.1"
PORT = 443


def why_not_443() -> str | None:
    """Why nothing can listen on port 443 here, if so."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, PORT))
        except PermissionError:
            return (
                f"not allowed to listen on {HOST}:{PORT}, where Antom's Python SDK always connects: "
                "run as root, or set net.ipv4.ip_unprivileged_port_start to 443"
            )
        except OSError as error:
            return f"{HOST}:{PORT}, where Antom's Python SDK always connects, cannot be used: {error}"
    return None


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox of our own on port 443."""
    reason = why_not_443()
    if reason:
        pytest.skip(reason)
    with running_sandbox(PORT) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def sandbox_on_any_port() -> Iterator[Sandbox]:
    """A sandbox of our own, for what needs no port 443."""
    with running_sandbox(0) as sandbox:
        yield sandbox


@contextmanager
def running_sandbox(https_port: int) -> Iterator[Sandbox]:
    process = subprocess.Popen(
        [
            os.environ["ANTOM_COMMAND"],
            "sandbox",
            *("--http", f"{HOST}:0", "--https", f"{HOST}:{https_port}"),
            *("--json", "--until-stdin-closes"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    # Leaving the block closes the sandbox's standard input, which ends it.
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the sandbox did not start"
        yield Sandbox(**json.loads(line))


@pytest.fixture
def trusted(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, whose certificate authority the SDK trusts by OpenSSL's own variable."""
    monkeypatch.setenv("SSL_CERT_FILE", sandbox.ca_certificate_path)
    return sandbox
