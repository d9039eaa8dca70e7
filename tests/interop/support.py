"""The sandbox as its ready line describes it, and keys as Antom hands them out."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox, as its ready line describes it."""

    client_id: str
    private_key_path: str
    antom_public_key_path: str
    ca_certificate_path: str
    https: str
    http: str

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request to the control API."""
        connection = http.client.HTTPConnection(self.http.removeprefix("http://"), timeout=20)
        try:
            connection.request(method, f"/__sandbox/{path}", json.dumps(body or {}))
            answer = connection.getresponse()
            text = answer.read().decode()
            assert answer.status == 200, text
            return json.loads(text)
        finally:
            connection.close()


def bare_base64(path: str) -> str:
    """A key as Antom's Dashboard hands it out: base64 without the lines around it."""
    lines = Path(path).read_text("ascii").splitlines()
    return "".join(line for line in lines if not line.startswith("-----"))
