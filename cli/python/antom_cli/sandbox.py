"""Runs ``antom sandbox`` and steers it over its control API. Knows nothing of pytest.

What each step does is told in docs/sandbox-control.md and docs/sandbox-faults.md of the project.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypedDict, TypeVar
from urllib.parse import quote, urlsplit

from antom_cli.command import find_command

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    import antom

__all__ = ["Letter", "Notification", "Sandbox", "SandboxError", "Vaulting"]

START_SECONDS = 30.0
STOP_SECONDS = 5.0
ANSWER_SECONDS = 30.0
POLL_SECONDS = 0.02

VAULTED_CARD = "4054695723100768"


class SandboxError(Exception):
    """The sandbox did not start, or refused a step; the message is its own and says what to do."""


class _Session(Protocol):
    """What ``create_vaulting_session`` returns, as far as it matters here."""

    @property
    def id(self) -> str: ...


SessionOrId: TypeAlias = "str | _Session"
"""A session, or its ``vaultingSessionId``, its ``vaultingRequestId`` or the sandbox's number of it."""


class Settings(TypedDict, total=False):
    """What can be changed while the sandbox runs."""

    session_lifetime: timedelta
    rate_limit: int | None
    accept_changed_repeats: bool


class NotificationSettings(TypedDict, total=False):
    """What can be done to notifications on purpose."""

    profile: Literal["sandbox", "production"]
    duplicate: bool
    delay: timedelta
    drop: int
    corrupt_body: bool
    wrong_key: bool
    wrong_client_id: bool
    before_the_answer: bool


@dataclass(frozen=True, kw_only=True)
class Vaulting:
    """A vaulting as the sandbox sees it, without session data and card token."""

    number: int
    vaulting_request_id: str
    vaulting_session_id: str | None
    client_id: str
    status: str
    """``PROCESSING``, ``SUCCESS`` or ``FAIL``."""
    result_code: str
    stage: str
    """Where it stands, in a sentence."""
    page: str | None
    """Where the buyer goes on, while it is not finished."""
    vaulting_notification_url: str | None
    redirect_url: str | None
    created_at: datetime
    expires_at: datetime
    progress: str | None = None
    """What the buyer's last step led to: ``challenge``, ``ended``, ``ended_unseen`` or ``abandoned``."""


@dataclass(frozen=True, kw_only=True)
class Notification:
    """A notification that the sandbox sends, sent or gave up."""

    number: int
    vaulting: int
    request_id: str
    url: str
    state: Literal["waiting", "sending", "acknowledged", "given_up"]
    attempts: int
    next: datetime | None
    """When the next attempt is due, on the sandbox's clock."""
    outcome: str | None
    """What became of the last attempt; if it was not acknowledged, what was wrong."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message in the sandbox's own inbox. Its ``repr`` does not show the body."""

    time: datetime
    path: str
    acknowledged: bool
    what: str
    """What it says, or why it was refused."""
    headers: list[list[str]]
    body: str = field(repr=False)
    is_exact: bool
    """Whether headers and body are what came, byte for byte: card numbers are masked."""


_Shape = TypeVar("_Shape", Vaulting, Notification, Letter)


