"""Receives notifications in a web server: verifies, calls a function of yours once, and acknowledges.

::

    @antom.notifications.handler(client, guard=antom.ReplayGuard())
    def on_vaulting(notification: antom.VaultingNotification) -> None:
        ...  # keep the card token

``on_vaulting`` can then be called as before, and serves each web framework, none of which is imported here:

=========  =========================================================================================
WSGI       ``application = on_vaulting.wsgi``
ASGI       ``application = on_vaulting.asgi``
Flask      in a view: ``return on_vaulting.flask(request)``
Django     in a view, with ``csrf_exempt``: ``return on_vaulting.django(request, HttpResponse)``
FastAPI    in an endpoint: ``return await on_vaulting.fastapi(request, Response)``
others     ``answer = on_vaulting.receive(method=…, path=…, headers=…, body=…)``
=========  =========================================================================================

===========================================  ======  ==========================================================
what came                                    status  what happens
===========================================  ======  ==========================================================
a new notification                           200     the function is called, and returns
a notification that was handled before       200     nothing else
a notification that is being handled         503     Antom sends it again
any, and the guard fails                     503     it is logged; Antom sends it again
a new notification                           500     the function raises: it is logged, the claim is released,
                                                     Antom sends it again
Antom's, but not what is documented          500     it is logged; Antom sends it again
what is not Antom's, or for somebody else    400     it is logged; the answer does not say why
a body of more than 64 KiB                   413
a body of unknown length                     411
another method than POST                     405
===========================================  ======  ==========================================================

What is Antom's, but not about a vaulting (``Outcome.UNRELATED``), comes to the function as often as Antom sends it.

The log is ``logging.getLogger("antom.notifications")``. It shows neither bodies nor signatures.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import threading
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Iterable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar
from urllib.parse import quote

from antom._frozen import Frozen
from antom._native import ReplayGuard
from antom.aio import AsyncClient
from antom.client import Client
from antom.errors import AntomError, InvalidArgumentError, UntrustedNotificationError
from antom.replay import BeingHandledError, Claim
from antom.types import ACKNOWLEDGEMENT, Headers, VaultingNotification

__all__ = ["LARGEST_BODY", "HttpAnswer", "NotificationHandler", "SharedReplayGuard", "handler"]

LARGEST_BODY: Final = 64 * 1024
"""The largest body that is read, in bytes. No notification comes near it."""

Environ: TypeAlias = "Mapping[str, Any]"
Scope: TypeAlias = "MutableMapping[str, Any]"
Receive: TypeAlias = "Callable[[], Awaitable[MutableMapping[str, Any]]]"
Send: TypeAlias = "Callable[[MutableMapping[str, Any]], Awaitable[None]]"

_Returned = TypeVar("_Returned")
_Response = TypeVar("_Response")
_log = logging.getLogger("antom.notifications")


class HttpAnswer(Frozen):
    """The HTTP answer to a notification."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class SharedReplayGuard(Protocol):
    """A replay guard with leases, such as those in :mod:`antom.replay`."""

    def claim(self, notification: VaultingNotification, /) -> Claim | None:
        """Return a claim if the notification is new, and is now yours to handle.

        :raises antom.replay.BeingHandledError: Somebody else has claimed it.
        """
        ...

    def confirm(self, claim: Claim, /) -> None:
        """Remember that the notification was handled."""

    def release(self, claim: Claim, /) -> None:
        """Give a claim back, because handling failed."""


class _ProcessReplayGuard:
    """A guard of one process that does not take a notification for handled while its handling goes on."""

    def __init__(self, guard: ReplayGuard) -> None:
        self._guard = guard
        self._being_handled: set[str] = set()
        self._lock = threading.Lock()

    def claim(self, notification: VaultingNotification, /) -> Claim | None:
        with self._lock:
            if notification.replay_key in self._being_handled:
                raise BeingHandledError
            if not self._guard.claim(notification):
                return None
            self._being_handled.add(notification.replay_key)
            # There is one claim of it at a time.
            return Claim(notification=notification, token="")

    def confirm(self, claim: Claim, /) -> None:
        with self._lock:
            self._being_handled.discard(claim.notification.replay_key)

    def release(self, claim: Claim, /) -> None:
        with self._lock:
            self._being_handled.discard(claim.notification.replay_key)
            self._guard.release(claim.notification)


