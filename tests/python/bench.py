"""What the Python door adds to a call: the time before the core begins it, and after the core has ended it.

When that is comes from an observer. So making the event that begins a call is counted here too, and so are the field rules
and the JSON of the request, which are the core's: the true figure is lower. `make bench-python` runs it against the test
gateway.
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
    "vaulting_request_id": "order-7",
}


def main() -> None:
    """Measure and print."""
    gateway = Gateway(**json.loads(Path(sys.argv[1]).read_text("utf-8")))
    began: list[float] = []
    ended: list[float] = []

    def note(event: antom.Event) -> None:
        if isinstance(event, antom.CallBegan):
            began.append(time.perf_counter())
        elif isinstance(event, antom.CallEnded):
            ended.append(time.perf_counter())

    whole: list[float] = []
    added: list[float] = []
    with gateway.client(observer=note) as client:
        for _ in range(WARM_UP + CALLS):
            before = time.perf_counter()
            client.create_vaulting_session(**FIELDS)
            after = time.perf_counter()
            whole.append(after - before)
            added.append((began[-1] - before + after - ended[-1]) * 1e6)
    del added[:WARM_UP]
    tenths = statistics.quantiles(added, n=10)
    print(f"a call takes {statistics.median(whole) * 1e6:.0f} us, of which the Python door adds at most")
    print(f"{tenths[0]:.1f} us (best tenth)  {tenths[4]:.1f} us (median)  {tenths[8]:.1f} us (worst tenth)")


if __name__ == "__main__":
    main()
