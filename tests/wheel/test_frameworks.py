"""The examples that receive notifications, each run by a real server of its framework, with notifications of the sandbox."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

import antom
import antom_cli

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "python"

SERVERS = {
    "wsgi": [
        "gunicorn",
        "--no-control-socket",
        "--workers",
        "2",
        "--bind",
        "127.0.0.1:{port}",
        "notifications_wsgi:application",
    ],
    "asgi": ["uvicorn", "--port", "{port}", "--workers", "2", "notifications_asgi:application"],
    "flask": ["flask", "--app", "notifications_flask", "run", "--port", "{port}"],
    "fastapi": ["uvicorn", "--port", "{port}", "notifications_fastapi:app"],
    "django": ["notifications_django", "runserver", "--noreload", "127.0.0.1:{port}"],
    "the standard library": ["receive_notification", "{port}"],
}

PATH = "/antom/notify"


class Server:
    """A web server that runs an example."""

    def __init__(self, port: int, log_file: Path) -> None:
        self.port = port
        self.log_file = log_file

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def log(self) -> str:
        return self.log_file.read_text()

    def is_up(self) -> bool:
        try:
            return self.ask("GET") != 0
        except ConnectionError:
            return False

    def ask(self, method: str, body: bytes = b"") -> int:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, PATH, body)
            return connection.getresponse().status


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL) as process:
        yield f"redis://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture(params=list(SERVERS))
def server(
    request: pytest.FixtureRequest, antom_sandbox: antom_cli.Sandbox, redis_url: str, tmp_path: Path
) -> Iterator[Server]:
    database = tmp_path / "shop.db"
    antom.replay.DatabaseReplayGuard(lambda: sqlite3.connect(database), paramstyle="qmark").create_table()
    served = Server(free_port(), tmp_path / "server.log")
    module, *options = [word.format(port=served.port) for word in SERVERS[request.param]]
    environment = {
        **os.environ,
        **antom_sandbox.environment,
        "SHOP_DATABASE": str(database),
        "SHOP_REDIS": redis_url,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with served.log_file.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *options], cwd=EXAMPLES, env=environment, stdout=log, stderr=log
        )
    with process:
        try:
            deadline = time.monotonic() + 60
            while not served.is_up():
                assert process.poll() is None, served.log()
                assert time.monotonic() < deadline, served.log()
                time.sleep(0.05)
            yield served
        finally:
            process.terminate()


def vault(sandbox: antom_cli.Sandbox, server: Server) -> antom_cli.Notification:
    """What became of the notification of a vaulted card."""
    session = sandbox.client.create_vaulting_session(
        payment_method_type="CARD", vaulting_notification_url=server.url + "?shop=caf%C3%A9"
    )
    sandbox.complete(session)
    return sandbox.notification(session)


def test_notifications_are_handled_once_and_forgeries_never(sandbox: antom_cli.Sandbox, server: Server) -> None:
    vaulted = vault(sandbox, server)
    assert (vaulted.state, vaulted.outcome) == ("acknowledged", "acknowledged"), server.log()
    sandbox.resend(vaulted)
    while sandbox.notifications()[0].attempts < 2:
        time.sleep(0.01)
    assert server.log().count(f"{vaulted.request_id}: vaulted ") == 1

    sandbox.change_notifications(wrong_key=True)
    forged = vault(sandbox, server)
    assert forged.state == "given_up"
    assert "400" in str(forged.outcome)
    assert forged.request_id not in server.log()
    assert "refused: do not act on this notification" in server.log()

    assert server.ask("GET") == 405
    assert server.ask("POST", bytes(65 * 1024)) == 413
