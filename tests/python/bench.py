"""What the Python door adds to a call: the time around a call, less the time that the core itself measures.

The core's time comes from an observer, so the cost of telling it twice is counted here too, and so are the field rules
and the JSON of the request: the true figure is lower. `make bench-python` runs it against the test gateway.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from support import Gateway

import antom

CALLS = 2000
WARM_UP = 50
FIELDS: dict[str, Any] = {
    "payment_method_type": "CARD",
    "vaulting_notification_url": "https://shop.example/notify",
    "redirect_url": "https://shop.example/return",
    "pass_through_metadata": {"shop": "7"},
}


def main() -> None:
    """Measure and print."""
    gateway = Gateway(**json.loads(Path(sys.argv[1]).read_text("utf-8")))
    core: list[float] = []

    def note(event: antom.Event) -> None:
        if isinstance(event, antom.CallEnded):
            core.append(event.duration.total_seconds())

    whole: list[float] = []
    with gateway.client(observer=note) as client:
        for _ in range(WARM_UP + CALLS):
            begun = time.perf_counter()
            client.create_vaulting_session(**FIELDS)
            whole.append(time.perf_counter() - begun)
    added = [(all_ - own) * 1e6 for all_, own in zip(whole[WARM_UP:], core[WARM_UP:], strict=True)]
    tenths = statistics.quantiles(added, n=10)
    print(f"a call takes {statistics.median(whole) * 1e6:.0f} us, of which the Python door adds at most")
    print(f"{tenths[0]:.1f} us (best tenth)  {tenths[4]:.1f} us (median)  {tenths[8]:.1f} us (worst tenth)")


if __name__ == "__main__":
    main()
