"""Ctrl-C and other signals during a call on the main thread."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType

import pytest
from support import Gateway, offline_client, silent_gateway

import antom

pytestmark = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="sends signals as POSIX does")


@contextmanager
def signalled(number: int, after: float = 0.1, *, once: threading.Event | None = None) -> Iterator[list[float]]:
    """Send the main thread a signal in a moment, once something has happened; the list is when."""
    sent: list[float] = []
    main = threading.main_thread().ident
    assert main is not None

    def send() -> None:
        if once:
            once.wait(30)
            time.sleep(after)
        sent.append(time.monotonic())
        signal.pthread_kill(main, number)

    timer = threading.Timer(after, send)
    timer.start()
    try:
        yield sent
    finally:
        timer.join()


def interrupted(call: Callable[[], object], once: threading.Event | None = None) -> tuple[BaseException | None, float]:
    """The cause of the KeyboardInterrupt, and how long it took: the best of three, because machines are busy."""
    cause = None
    delays: list[float] = []
    for _ in range(3):
        if once:
            once.clear()
        with pytest.raises(KeyboardInterrupt) as caught, signalled(signal.SIGINT, once=once) as sent:
            call()
        delays.append(time.monotonic() - sent[0])
        cause = caught.value.__cause__
    return cause, min(delays)


def create(client: antom.Client) -> antom.VaultingSession:
    return client.create_vaulting_session(payment_method_type="CARD", vaulting_request_id="order-7")


def call_on(client: antom.Client) -> None:
    while True:
        create(client)


def test_waiting_for_an_answer_ends_and_says_what_may_have_happened() -> None:
    with silent_gateway() as (endpoint, arrived):
        client = offline_client(endpoint=endpoint)
        cause, delay = interrupted(lambda: create(client), arrived)
    assert delay < 0.2
    assert isinstance(cause, antom.OutcomeUnknownError)
    assert (cause.request_id, cause.attempts) == ("order-7", 1)
    assert "the call was interrupted" in str(cause)


def test_sending_ends_and_says_what_may_have_happened() -> None:
    large = {"metadata": "x" * 6_000_000}
    with silent_gateway() as (endpoint, arrived):
        client = offline_client(endpoint=endpoint)
        cause, delay = interrupted(lambda: client.call("/ams/api/v1/payments/pay", large), arrived)
    assert delay < 0.2
    assert isinstance(cause, antom.OutcomeUnknownError)
    assert (cause.attempts, cause.retryable) == (1, False)


def test_a_handshake_ends_and_nothing_was_sent(gateway: Gateway) -> None:
    with gateway.client(endpoint=gateway.values["stalled"]) as client:
        cause, delay = interrupted(lambda: create(client))
    assert delay < 0.2
    assert isinstance(cause, antom.NotSentError)
    assert str(cause).startswith("the request was not sent: the call was interrupted")


@contextmanager
def full_gateway() -> Iterator[str]:
    """A gateway that takes no more connections: whoever wants one waits."""
    waiting: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        try:
            while True:
                connection = socket.socket()
                connection.settimeout(0.2)
                waiting.append(connection)
                connection.connect(listener.getsockname())
        except TimeoutError:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for connection in waiting:
                connection.close()


def test_connecting_ends_and_nothing_was_sent() -> None:
    with full_gateway() as endpoint:
        client = offline_client(endpoint=endpoint)
        cause, delay = interrupted(lambda: create(client))
    assert delay < 0.2
    assert isinstance(cause, antom.NotSentError)
    assert cause.attempts == 1


@contextmanager
def busy_gateway() -> Iterator[str]:
    """A gateway that wants to be asked again in ten seconds."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 503 Busy\r\nRetry-After: 10\r\nContent-Length: 0\r\n\r\n")
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_the_wait_before_the_next_attempt_ends() -> None:
    answered = threading.Event()

    def observe(event: antom.Event) -> None:
        if isinstance(event, antom.AttemptEnded):
            answered.set()

    with busy_gateway() as endpoint:
        client = offline_client(endpoint=endpoint, observer=observe)
        cause, delay = interrupted(lambda: create(client), answered)
        assert delay < 0.2
        assert isinstance(cause, antom.OutcomeUnknownError)
        assert (cause.http_status, cause.attempts) == (503, 1)
        # So does closing it, from a signal handler too.
        before = signal.signal(signal.SIGUSR1, lambda _number, _frame: client.close())
        answered.clear()
        try:
            with pytest.raises(antom.OutcomeUnknownError), signalled(signal.SIGUSR1, once=answered):
                create(client)
        finally:
            signal.signal(signal.SIGUSR1, before)


def test_a_handler_runs_during_the_call_which_goes_on() -> None:
    handled: list[float] = []

    def handle(_number: int, _frame: FrameType | None) -> None:
        handled.append(time.monotonic())

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        with silent_gateway() as (endpoint, _):
            client = offline_client(endpoint=endpoint, timeout=0.6)
            begun = time.monotonic()
            with pytest.raises(antom.OutcomeUnknownError, match="within the timeout"), signalled(signal.SIGUSR1):
                create(client)
            assert 0.55 < time.monotonic() - begun < 5
            assert handled[0] - begun < 0.5
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_what_a_handler_raises_ends_the_call() -> None:
    def handle(_number: int, _frame: FrameType | None) -> None:
        raise LookupError("reload")

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        with silent_gateway() as (endpoint, _):
            client = offline_client(endpoint=endpoint)
            with pytest.raises(LookupError, match="reload") as caught, signalled(signal.SIGUSR1):
                create(client)
            assert isinstance(caught.value.__cause__, antom.OutcomeUnknownError)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_another_thread_is_not_interrupted(gateway: Gateway) -> None:
    with silent_gateway() as (endpoint, _), ThreadPoolExecutor(1) as pool:
        client = offline_client(endpoint=endpoint, timeout=0.5)
        call = pool.submit(create, client)
        with pytest.raises(KeyboardInterrupt), signalled(signal.SIGINT):
            time.sleep(10)
        with pytest.raises(antom.OutcomeUnknownError, match="within the timeout"):
            call.result()
    with gateway.client() as other:
        assert create(other).id, "nothing is left of it"


def test_a_client_goes_on_after_an_interruption(gateway: Gateway) -> None:
    with gateway.client() as client:
        assert create(client).id
        with pytest.raises(KeyboardInterrupt), signalled(signal.SIGINT, after=0):
            call_on(client)
        assert create(client).id