class _Begun(NamedTuple):
    """A notification to be handled, and the claim, if it is of those that are handled once."""

    notification: VaultingNotification
    claim: Claim | None


def handler(
    client: Client | AsyncClient,
    *,
    guard: ReplayGuard | SharedReplayGuard,
    path: str | None = None,
) -> Callable[[Callable[[VaultingNotification], _Returned]], NotificationHandler[_Returned]]:
    """Make a function that takes a notification into what receives them. See :mod:`antom.notifications`.

    :param client: What verifies. It need not be able to reach Antom.
    :param guard: What knows which notifications were handled: an :class:`antom.ReplayGuard` if there is one process
        only, otherwise one of :mod:`antom.replay`.
    :param path: The path, with its query, in the URL that Antom calls. Needed only where it is not the one that
        arrives, because a proxy in between changes it; the signature covers the path.
    """
    return functools.partial(NotificationHandler, client=client, guard=guard, path=path)


class NotificationHandler(Generic[_Returned]):
    """A function of yours, and what receives notifications for it. :func:`handler` makes it."""

    def __init__(
        self,
        function: Callable[[VaultingNotification], _Returned],
        *,
        client: Client | AsyncClient,
        guard: ReplayGuard | SharedReplayGuard,
        path: str | None,
    ) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._is_async = inspect.iscoroutinefunction(function)
        # What verifies waits for nothing, so it needs no event loop.
        self._client = client._client if isinstance(client, AsyncClient) else client  # noqa: SLF001
        self._guard: SharedReplayGuard = _ProcessReplayGuard(guard) if isinstance(guard, ReplayGuard) else guard
        self._path = path
        self._running: set[asyncio.Task[HttpAnswer]] = set()

    def __call__(self, notification: VaultingNotification) -> _Returned:
        """Call the function itself, as tests do."""
        return self._function(notification)

    def __repr__(self) -> str:
        return f"<antom.NotificationHandler of {self._function!r}>"

    # ---- any framework ----

    def receive(self, *, method: str, path: str, headers: Headers, body: bytes) -> HttpAnswer:
        """Receive a notification, and return what to answer. Never raises because of what came.

        :param path: The path as it came, still escaped, with its query.
        :param headers: All that came.
        :param body: The body as it came, before anything parsed it.
        :raises TypeError: The function is ``async``; see :meth:`areceive`.
        """
        if self._is_async:
            raise TypeError(
                f"{self._function!r} is async, and nothing awaits it here: make it a plain function, or use asgi, "
                "fastapi or areceive"
            )
        begun = self._begin(method, path, headers, body)
        if isinstance(begun, HttpAnswer):
            return begun
        try:
            self._function(begun.notification)
        except BaseException as error:  # noqa: BLE001 it is logged, or raised again
            return self._failed(begun, error)
        return self._handled(begun)

    async def areceive(self, *, method: str, path: str, headers: Headers, body: bytes) -> HttpAnswer:
        """Do the same in an event loop: the function may be ``async``; a plain one runs in a thread, as the guard does.

        Cancelling it frees who waits. The handling goes on to its end, so that it is confirmed or released.
        """
        if self._is_async:
            handling = self._handle_async(method, path, headers, body)
        else:
            handling = asyncio.to_thread(self.receive, method=method, path=path, headers=headers, body=body)
        task = asyncio.ensure_future(handling)
        # An event loop keeps no task alive by itself.
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _handle_async(self, method: str, path: str, headers: Headers, body: bytes) -> HttpAnswer:
        begun = await asyncio.to_thread(self._begin, method, path, headers, body)
        if isinstance(begun, HttpAnswer):
            return begun
        try:
            await self._function(begun.notification)  # type: ignore[misc]  # _is_async says that it can be
        except Exception as error:  # noqa: BLE001 it is logged
            return await asyncio.to_thread(self._failed, begun, error)
        except BaseException as error:  # noqa: BLE001 it is raised again
            # The loop is ending, so there may be no thread to be had.
            return self._failed(begun, error)
        return await asyncio.to_thread(self._handled, begun)

    def _begin(self, method: str, path: str, headers: Headers, body: bytes) -> _Begun | HttpAnswer:
        """Verify and claim. An answer says that there is nothing to handle."""
        if method != "POST":
            return _refusal(HTTPStatus.METHOD_NOT_ALLOWED)
        if len(body) > LARGEST_BODY:
            return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            notification = self._client.verify_notification(
                method=method, path=self._path or path, headers=headers, body=body
            )
        except (UntrustedNotificationError, InvalidArgumentError) as error:
            # A path that is no text, and so no argument, was not signed by Antom.
            _log.warning("refused: %s", error)
            return _refusal(HTTPStatus.BAD_REQUEST)
        except AntomError as error:
            _log.error("a notification could not be read: %s", error)
            return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR)
        return self._claimed(notification) if notification.replay_key else _Begun(notification, None)

    def _claimed(self, notification: VaultingNotification) -> _Begun | HttpAnswer:
        try:
            claim = self._guard.claim(notification)
        except BeingHandledError:
            _log.info("%s is being handled already", notification.request_id)
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE)
        except Exception:  # noqa: BLE001 it is logged
            _log.exception("%s was not handled, because the replay guard failed", notification.request_id)
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE)
        return _Begun(notification, claim) if claim else _ACKNOWLEDGED

    def _failed(self, begun: _Begun, error: BaseException) -> HttpAnswer:
        request_id = begun.notification.request_id
        try:
            if begun.claim:
                self._guard.release(begun.claim)
        except Exception:  # noqa: BLE001 it is logged
            _log.exception("the claim of %s was not released: it ends by itself", request_id)
        if not isinstance(error, Exception):
            raise error
        _log.error("handling %s failed; Antom will send it again", request_id, exc_info=error)
        return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR)

    def _handled(self, begun: _Begun) -> HttpAnswer:
        try:
            if begun.claim:
                self._guard.confirm(begun.claim)
        except Exception:  # noqa: BLE001 it is logged
            _log.exception("%s was handled, but this could not be remembered", begun.notification.request_id)
        return _ACKNOWLEDGED

    # ---- WSGI and what stands on it ----

    def wsgi(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve WSGI: an application, or what one is mounted as."""
        answer = self._receive_wsgi(environ, lambda: _read(environ["wsgi.input"], environ))
        status = HTTPStatus(answer.status)
        headers = {**answer.headers, "Content-Length": str(len(answer.body))}
        start_response(f"{status.value} {status.phrase}", list(headers.items()))
        return [answer.body]

    def flask(self, request: Any) -> tuple[bytes, int, dict[str, str]]:
        """Serve a Flask view: ``return on_vaulting.flask(request)``."""
        # get_data() also has what somebody read before; without a length it has no limit.
        has_length = request.content_length is not None
        read = request.get_data if has_length else lambda: _read(request.stream, request.environ)
        answer = self._receive_wsgi(request.environ, read)
        return answer.body, answer.status, dict(answer.headers)

    def django(self, request: Any, response: Callable[..., _Response]) -> _Response:
        """Serve a Django view: ``return on_vaulting.django(request, HttpResponse)``. It needs ``csrf_exempt``."""
        answer = self._receive_wsgi(request.META, lambda: request.body, getattr(request, "scope", None))
        return response(answer.body, status=answer.status, headers=answer.headers)

    def _receive_wsgi(self, environ: Environ, read: Callable[[], bytes], scope: Scope | None = None) -> HttpAnswer:
        method = environ["REQUEST_METHOD"]
        if method != "POST":
            return _refusal(HTTPStatus.METHOD_NOT_ALLOWED)
        refusal = _refusal_of_length(
            environ.get("CONTENT_LENGTH"), may_be_chunked=bool(environ.get("wsgi.input_terminated"))
        )
        if refusal is not None:
            return refusal
        path = _environ_path(environ) if scope is None else _scope_path(scope)
        return self.receive(method=method, path=path, headers=_environ_headers(environ), body=read())

    # ---- ASGI and what stands on it ----

    @property
    def asgi(self) -> Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]:
        """Serve ASGI: an application, or what one is mounted as."""

        # Not a method: uvicorn would take that for ASGI 2.
        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                raise NotImplementedError(f"notifications come by http, not by {scope['type']}")
            try:
                answer = await self._receive_asgi(scope, _chunks(receive))
            except _DisconnectedError:
                return
            headers = {**answer.headers, "Content-Length": str(len(answer.body))}
            encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
            await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
            await send({"type": "http.response.body", "body": answer.body})

        return application

    async def fastapi(self, request: Any, response: Callable[..., _Response]) -> _Response:
        """Serve an endpoint of FastAPI or Starlette: ``return await on_vaulting.fastapi(request, Response)``."""
        answer = await self._receive_asgi(request.scope, request.stream())
        return response(answer.body, status_code=answer.status, headers=answer.headers)

    async def _receive_asgi(self, scope: Scope, chunks: AsyncIterable[bytes]) -> HttpAnswer:
        if scope["method"] != "POST":
            return _refusal(HTTPStatus.METHOD_NOT_ALLOWED)
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        length = next((value.decode("latin-1") for name, value in headers if name.lower() == b"content-length"), None)
        refusal = _refusal_of_length(length, may_be_chunked=True)
        if refusal is not None:
            return refusal
        body = bytearray()
        async for chunk in chunks:
            body += chunk
            if len(body) > LARGEST_BODY:
                return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return await self.areceive(method=scope["method"], path=_scope_path(scope), headers=headers, body=bytes(body))


_ACKNOWLEDGED: Final = HttpAnswer(
    status=ACKNOWLEDGEMENT.status,
    headers={"Content-Type": ACKNOWLEDGEMENT.content_type},
    body=ACKNOWLEDGEMENT.body,
)


def _refusal(status: HTTPStatus) -> HttpAnswer:
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "POST"
    return HttpAnswer(status=status.value, headers=headers, body=status.phrase.encode())


def _refusal_of_length(length: str | None, *, may_be_chunked: bool) -> HttpAnswer | None:
    if not length:
        return None if may_be_chunked else _refusal(HTTPStatus.LENGTH_REQUIRED)
    if not (length.isascii() and length.isdecimal()):
        return _refusal(HTTPStatus.LENGTH_REQUIRED)
    # A number of many digits is not even read.
    if len(length) > len(str(LARGEST_BODY)) or int(length) > LARGEST_BODY:
        return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return None


def _read(stream: Any, environ: Environ) -> bytes:
    length = environ.get("CONTENT_LENGTH")
    body: bytes = stream.read(int(length) if length else LARGEST_BODY + 1)
    return body


def _environ_headers(environ: Environ) -> list[tuple[str, str]]:
    return [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]


def _environ_path(environ: Environ) -> str:
    """Return the path as it came, which WSGI itself only has unescaped."""
    came: str | None = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if came:
        # It is a whole URL, if a proxy sent it so.
        return came if came.startswith("/") else "/" + came.partition("://")[2].partition("/")[2]
    unescaped = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    # What a server should not have put there is in no path of Antom's.
    path, query = quote(unescaped.encode("latin-1", "replace"), safe=_UNESCAPED), environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


def _scope_path(scope: Scope) -> str:
    raw = scope.get("raw_path")
    path = raw.decode("latin-1") if raw else quote(scope["path"], safe=_UNESCAPED, errors="surrogatepass")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


# What RFC 3986 allows in a path besides letters, digits and -._~.
_UNESCAPED: Final = "/:@!$&'()*+,;="


class _DisconnectedError(Exception):
    """Nobody waits for an answer any more."""


async def _chunks(receive: Receive) -> AsyncIterable[bytes]:
    is_complete = False
    while not is_complete:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _DisconnectedError
        yield message.get("body", b"")
        is_complete = not message.get("more_body", False)
