"""The client for asyncio."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support import Gateway, key, silent_gateway

import antom
from antom.aio import AsyncClient

REQUEST: Any = {"payment_method_type": "CARD"}


def offline(**settings: Any) -> AsyncClient:
    usual: dict[str, Any] = {
        "client_id": "SANDBOX_5X00000000000000",
        "private_key": key("merchant"),
        "antom_public_key": key("gateway", "public_spki"),
        "endpoint": "http://127.0.0.1:1",
    }
    return AsyncClient(**{**usual, **settings})


def of(gateway: Gateway, **settings: Any) -> AsyncClient:
    known = {name: gateway.settings[name] for name in ("client_id", "endpoint")}
    return offline(**known, ca_certificate=Path(gateway.settings["ca_certificate_path"]), **settings)


def test_every_method_of_the_client_is_there() -> None:
    def public(cls: type) -> dict[str, Any]:
        return {name: value for name, value in vars(cls).items() if not name.startswith("_")}

    assert public(AsyncClient).keys() == public(antom.Client).keys()
    for name, method in public(AsyncClient).items():
        assert method.__doc__, name
        if name not in {"with_options", "from_env"}:
            assert inspect.iscoroutinefunction(method), name
            assert inspect.signature(method) == inspect.signature(getattr(antom.Client, name)) or name == "close"


def test_calls_run_at_the_same_time(gateway: Gateway) -> None:
    async def main() -> set[str]:
        async with of(gateway) as client:
            sessions = await asyncio.gather(
                *(client.create_vaulting_session(**REQUEST, vaulting_request_id=f"async-{n}") for n in range(20))
            )
            assert (await client.inquire_vaulting("inquiry_succeeded")).card
            assert await client.recover("inquiry_never_arrived") is None
            assert await client.sign("POST", "/", "1", "")
            return {session.request_id for session in sessions}

    assert asyncio.run(main()) == {f"async-{n}" for n in range(20)}


def test_the_number_of_threads_is_bounded() -> None:
    async def main() -> int:
        with silent_gateway() as (endpoint, _):
            async with offline(endpoint=endpoint, timeout=0.2, max_retries=0, threads=2) as client:
                before = set(threading.enumerate())
                calls = (client.create_vaulting_session(**REQUEST) for _ in range(5))
                running = asyncio.gather(*calls, return_exceptions=True)
                await asyncio.sleep(0.1)
                new = set(threading.enumerate()) - before
                assert all(isinstance(each, antom.OutcomeUnknownError) for each in await running)
                return sum(thread.name.startswith("antom") for thread in new)

    assert asyncio.run(main()) == 2


def test_cancelling_frees_who_waits_and_drops_what_was_not_begun() -> None:
    async def main() -> None:
        with silent_gateway() as (endpoint, arrived):
            client = offline(endpoint=endpoint, timeout=20, threads=1)
            running = asyncio.create_task(client.create_vaulting_session(**REQUEST))
            assert await asyncio.to_thread(arrived.wait, 10)
            waiting = asyncio.create_task(client.sign("POST", "/", "1", ""))
            await asyncio.sleep(0)
            begun = time.monotonic()
            for task in (running, waiting):
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.sign("POST", "/", "1", ""), 0.1)
            assert time.monotonic() - begun < 5
            # What runs on ends now.
            await client.close()
            assert await asyncio.wait_for(client.sign("POST", "/", "1", ""), 10)

    asyncio.run(main())


def test_a_closed_client_refuses() -> None:
    async def main() -> None:
        async with offline() as client:
            limited = client.with_options(timeout=5, max_retries=0)
            with pytest.raises(antom.NotSentError) as caught:
                await limited.create_vaulting_session(**REQUEST)
            assert caught.value.attempts == 1
        for closed in (client, limited):
            with pytest.raises(antom.ClosedError):
                await closed.create_vaulting_session(**REQUEST)

    asyncio.run(main())


def test_it_knows_the_context_of_its_task() -> None:
    current: contextvars.ContextVar[str] = contextvars.ContextVar("current")

    async def main() -> None:
        seen: list[str] = []
        client = offline(observer=lambda _event: seen.append(current.get()), max_retries=0)
        current.set("order-7")
        with pytest.raises(antom.NotSentError):
            await client.create_vaulting_session(**REQUEST)
        assert seen == ["order-7"] * 3
        await client.close()

    asyncio.run(main())


def test_a_child_process_has_threads_of_its_own() -> None:
    client = offline()
    assert asyncio.run(client.sign("POST", "/", "1", "{}"))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            asyncio.run(asyncio.wait_for(client.sign("POST", "/", "1", "{}"), 10))
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    asyncio.run(client.close())


def test_it_comes_from_the_environment_too() -> None:
    environment = {
        "ANTOM_CLIENT_ID": "SANDBOX_5X00000000000000",
        "ANTOM_PRIVATE_KEY": key("merchant"),
        "ANTOM_PUBLIC_KEY": key("gateway", "public_spki"),
    }
    client = AsyncClient.from_env(environment, endpoint="http://127.0.0.1:1", threads=1)
    assert repr(client) == "<antom.aio.AsyncClient 'SANDBOX_5X00000000000000' at 'http://127.0.0.1:1'>"
    assert not hasattr(client, "__dict__")
    asyncio.run(client.close())


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(antom.ConfigError):
        offline(endpoint="nonsense")
    with pytest.raises(ValueError, match="threads must be more than 0"):
        offline(threads=0)
    for wrong in ("8", 2.5, True, None):
        with pytest.raises(TypeError, match="threads must be an int, not"):
            offline(threads=wrong)


def test_event_loops_of_several_threads_share_the_threads_of_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(4)
    make = ThreadPoolExecutor.__init__

    def make_together(*given: Any, **named: Any) -> None:
        together.wait(30)
        make(*given, **named)

    client = offline()
    with ThreadPoolExecutor(4) as loops, monkeypatch.context() as patched:
        patched.setattr(ThreadPoolExecutor, "__init__", make_together)
        executors = set(loops.map(lambda _: client._threads.executor(), range(4)))
    assert len(executors) == 1
    asyncio.run(client.close())