class Sandbox:
    """A running sandbox on free ports of 127.0.0.1, with keys of its own. Leaving the ``with`` statement ends it.

    :param options: Further options of ``antom sandbox``, such as ``"--notify-url", "http://127.0.0.1:8000/notify"``.
    :raises antom_cli.SandboxError: It did not start.
    :raises antom_cli.CommandNotFoundError: The ``antom`` command is not installed.
    """

    client_id: str
    private_key_path: Path
    antom_public_key_path: Path
    ca_certificate_path: Path
    endpoint: str
    """The gateway, over https. Its certificate is of the authority in ``ca_certificate_path``."""
    http: str
    """The same gateway over http. Its console is there, too: open it in a browser."""

    def __init__(self, *options: str) -> None:
        command = [str(find_command()), "sandbox", "--json", "--until-stdin-closes"]
        # A file takes whatever the sandbox writes; a pipe that nobody reads would stop it.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 closed by close()
        self._client: antom.Client | None = None
        self._process = subprocess.Popen(  # noqa: S603 our own command
            [*command, "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        try:
            ready = self._first_line()
        except BaseException:
            self.close()
            raise
        self.client_id = ready["client_id"]
        self.private_key_path = Path(ready["private_key_path"])
        self.antom_public_key_path = Path(ready["antom_public_key_path"])
        self.ca_certificate_path = Path(ready["ca_certificate_path"])
        self.endpoint = ready["https"]
        self.http = ready["http"]

    def _first_line(self) -> dict[str, str]:
        assert self._process.stdout is not None  # noqa: S101 it is a pipe
        impatience = threading.Timer(START_SECONDS, self._process.kill)
        impatience.start()
        try:
            line = self._process.stdout.readline()
        finally:
            impatience.cancel()
        try:
            ready: dict[str, str] = json.loads(line)
        except ValueError:
            self._process.kill()
            self._process.wait()
            said = (line + self.log()).strip() or f"it said nothing within {START_SECONDS:.0f} s"
            raise SandboxError(f"antom sandbox did not start: {said}") from None
        return ready

    # ---- settings of the client ----

    @property
    def client(self) -> antom.Client:
        """A client with the settings of this sandbox, always the same one. It is closed with the sandbox."""
        if self._client is None:
            self._client = self.new_client()
        return self._client

    def new_client(self, **settings: Any) -> antom.Client:
        """Make a client with the settings of this sandbox and some changed: ``new_client(timeout=0.5)``. Close it."""
        try:
            import antom  # noqa: PLC0415 the sandbox can be used without it
        except ImportError as error:
            raise SandboxError("a client needs the package antom: install it with `pip install antom`") from error
        ours: dict[str, Any] = {
            "client_id": self.client_id,
            "private_key": self.private_key_path,
            "antom_public_key": self.antom_public_key_path,
            "ca_certificate": self.ca_certificate_path,
            "endpoint": self.endpoint,
        }
        return antom.Client(**{**ours, **settings})

    @property
    def environment(self) -> dict[str, str]:
        """The settings as the variables that every example and the ``antom`` command read."""
        return {
            "ANTOM_CLIENT_ID": self.client_id,
            "ANTOM_PRIVATE_KEY_PATH": str(self.private_key_path),
            "ANTOM_PUBLIC_KEY_PATH": str(self.antom_public_key_path),
            "ANTOM_CA_CERTIFICATE_PATH": str(self.ca_certificate_path),
            "ANTOM_ENDPOINT": self.endpoint,
            "ANTOM_SANDBOX": self.http,
        }

    # ---- the buyer ----

    def complete(
        self,
        session: SessionOrId,
        *,
        card: str | None = VAULTED_CARD,
        expiry: str | None = None,
        security_code: str | None = None,
        challenge_code: str | None = None,
    ) -> Vaulting:
        """Enter a test card in a session, as its buyer.

        :param card: One of the test cards, which the checkout page lists; None on the 3-D Secure page.
        :param expiry: Month and year, ``02/29``. Left out, it is good.
        :param challenge_code: The answer to 3-D Secure: ``123456`` is right.
        :raises antom_cli.SandboxError: The card is none of the test cards, or the session does not wait for one.
        """
        entered = {
            "card": card,
            "expiry": expiry,
            "security_code": security_code,
            "challenge_code": challenge_code,
        }
        given = {name: value for name, value in entered.items() if value is not None}
        return _after(self._ask("POST", f"sessions/{_named(session)}/complete", given))

    def cancel(self, session: SessionOrId) -> Vaulting:
        """Give up a session, as its buyer."""
        return _after(self._ask("POST", f"sessions/{_named(session)}/cancel"))

    def vaulting(self, session: SessionOrId) -> Vaulting:
        """Return what became of a session so far."""
        return _read(Vaulting, self._ask("GET", f"sessions/{_named(session)}"))

    def vaultings(self) -> list[Vaulting]:
        """Return the newest 100, the newest first."""
        return [_read(Vaulting, vaulting) for vaulting in self._ask("GET", "sessions")["sessions"]]

    # ---- notifications ----

    def notification(self, session: SessionOrId, *, timeout: float = 10.0) -> Notification:
        """Wait until the newest notification of a session was sent, acknowledged or not, and return it.

        :param timeout: How long to wait, in seconds.
        :raises antom_cli.SandboxError: It was not sent in this time.
        """
        number = self.vaulting(session).number
        deadline = time.monotonic() + timeout
        while True:
            for notification in self.notifications():
                if notification.vaulting == number:
                    if notification.attempts and notification.state != "sending":
                        return notification
                    break
            if time.monotonic() >= deadline:
                raise SandboxError(
                    f"vaulting {number} was not notified of within {timeout:g} s: complete it first; "
                    "if the notification is delayed, advance() the clock"
                )
            time.sleep(POLL_SECONDS)

    def notifications(self) -> list[Notification]:
        """Return what was sent and what waits, the newest first."""
        listed = self._ask("GET", "notifications")["notifications"]
        return [_read(Notification, notification) for notification in listed]

    def resend(self, notification: Notification) -> None:
        """Send a notification once more."""
        self._ask("POST", f"notifications/{notification.number}/resend")

    def change_notifications(self, **changes: Unpack[NotificationSettings]) -> None:
        """Say how notifications are sent from now on: ``change_notifications(wrong_key=True)``."""
        written: dict[str, object] = {**changes}
        if "delay" in changes:
            written["delay"] = _duration(changes["delay"])
        self._ask("PATCH", "notifications/settings", written)

    def inbox(self) -> list[Letter]:
        """Return what came to the sandbox's own inbox, the newest first.

        Notifications go there whose request names no URL.
        """
        return [_read(Letter, letter) for letter in self._ask("GET", "inbox")["inbox"]]

    # ---- the gateway ----

    def advance(self, by: timedelta) -> None:
        """Move the sandbox's clock ahead, by whole seconds; what falls due meanwhile happens."""
        self._ask("POST", "clock", {"advance": _duration(by)})

    def fault(
        self,
        fault: str,
        *,
        path: str | None = None,
        request_id: str | None = None,
        times: int | None = None,
        probability: float | None = None,
    ) -> None:
        """Answer like this and not as it should be: ``fault("http-503", times=1)``.

        :param fault: One of those that ``antom sandbox faults`` lists; of different parts, several with commas.
        :param path: Only for this path, or the last part of it: ``createVaultingSession``.
        :param request_id: Only for this ``vaultingRequestId``.
        :param times: How often; without end if left out.
        :param probability: With this chance, more than 0 and at most 1.
        """
        rule = {
            "fault": fault,
            "path": path,
            "request_id": request_id,
            "times": times,
            "probability": probability,
        }
        self._ask("POST", "faults", {name: value for name, value in rule.items() if value is not None})

    def clear_faults(self) -> None:
        """Answer as it should be again."""
        self._ask("DELETE", "faults")

    def answer(self, path: str, body: Mapping[str, object], *, times: int = 1) -> None:
        """Set the next answers of an API: ``answer("/v1/payments/pay", {"paymentId": "7"})``."""
        self._ask("POST", "answers", {"path": path, "body": body, "times": times})

    def change_settings(self, **changes: Unpack[Settings]) -> None:
        """Change how the gateway behaves: ``change_settings(rate_limit=5)``."""
        written: dict[str, object] = {**changes}
        if "session_lifetime" in changes:
            written["session_lifetime"] = _duration(changes["session_lifetime"])
        self._ask("PATCH", "settings", written)

    def reset(self) -> None:
        """Forget all vaultings, notifications, faults and answers; clock and settings are as at the start."""
        self._ask("POST", "reset")

    def log(self) -> str:
        """Return what the sandbox wrote since it started, also when it has ended: one line of JSON for each call."""
        if self._log.closed:
            return self._last_log
        # Without moving the place where the sandbox writes on, which is the same.
        log = os.pread(self._log.fileno(), os.fstat(self._log.fileno()).st_size, 0)
        return log.decode("utf-8", "replace")

    # ---- its end ----

    def close(self) -> None:
        """End the sandbox, and close :attr:`client`."""
        if self._client is not None:
            self._client.close()
        assert self._process.stdin is not None  # noqa: S101 it is a pipe
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None  # noqa: S101 it is a pipe
        self._process.stdout.close()
        self._last_log = self.log()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        if self._log.closed:
            raise SandboxError("the sandbox was closed: ask it before, or start another one")
        # Not urllib: it would read the environment's proxies.
        connection = HTTPConnection(urlsplit(self.http).netloc, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, f"/__sandbox/{path}", None if body is None else json.dumps(body))
            response = connection.getresponse()
            text = response.read()
        except (OSError, HTTPException) as error:
            raise SandboxError(
                f"the sandbox at {self.http} does not answer: {error!r}; its log:\n{self.log()}"
            ) from error
        finally:
            connection.close()
        is_refused = response.status >= 400  # noqa: PLR2004 the HTTP standard's number
        try:
            answer: Any = json.loads(text) if text else None
            refusal = answer["error"] if is_refused else None
        except (ValueError, TypeError, KeyError):
            raise SandboxError(
                f"what answers at {self.http} is not this sandbox: to {method} /__sandbox/{path} it said HTTP "
                f"{response.status} {text[:200]!r}. Was another program started there, or is `antom` of another version?"
            ) from None
        if is_refused:
            raise SandboxError(refusal)
        return answer


def _named(session: SessionOrId) -> str:
    return quote(session if isinstance(session, str) else session.id, safe="")


def _duration(duration: timedelta) -> str:
    if duration < timedelta() or duration % timedelta(seconds=1):
        raise ValueError(f"the sandbox counts in whole seconds ahead, not {duration}")
    return f"{duration // timedelta(seconds=1)}s"


def _after(step: dict[str, Any]) -> Vaulting:
    return _read(Vaulting, {**step["session"], "progress": step["progress"]})


def _read(shape: type[_Shape], members: dict[str, Any]) -> _Shape:
    """Take what the shape has from an answer; a newer sandbox may say more."""
    known = {f.name: members[f.name] for f in fields(shape) if f.name in members}
    for name in ("created_at", "expires_at", "next", "time"):
        if known.get(name) is not None:
            known[name] = _moment(known[name])
    return shape(**known)


def _moment(text: str) -> datetime:
    # Python 3.10 reads neither Z nor nanoseconds.
    microseconds = re.sub(r"\.(\d{1,6})\d*", lambda fraction: f".{fraction[1]:0<6}", text)
    return datetime.fromisoformat(microseconds.replace("Z", "+00:00"))
