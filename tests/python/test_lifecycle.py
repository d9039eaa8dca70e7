"""A client over time: threads, closing, forking."""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support import OFFLINE, Gateway, offline_client, silent_gateway

import antom


def test_a_session_is_a_frozen_value_with_an_aware_time(gateway: Gateway) -> None:
    with gateway.client() as client:
        session = client.create_vaulting_session(payment_method_type="CARD", vaulting_request_id="order-7")
    assert session.request_id == "order-7"
    assert isinstance(session.expires_at, datetime)
    assert isinstance(session.expires_at.utcoffset(), timedelta)
    with pytest.raises(AttributeError, match="is frozen"):
        session.id = "x"  # type: ignore[misc]
    assert not hasattr(session, "__dict__")


def test_a_request_id_is_made_where_none_is_given(gateway: Gateway) -> None:
    with gateway.client() as client:
        ids = {client.create_vaulting_session(payment_method_type="CARD").request_id for _ in range(3)}
    assert len(ids) == 3


def test_one_client_serves_many_threads(gateway: Gateway) -> None:
    with gateway.client() as client, ThreadPoolExecutor(8) as pool:
        wanted = [f"thread-{number}" for number in range(40)]
        sessions = pool.map(
            lambda id_: client.create_vaulting_session(payment_method_type="CARD", vaulting_request_id=id_),
            wanted,
        )
        assert [session.request_id for session in sessions] == wanted


def test_other_threads_run_during_a_call() -> None:
    with silent_gateway() as (endpoint, arrived), ThreadPoolExecutor(1) as pool:
        client = offline_client(endpoint=endpoint, timeout=timedelta(seconds=0.5))
        call = pool.submit(client.create_vaulting_session, payment_method_type="CARD")
        assert arrived.wait(10)
        turns = 0
        while not call.done():
            turns += 1
            time.sleep(0.01)
        assert turns > 10
        with pytest.raises(antom.OutcomeUnknownError, match="did not answer within the timeout") as caught:
            call.result()
        assert isinstance(caught.value, ConnectionError)
        assert caught.value.retryable


def test_close_ends_a_call_that_is_running() -> None:
    with silent_gateway() as (endpoint, arrived), ThreadPoolExecutor(1) as pool:
        client = offline_client(endpoint=endpoint)
        call = pool.submit(client.create_vaulting_session, payment_method_type="CARD")
        assert arrived.wait(10)
        time.sleep(0.1)
        client.close()
        with pytest.raises(antom.OutcomeUnknownError, match="the client was closed"):
            call.result(timeout=10)


def test_a_closed_client_refuses_and_may_be_closed_again() -> None:
    client = offline_client()
    client.close()
    client.close()
    with pytest.raises(antom.ClosedError) as caught:
        client.create_vaulting_session(payment_method_type="CARD")
    assert caught.value.retryable is False
    # Signing needs no connection.
    assert client.sign("POST", "/", "1", b"")


def test_leaving_the_block_closes() -> None:
    with offline_client() as client:
        pass
    with pytest.raises(antom.ClosedError):
        client.create_vaulting_session(payment_method_type="CARD")


def test_an_error_in_the_block_is_not_swallowed() -> None:
    with pytest.raises(LookupError), offline_client() as client:
        raise LookupError
    with pytest.raises(antom.ClosedError):
        client.create_vaulting_session(payment_method_type="CARD")


def connection_of(client: antom.Client) -> int:
    """The number of the connection that the next call uses; the test gateway says it in its answer."""
    number: int = json.loads(client.create_vaulting_session(payment_method_type="CARD").raw)["connection"]
    return number


