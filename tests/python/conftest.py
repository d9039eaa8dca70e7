"""The test gateway, for every test that wants it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import OFFLINE, ROOT, Gateway


@pytest.fixture(autouse=True)
def _close_offline_clients() -> Iterator[None]:
    yield
    while OFFLINE:
        OFFLINE.pop().close()


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    """The gateway that ANTOM_TEST_GATEWAY describes, or one of our own."""
    described = os.environ.get("ANTOM_TEST_GATEWAY")
    if described:
        yield Gateway(**json.loads(Path(described).read_text("utf-8")))
        return
    process = subprocess.Popen(
        ["cargo", "run", "-q", "-p", "antom-test-gateway"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    # Leaving the block closes the gateway's standard input, which ends it.
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the test gateway did not start"
        yield Gateway(**json.loads(line))
