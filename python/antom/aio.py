"""The client for asyncio: the same calls, on threads of its own."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from antom.client import Client, Settings
from antom.errors import InvalidArgumentError

if TYPE_CHECKING:
    from datetime import timedelta

    from typing_extensions import Self, Unpack

__all__ = ["AsyncClient"]

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def _on_a_thread(
    method: Callable[Concatenate[Client, _Given], _Result],
) -> Callable[Concatenate[AsyncClient, _Given], Coroutine[Any, Any, _Result]]:
    """Make the method of the asynchronous client from that of the other one."""

    @functools.wraps(method)
    async def call(client: AsyncClient, /, *args: _Given.args, **given: _Given.kwargs) -> _Result:
        work = functools.partial(contextvars.copy_context().run, method, client._client, *args, **given)
        try:
            return await asyncio.get_running_loop().run_in_executor(client._threads.executor(), work)
        finally:
            del args, given, work

    return call


class _Threads:
    """The threads of a client. After ``os.fork()`` the child has none of its parent's, and gets its own."""

    def __init__(self, number: object) -> None:
        if not isinstance(number, int) or isinstance(number, bool):
            raise TypeError(f"threads must be an int, not {type(number).__name__}")
        if number < 1:
            raise InvalidArgumentError("threads must be more than 0")
        self._number = number
        self._of_processes: dict[int, ThreadPoolExecutor] = {}

    def executor(self) -> ThreadPoolExecutor:
        process = os.getpid()
        executor = self._of_processes.get(process)
        if executor is None:
            executor = ThreadPoolExecutor(self._number, thread_name_prefix="antom")
            # Event loops of several threads get the same one, without a lock, which a fork could copy while it is held.
            executor = self._of_processes.setdefault(process, executor)
        return executor


class AsyncClient:
    """Calls Antom's API from asyncio: the methods of :class:`antom.Client`, to be awaited.

    Each call takes a thread of this client's own, at most ``threads`` at the same time; more calls wait for one.

    A task that is cancelled stops waiting at once, but what was begun goes on: a call that waits for a thread is dropped
    and sends nothing, one that runs ends by itself, within ``timeout``, and its request may be processed. So give a
    ``vaulting_request_id`` of your own where you may cancel, and inquire by it afterwards. Close the client before the
    program ends: Python waits for calls that run.

    :param threads: How many calls may run at the same time.
    :param settings: The settings of :class:`antom.Client`.
    :raises antom.ConfigError: A setting cannot be used; the message names it and says what to do.
    """

    __slots__ = ("__weakref__", "_client", "_threads")

    def __init__(self, *, threads: int = 8, **settings: Unpack[Settings]) -> None:
        try:
            self._threads = _Threads(threads)
            self._client = Client(**settings)
        finally:
            del settings

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, *, threads: int = 8, **settings: Unpack[Settings]
    ) -> Self:
        """Make a client from the environment: see :meth:`antom.Client.from_env`."""
        try:
            client = cls.__new__(cls)
            client._threads = _Threads(threads)
            client._client = Client.from_env(environ, **settings)
        finally:
            del settings, environ
        return client

    def with_options(self, *, timeout: float | timedelta | None = None, max_retries: int | None = None) -> AsyncClient:
        """Return the same client, its connections and threads included, with other limits for each call."""
        client = AsyncClient.__new__(AsyncClient)
        client._threads = self._threads
        client._client = self._client.with_options(timeout=timeout, max_retries=max_retries)
        return client

    create_vaulting_session = _on_a_thread(Client.create_vaulting_session)
    inquire_vaulting = _on_a_thread(Client.inquire_vaulting)
    recover = _on_a_thread(Client.recover)
    vault_payment_method = _on_a_thread(Client.vault_payment_method)
    call = _on_a_thread(Client.call)
    verify_notification = _on_a_thread(Client.verify_notification)
    sign = _on_a_thread(Client.sign)
    verify = _on_a_thread(Client.verify)
    diagnose = _on_a_thread(Client.diagnose)

    async def close(self) -> None:
        """Close every connection. Running calls end at once, later ones with :class:`antom.ClosedError`."""
        await asyncio.to_thread(self._client.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return repr(self._client).replace("antom.Client", "antom.aio.AsyncClient", 1)