def begin_child(work: Callable[[], list[int]]) -> Callable[[], list[int]]:
    """Begins the function in a child process; what comes back waits for its result, which is empty if it failed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        # A child that hangs shows where, one that fails why.
        faulthandler.register(signal.SIGALRM, file=2, chain=True)
        signal.alarm(20)
        try:
            os.write(writer, json.dumps(work()).encode())
        except BaseException:  # noqa: BLE001 nothing else leaves a child
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(0)
    os.close(writer)

    def result() -> list[int]:
        with os.fdopen(reader, "rb") as pipe:
            text = pipe.read()
        os.waitpid(child, 0)
        found: list[int] = json.loads(text or b"[]")
        return found

    return result


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_each_process_keeps_a_connection_of_its_own(gateway: Gateway) -> None:
    with gateway.client() as client:

        def call() -> int:
            return connection_of(client)

        own = call()
        # The child is forked while the parent's connection is idle, the grandchild while both are.
        result = begin_child(lambda: [call(), *begin_child(lambda: [call()])(), call()])
        child, grandchild, child_again = result()
        assert len({own, child, grandchild}) == 3
        assert child_again == child
        assert call() == own


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_parent_and_its_child_call_at_the_same_time(gateway: Gateway) -> None:
    with gateway.client() as client:
        own = connection_of(client)
        result = begin_child(lambda: [connection_of(client) for _ in range(20)])
        assert {connection_of(client) for _ in range(20)} == {own}
        of_the_child = result()
        assert len(of_the_child) == 20
        assert len({own, *of_the_child}) == 2


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_calls_that_was_forked_while_other_threads_did(gateway: Gateway) -> None:
    with gateway.client() as client, ThreadPoolExecutor(4) as pool:
        done = threading.Event()

        def call_on() -> None:
            while not done.is_set():
                connection_of(client)

        calls = [pool.submit(call_on) for _ in range(4)]
        try:
            children = [begin_child(lambda: [connection_of(client)])() for _ in range(20)]
            # Very rarely one hangs in aws-lc, which is why nobody should fork so: see docs/decisions.md.
            assert children.count([]) <= 1
        finally:
            done.set()
        for call in calls:
            call.result()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_client_lives_as_long_as_a_call_needs_it() -> None:
    with silent_gateway() as (endpoint, arrived):
        outcome: list[BaseException] = []

        def call() -> None:
            try:
                offline_client(endpoint=endpoint, timeout=0.3).create_vaulting_session(payment_method_type="CARD")
            except antom.AntomError as error:
                outcome.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        assert arrived.wait(10)
        OFFLINE.clear()
        thread.join(10)
        assert isinstance(outcome[0], antom.OutcomeUnknownError)


def forget(**settings: Any) -> None:
    offline_client(**settings)
    OFFLINE.clear()
    gc.collect()


def test_a_client_that_is_forgotten_is_a_resource_warning() -> None:
    with pytest.warns(ResourceWarning, match=r"<antom\.Client 'SANDBOX_5X00000000000000' at .*> was never closed"):
        forget()


def test_a_forgotten_client_that_knows_itself_is_found() -> None:
    class Shop:
        def __init__(self) -> None:
            self.client = offline_client(observer=self.watch, private_key=self.sign)

        def watch(self, event: antom.Event) -> None: ...

        def sign(self, content: bytes, sha256: bytes) -> bytes:
            raise LookupError(content, sha256)

    gone = weakref.ref(Shop())
    limited = OFFLINE[0].with_options(timeout=1)
    OFFLINE.clear()
    gc.collect()
    assert gone() is not None, "a client with other options needs its original"
    del limited
    with pytest.warns(ResourceWarning, match="was never closed"):
        gc.collect()
    assert gone() is None


def test_a_client_with_other_options_needs_no_closing_of_its_own() -> None:
    client = offline_client()
    limited = client.with_options(timeout=1)
    assert repr(limited) == repr(client)
    del limited
    gc.collect()
    client.with_options(max_retries=0).close()
    with pytest.raises(antom.ClosedError):
        client.create_vaulting_session(payment_method_type="CARD")


def test_a_program_that_ends_need_not_close() -> None:
    program = "from support import OFFLINE, offline_client; client = offline_client(); OFFLINE.clear()"
    child = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert child.stderr == ""


def test_the_options_of_a_call_are_limits() -> None:
    with silent_gateway() as (endpoint, _):
        client = offline_client(endpoint=endpoint).with_options(timeout=timedelta(milliseconds=200), max_retries=0)
        with pytest.raises(antom.OutcomeUnknownError) as caught:
            client.create_vaulting_session(payment_method_type="CARD")
        assert caught.value.attempts == 1
    client = offline_client().with_options(max_retries=1)
    with pytest.raises(antom.NotSentError) as not_sent:
        client.with_options(timeout=10).create_vaulting_session(payment_method_type="CARD")
    assert not_sent.value.attempts == 2
    for timeout in (0, -1, 3601, timedelta.max):
        with pytest.raises(antom.InvalidArgumentError, match="timeout must be more than 0 and at most 1 hour"):
            client.with_options(timeout=timeout)
    with pytest.raises(antom.InvalidArgumentError, match="max_retries must not be negative"):
        client.with_options(max_retries=-1)
