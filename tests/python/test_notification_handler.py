"""What receives notifications in web servers: what it answers, when it calls the merchant's function, what it claims.

The frameworks themselves, over sockets, are in tests/wheel.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import threading
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import django.conf
import fastapi
import flask
import pytest
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from support import key, offline_client
from test_notifications import PATH, VAULTED, signed

import antom
from antom.notifications import LARGEST_BODY, HttpAnswer, NotificationHandler
from antom.replay import BeingHandledError, Claim

BODY = json.dumps(VAULTED).encode()
HEADERS = signed(BODY)


class Guard:
    """A shared replay guard that writes down what is asked of it, and fails where it is told to."""

    def __init__(self, *, is_new: bool | Exception = True, later: Exception | None = None) -> None:
        self.steps: list[str] = []
        self.ended = threading.Event()
        self._is_new = is_new
        self._later = later
        self._claim: Claim | None = None

    def claim(self, notification: antom.VaultingNotification, /) -> Claim | None:
        self.steps.append("claim")
        if isinstance(self._is_new, Exception):
            raise self._is_new
        if self._is_new:
            self._claim = Claim(notification=notification, token="mine")
        return self._claim

    def confirm(self, claim: Claim, /) -> None:
        self._step("confirm", claim)

    def release(self, claim: Claim, /) -> None:
        self._step("release", claim)

    def _step(self, step: str, claim: Claim) -> None:
        assert claim is self._claim
        self.steps.append(step)
        self.ended.set()
        if self._later:
            raise self._later


def ignoring(guard: Any, path: str | None = None) -> NotificationHandler[None]:
    @antom.notifications.handler(offline_client(), guard=guard, path=path)
    def on_vaulting(notification: antom.VaultingNotification) -> None:
        """Do nothing with it."""

    return on_vaulting


def failing(guard: Any, error: BaseException) -> NotificationHandler[None]:
    @antom.notifications.handler(offline_client(), guard=guard)
    def on_vaulting(_: antom.VaultingNotification) -> None:
        raise error

    return on_vaulting


def receive(handler: NotificationHandler[Any], **other: Any) -> HttpAnswer:
    return handler.receive(**{"method": "POST", "path": PATH, "headers": HEADERS, "body": BODY, **other})


def status_of(handler: NotificationHandler[Any], **other: Any) -> int:
    return receive(handler, **other).status


# ---- what is answered ----


def test_a_new_notification_is_handled_confirmed_and_acknowledged() -> None:
    guard, handled = Guard(), []

    @antom.notifications.handler(offline_client(), guard=guard)
    def on_vaulting(notification: antom.VaultingNotification) -> None:
        handled.append((notification.request_id, list(guard.steps)))

    answer = receive(on_vaulting)
    assert (answer.status, answer.body) == (200, antom.ACKNOWLEDGEMENT.body)
    assert answer.headers == {"Content-Type": "application/json"}
    assert handled == [("vault-1", ["claim"])]
    assert guard.steps == ["claim", "confirm"]


def test_a_repetition_is_acknowledged_and_not_handled() -> None:
    guard = Guard(is_new=False)
    assert receive(failing(guard, AssertionError())).body == antom.ACKNOWLEDGEMENT.body
    assert guard.steps == ["claim"]


def test_what_is_being_handled_elsewhere_is_asked_for_again() -> None:
    guard = Guard(is_new=BeingHandledError())
    assert status_of(failing(guard, AssertionError())) == 503
    assert guard.steps == ["claim"]


def test_when_the_guard_fails_nothing_is_handled_and_antom_sends_again(caplog: pytest.LogCaptureFixture) -> None:
    assert status_of(failing(Guard(is_new=OSError("no database")), AssertionError())) == 503
    assert "vault-1 was not handled, because the replay guard failed" in caplog.text
    assert "no database" in caplog.text


def test_when_handling_fails_the_claim_is_released_and_antom_sends_again(caplog: pytest.LogCaptureFixture) -> None:
    guard = Guard()
    answer = receive(failing(guard, KeyError("order")))
    assert (answer.status, answer.body) == (500, b"Internal Server Error")
    assert guard.steps == ["claim", "release"]
    assert "handling vault-1 failed; Antom will send it again" in caplog.text
    assert "KeyError: 'order'" in caplog.text


def test_a_worker_that_is_told_to_end_releases_the_claim_first() -> None:
    guard = Guard()
    with pytest.raises(SystemExit):
        receive(failing(guard, SystemExit(1)))
    assert guard.steps == ["claim", "release"]


def test_a_claim_that_cannot_be_released_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert status_of(failing(Guard(later=OSError("no database")), KeyError("order"))) == 500
    assert "the claim of vault-1 was not released: it ends by itself" in caplog.text


def test_what_was_handled_is_acknowledged_even_if_that_cannot_be_remembered(caplog: pytest.LogCaptureFixture) -> None:
    assert status_of(ignoring(Guard(later=OSError("no database")))) == 200
    assert "vault-1 was handled, but this could not be remembered" in caplog.text


@pytest.mark.parametrize(
    "forged",
    [
        {"body": BODY + b" "},
        {"path": "/elsewhere"},
        {"headers": {}},
        {"headers": {**HEADERS, "Client-Id": "SANDBOX_5X00000000000001"}},
        {"headers": [*HEADERS.items(), ("signature", "twice")]},
        {"body": b""},
    ],
    ids=["body", "path", "no headers", "another client id", "two signatures", "no body"],
)
def test_what_is_not_antoms_is_refused_without_saying_why(
    forged: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    guard = Guard()
    answer = receive(failing(guard, AssertionError()), **forged)
    assert (answer.status, answer.body) == (400, b"Bad Request")
    assert guard.steps == []
    [record] = caplog.records
    assert (record.name, record.levelname) == ("antom.notifications", "WARNING")
    assert record.getMessage().startswith("refused: do not act on this notification")
    assert HEADERS["Signature"] not in caplog.text


def test_a_path_that_is_no_text_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    assert status_of(ignoring(Guard()), path="/antom/\udc80") == 400
    assert caplog.messages == ["refused: path holds a lone surrogate: it is not text that can be written as UTF-8"]


def test_what_is_antoms_but_not_as_documented_is_not_acknowledged(caplog: pytest.LogCaptureFixture) -> None:
    body = b'{"vaultingRequestId":"vault-1"}'
    assert status_of(ignoring(Guard()), body=body, headers=signed(body)) == 500
    assert "a notification could not be read: the notification is Antom's, but not what is documented" in caplog.text


def test_what_is_not_about_a_vaulting_comes_to_the_function_unclaimed() -> None:
    handled = []
    guard = Guard()

    @antom.notifications.handler(offline_client(), guard=guard)
    def on_vaulting(notification: antom.VaultingNotification) -> None:
        handled.append(notification.outcome)

    body = b'{"notifyType":"PAYMENT_RESULT"}'
    assert status_of(on_vaulting, body=body, headers=signed(body)) == 200
    assert handled == [antom.Outcome.UNRELATED]
    assert guard.steps == []
    with pytest.raises(SystemExit):
        receive(failing(guard, SystemExit(1)), body=body, headers=signed(body))
    assert guard.steps == []


def test_another_method_is_refused() -> None:
    answer = receive(ignoring(Guard()), method="GET")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


def test_a_body_of_unusual_size_is_refused_before_anything_reads_it() -> None:
    assert status_of(ignoring(Guard()), body=bytes(LARGEST_BODY + 1)) == 413


def test_behind_a_proxy_that_changes_the_path_the_registered_one_counts() -> None:
    assert status_of(ignoring(Guard(), path=PATH), path="/inside") == 200
    assert status_of(ignoring(Guard(), path="/other"), path=PATH) == 400


def test_the_client_for_asyncio_verifies_as_well() -> None:
    async def serve() -> int:
        client = antom.aio.AsyncClient(
            client_id="SANDBOX_5X00000000000000",
            private_key=key("merchant"),
            antom_public_key=key("gateway", "public_spki"),
            endpoint="http://127.0.0.1:1",
        )
        async with client:
            return status_of(antom.notifications.handler(client, guard=Guard())(lambda _: None))

    assert asyncio.run(serve()) == 200


def test_the_function_stays_what_it_was() -> None:
    handler = ignoring(Guard())
    assert repr(handler).startswith("<antom.NotificationHandler of ")
    assert "on_vaulting" in repr(handler)
    assert inspect.getdoc(handler) == "Do nothing with it."
    body = signed(BODY)
    notification = offline_client().verify_notification(path=PATH, headers=body, body=BODY)
    handler(notification)
    with pytest.raises(KeyError):
        failing(Guard(), KeyError())(notification)


# ---- the guard of one process ----


def test_within_one_process_a_notification_is_handled_once_and_not_acknowledged_before() -> None:
    begun, go_on = threading.Event(), threading.Event()
    outcomes: list[Exception | None] = [RuntimeError("first try"), None]
    calls = []

    @antom.notifications.handler(offline_client(), guard=antom.ReplayGuard())
    def on_vaulting(notification: antom.VaultingNotification) -> None:
        calls.append(notification.request_id)
        begun.set()
        assert go_on.wait(30)
        error = outcomes.pop(0)
        if error:
            raise error

    statuses = []
    thread = threading.Thread(target=lambda: statuses.append(status_of(on_vaulting)))
    thread.start()
    assert begun.wait(30)
    # The first is still at it, and will fail: an acknowledgement now would lose the notification.
    assert status_of(on_vaulting) == 503
    go_on.set()
    thread.join()
    assert statuses == [500]
    assert status_of(on_vaulting) == 200
    assert status_of(on_vaulting) == 200
    assert calls == ["vault-1", "vault-1"]


# ---- WSGI ----


def environ(body: bytes = BODY, headers: Mapping[str, str] = HEADERS, /, **other: Any) -> dict[str, Any]:
    path, _, query = PATH.partition("?")
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **{"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()},
        **other,
    }


def wsgi(came: Mapping[str, Any], path: str | None = None) -> str:
    started: list[tuple[str, list[tuple[str, str]]]] = []
    body = b"".join(ignoring(Guard(), path).wsgi(came, lambda *start: started.append(start)))
    [(status, headers)] = started
    assert dict(headers)["Content-Length"] == str(len(body))
    return status


def test_wsgi_is_served() -> None:
    assert wsgi(environ()) == "200 OK"


@pytest.mark.parametrize("length", ["65537", "9" * 5000])
def test_wsgi_reads_no_body_that_is_too_long(length: str) -> None:
    assert wsgi(environ(CONTENT_LENGTH=length, **{"wsgi.input": None})).startswith("413 ")


@pytest.mark.parametrize("length", ["", "many", "-1", "٣"])
def test_wsgi_reads_no_body_without_a_length(length: str) -> None:
    assert wsgi(environ(CONTENT_LENGTH=length, **{"wsgi.input": None})) == "411 Length Required"


def test_wsgi_reads_a_body_in_chunks_where_the_server_says_that_it_ends() -> None:
    chunked: dict[str, Any] = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
    assert wsgi(environ(**chunked)) == "200 OK"
    assert wsgi(environ(bytes(LARGEST_BODY + 1), **chunked)).startswith("413 ")


def test_wsgi_refuses_another_method_without_reading() -> None:
    assert wsgi(environ(REQUEST_METHOD="GET", **{"wsgi.input": None})) == "405 Method Not Allowed"


@pytest.mark.parametrize("name", ["RAW_URI", "REQUEST_URI"])
@pytest.mark.parametrize("before", ["", "http://shop.example", "https://shop.example:8443"])
def test_wsgi_takes_the_path_as_it_came_where_the_server_keeps_it(name: str, before: str) -> None:
    path = "/caf%c3%a9/%2f?a=%20b"
    assert wsgi(environ(BODY, signed(BODY, path), **{name: before + path})) == "200 OK"


@pytest.mark.parametrize("raw", ["//[", "nonsense", "http://", "*"])
def test_wsgi_refuses_a_strange_path(raw: str) -> None:
    assert wsgi(environ(RAW_URI=raw)) == "400 Bad Request"


@pytest.mark.parametrize("name", ["RAW_URI", "REQUEST_URI", "PATH_INFO", "QUERY_STRING"])
@pytest.mark.parametrize("text", ["/\ud800", "/€"])
def test_wsgi_refuses_a_path_that_is_no_text(name: str, text: str) -> None:
    assert wsgi(environ(**{name: text})) == "400 Bad Request"


def test_wsgi_escapes_the_path_again_where_the_server_does_not_keep_it() -> None:
    headers = signed(BODY, "/shop/caf%C3%A9/a+b~c")
    came = environ(BODY, headers, SCRIPT_NAME="/shop", PATH_INFO="/caf\u00c3\u00a9/a+b~c", QUERY_STRING="")
    assert wsgi(came) == "200 OK"


# ---- ASGI ----


def scope(headers: Mapping[str, str] = HEADERS, **other: Any) -> dict[str, Any]:
    path, _, query = PATH.partition("?")
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": query.encode(),
        "headers": encoded,
        **other,
    }


def asgi(handler: NotificationHandler[Any], came: MutableMapping[str, Any], *messages: dict[str, Any]) -> int | None:
    """The status of the answer, or None without one."""
    sent: list[MutableMapping[str, Any]] = []
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(handler.asgi(came, receive, send))
    if not sent:
        return None
    start, body = sent
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()
    status: int = start["status"]
    return status


WHOLE = {"type": "http.request", "body": BODY}


def test_asgi_is_served() -> None:
    assert asgi(ignoring(Guard()), scope(), WHOLE) == 200


def test_asgi_joins_a_body_that_comes_in_parts() -> None:
    parts = [{"type": "http.request", "body": BODY[i : i + 100], "more_body": True} for i in range(0, len(BODY), 100)]
    assert asgi(ignoring(Guard()), scope(), *parts, {"type": "http.request"}) == 200


def test_asgi_reads_no_body_that_is_too_long() -> None:
    assert asgi(ignoring(Guard()), scope({**HEADERS, "Content-Length": "65537"})) == 413
    part = {"type": "http.request", "body": bytes(LARGEST_BODY), "more_body": True}
    assert asgi(ignoring(Guard()), scope(), part, part) == 413


def test_asgi_answers_nobody_who_has_gone() -> None:
    part = {"type": "http.request", "body": b"{", "more_body": True}
    assert asgi(ignoring(Guard()), scope(), part, {"type": "http.disconnect"}) is None


def test_asgi_refuses_another_method_and_another_protocol() -> None:
    assert asgi(ignoring(Guard()), scope(method="GET")) == 405
    with pytest.raises(NotImplementedError, match="notifications come by http, not by websocket"):
        asgi(ignoring(Guard()), scope(type="websocket"))


def test_asgi_takes_the_path_as_it_came() -> None:
    path = "/caf%c3%a9/%2f"
    came = scope(signed(BODY, path), path="/café//", raw_path=path.encode(), query_string=b"")
    assert asgi(ignoring(Guard()), came, WHOLE) == 200
    came = scope(signed(BODY, "/caf%C3%A9"), path="/café", query_string=b"")
    assert asgi(ignoring(Guard()), came, WHOLE) == 200


@pytest.mark.parametrize("path", ["/\ud800", "/€"])
def test_asgi_refuses_a_path_that_is_no_text(path: str) -> None:
    assert asgi(ignoring(Guard()), scope(path=path), WHOLE) == 400


# ---- the objects of real frameworks ----


def flask_status(request: flask.Request) -> int:
    answer, status, headers = ignoring(Guard()).flask(request)
    assert isinstance(answer, bytes)
    assert "Content-Type" in headers
    return status


def test_flask_is_served() -> None:
    assert flask_status(flask.Request(environ())) == 200
    assert flask_status(flask.Request(environ(CONTENT_LENGTH="65537"))) == 413
    chunked: dict[str, Any] = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
    assert flask_status(flask.Request(environ(**chunked))) == 200


def test_flask_may_have_read_the_body_before() -> None:
    request = flask.Request(environ())
    assert request.get_data() == BODY
    assert flask_status(request) == 200


def test_django_is_served(settings: None) -> None:
    del settings
    came = WSGIRequest(environ())
    answer = ignoring(Guard()).django(came, HttpResponse)
    assert (answer.status_code, answer.content) == (200, antom.ACKNOWLEDGEMENT.body)
    assert answer["Content-Type"] == "application/json"
    assert ignoring(Guard()).django(WSGIRequest(environ(CONTENT_LENGTH="65537")), HttpResponse).status_code == 413
    assert ignoring(Guard()).django(ASGIRequest(asgi_django(), io.BytesIO(BODY)), HttpResponse).status_code == 200


def asgi_django() -> dict[str, Any]:
    return scope({**HEADERS, "Content-Length": str(len(BODY))})


@pytest.fixture(scope="session")
def settings() -> None:
    django.conf.settings.configure()


def test_fastapi_is_served() -> None:
    waiting = [WHOLE]

    async def receive() -> MutableMapping[str, Any]:
        return waiting.pop(0)

    request = fastapi.Request(scope(), receive)
    answer = asyncio.run(ignoring(Guard()).fastapi(request, fastapi.Response))
    assert (answer.status_code, answer.body) == (200, antom.ACKNOWLEDGEMENT.body)
    assert answer.headers["content-type"] == "application/json"


# ---- async functions ----


def asynchronous(guard: Any, error: BaseException | None = None) -> NotificationHandler[Any]:
    @antom.notifications.handler(offline_client(), guard=guard)
    async def on_vaulting(_: antom.VaultingNotification) -> None:
        await asyncio.sleep(0)
        if error:
            raise error

    return on_vaulting


def test_an_async_function_is_awaited() -> None:
    guard = Guard()
    assert asgi(asynchronous(guard), scope(), WHOLE) == 200
    assert guard.steps == ["claim", "confirm"]


def test_an_async_function_that_fails_releases_the_claim(caplog: pytest.LogCaptureFixture) -> None:
    guard = Guard()
    assert asgi(asynchronous(guard, KeyError("order")), scope(), WHOLE) == 500
    assert guard.steps == ["claim", "release"]
    assert "KeyError: 'order'" in caplog.text


def test_an_async_function_is_not_called_for_what_is_refused_or_repeated() -> None:
    assert asgi(asynchronous(Guard(), AssertionError()), scope({}), WHOLE) == 400
    assert asgi(asynchronous(Guard(is_new=False), AssertionError()), scope(), WHOLE) == 200


def test_an_async_function_that_is_cancelled_releases_the_claim() -> None:
    guard = Guard()
    with pytest.raises(asyncio.CancelledError):
        asgi(asynchronous(guard, asyncio.CancelledError()), scope(), WHOLE)
    assert guard.steps == ["claim", "release"]


def test_an_async_function_in_a_plain_server_is_an_error_that_says_what_to_do() -> None:
    guard = Guard()
    with pytest.raises(TypeError, match="make it a plain function, or use asgi, fastapi or areceive"):
        receive(asynchronous(guard))
    assert guard.steps == []


@pytest.mark.parametrize("is_async", [True, False])
def test_a_request_that_is_cancelled_is_handled_to_its_end(*, is_async: bool) -> None:
    guard = Guard()
    begun, go_on = threading.Event(), threading.Event()

    def plain(_: antom.VaultingNotification) -> None:
        begun.set()
        go_on.wait(30)

    async def asynchronous(_: antom.VaultingNotification) -> None:
        begun.set()
        await asyncio.to_thread(go_on.wait, 30)

    function: Callable[[antom.VaultingNotification], Any] = asynchronous if is_async else plain
    handler = antom.notifications.handler(offline_client(), guard=guard)(function)

    async def cancelled() -> None:
        request = asyncio.ensure_future(handler.areceive(method="POST", path=PATH, headers=HEADERS, body=BODY))
        await asyncio.to_thread(begun.wait, 30)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert guard.steps == ["claim"]
        go_on.set()
        await asyncio.to_thread(guard.ended.wait, 30)

    asyncio.run(cancelled())
    assert guard.steps == ["claim", "confirm"]
