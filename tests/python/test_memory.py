"""Memory stays flat."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(sys.platform != "linux", reason="reads its memory as Linux gives it")
def test_a_hundred_thousand_calls_take_no_more_memory_than_the_first() -> None:
    child = subprocess.run(
        [sys.executable, "memory.py"], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    used = json.loads(child.stdout)
    # Ten bytes lost by each call of the second half would be half a megabyte.
    assert used[9] - used[4] < 500_000, used
