"""A client over time: threads, closing, forking."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from datetime import datetime, timedelta

import pytest
from support import Gateway, offline_client, silent_gateway

import antom


def test_a_session_is_a_frozen_value_with_an_aware_time(gateway: Gateway) -> None:
    with gateway.client() as client:
        session = client.create_vaulting_session(payment_method_type="CARD", vaulting_request_id="order-7")
    assert session.request_id == "order-7"
    assert isinstance(session.expires_at, datetime)
    assert isinstance(session.expires_at.utcoffset(), timedelta)
    with pytest.raises(FrozenInstanceError):
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
        signal.alarm(30)
        try:
            os.write(writer, json.dumps(work()).encode())
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
            for _ in range(20):
                assert len(begin_child(lambda: [connection_of(client)])()) == 1
        finally:
            done.set()
        for call in calls:
            call.result()


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
        thread.join(10)
        assert isinstance(outcome[0], antom.OutcomeUnknownError)
