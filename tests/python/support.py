"""What several test files need."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import antom

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"

SIGNATURES = json.loads((VECTORS / "signatures.json").read_text("utf-8"))


def key(owner: str, form: str = "private_pkcs8") -> str:
    """A key that is for tests only: bare base64 of `private_pkcs8`, `private_pkcs1`, `public_spki` …"""
    text: str = SIGNATURES["keys"][owner][f"{form}_der_b64"]
    return text


OFFLINE: list[antom.Client] = []
"""The offline clients of the test that runs, which are closed after it."""


def offline_client(**settings: Any) -> antom.Client:
    """A client that needs no gateway, with some settings changed. It is closed after the test."""
    usual = {
        "client_id": "SANDBOX_5X00000000000000",
        "private_key": key("merchant"),
        "antom_public_key": key("gateway", "public_spki"),
        "endpoint": "http://127.0.0.1:1",
    }
    client = antom.Client(**{**usual, **settings})
    OFFLINE.append(client)
    return client


@dataclass(frozen=True)
class Gateway:
    """The line of JSON that the test gateway prints."""

    settings: Mapping[str, Any]
    values: Mapping[str, str]

    def client(self, **settings: Any) -> antom.Client:
        """A client of this gateway, with some settings changed."""
        usual = {
            "client_id": self.settings["client_id"],
            "private_key": Path(self.settings["private_key_path"]),
            "antom_public_key": Path(self.settings["antom_public_key_path"]),
            "endpoint": self.settings["endpoint"],
            "ca_certificate": Path(self.settings["ca_certificate_path"]),
        }
        return antom.Client(**{**usual, **settings})


@contextmanager
def silent_gateway() -> Iterator[tuple[str, threading.Event]]:
    """A gateway that reads and never answers: its endpoint, and an event that says that a request has arrived."""
    arrived = threading.Event()
    connections: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            if connection.recv(1):
                arrived.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", arrived
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in connections:
                connection.close()


@contextmanager
def recording_gateway(seconds: float = 0) -> Iterator[tuple[str, list[bytes]]]:
    """A gateway that knows nothing (HTTP 404), after so many seconds, for any number at once, and keeps the bodies
    that arrive: its endpoint, and the bodies."""
    bodies: list[bytes] = []
    connections: list[socket.socket] = []

    def answer(connection: socket.socket) -> None:
        with connection.makefile("rb") as incoming:
            while incoming.readline():
                length = 0
                while (line := incoming.readline().lower().strip()) != b"":
                    if line.startswith(b"content-length:"):
                        length = int(line[15:])
                bodies.append(incoming.read(length))
                time.sleep(seconds)
                connection.sendall(b"HTTP/1.1 404 Unknown\r\nContent-Length: 0\r\n\r\n")

    def serve() -> None:
        with ThreadPoolExecutor(16) as pool:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connections.append(connection)
                pool.submit(answer, connection)

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", bodies
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in connections:
                connection.close()
