"""100,000 calls, and how much more memory the second half of them took. For test_memory.py, in a process of its own.

There is no transport to put in the place of the real one, so the calls are of three kinds: 53,000 that are refused before
anything is sent, 37,000 notifications that are verified and read, and 10,000 whole calls over a socket, which fail.
"""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path

from support import key, offline_client, recording_gateway
from test_notifications import BODY, GOOD, PATH

import antom


def resident() -> int:
    """The memory of this process that is in use, in bytes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Print the memory in use after each tenth."""
    used = []
    with recording_gateway() as (endpoint, bodies):
        client = offline_client(
            endpoint=endpoint,
            private_key=lambda _content, _sha256: bytes(256),
            antom_public_key=key("gateway", "public_spki"),
            observer=lambda _event: None,
            max_retries=0,
        )
        for _ in range(10):
            for _ in range(5300):
                try:
                    client.create_vaulting_session(payment_method_type="", redirect_url="no URL")
                except antom.InvalidRequestError as error:
                    assert error.violations
            for _ in range(3700):
                assert client.verify_notification(path=PATH, headers=GOOD, body=BODY).card
            for _ in range(1000):
                try:
                    client.create_vaulting_session(payment_method_type="CARD")
                except antom.ProtocolError as error:
                    assert error.http_status == 404
            bodies.clear()
            used.append(resident())
        client.close()
    print(json.dumps(used))


if __name__ == "__main__":
    main()
