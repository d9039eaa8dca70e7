"""What a call calls back: a signer in Python, an observer, and the log."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from support import Gateway, key, offline_client

import antom

PUBLIC = key("merchant", "public_spki")


def kms(content: bytes, sha256: bytes) -> bytes:
    """A key that is somewhere else."""
    assert hashlib.sha256(content).digest() == sha256
    method, _, rest = content.decode().partition(" ")
    path, _, rest = rest.partition("\n")
    client_id, time, body = rest.split(".", 2)
    header = offline_client(client_id=client_id).sign(method, path, time, body)
    return base64.b64decode(unquote(header.rpartition("signature=")[2]))


def test_a_signer_signs_every_call(gateway: Gateway) -> None:
    with gateway.client(private_key=kms, signer_public_key=PUBLIC) as client:
        assert client.create_vaulting_session(payment_method_type="CARD").id
        assert client.sign("POST", "/", "1", "{}") == offline_client().sign("POST", "/", "1", "{}")


def test_what_a_signer_raises_is_the_cause() -> None:
    def broken(_content: bytes, _sha256: bytes) -> bytes:
        raise LookupError("canary-7f3a")

    client = offline_client(private_key=broken)
    with pytest.raises(antom.SigningError, match="the signer failed: it raised LookupError, see __cause__") as caught:
        client.create_vaulting_session(payment_method_type="CARD")
    assert isinstance(caught.value.__cause__, LookupError)
    assert "canary" not in str(caught.value)
    assert (caught.value.attempts, caught.value.retryable) == (0, False)
    with pytest.raises(antom.SigningError) as caught:
        client.sign("POST", "/", "1", "")
    assert isinstance(caught.value.__cause__, LookupError)
    with pytest.raises(antom.ConfigError, match="signer: it failed: it raised LookupError") as config:
        offline_client(private_key=broken, signer_public_key=PUBLIC)
    assert isinstance(config.value.__cause__, LookupError)


def test_a_signer_returns_bytes_that_fit() -> None:
    client = offline_client(private_key=lambda _content, _sha256: "text")
    with pytest.raises(antom.SigningError) as caught:
        client.sign("POST", "/", "1", "")
    assert repr(caught.value.__cause__) == "TypeError('a signer must return bytes, not str')"
    with pytest.raises(antom.ConfigError, match="are not a pair"):
        offline_client(private_key=lambda _content, _sha256: bytes(256), signer_public_key=PUBLIC)
    with pytest.raises(antom.ConfigError, match="are not a pair"):
        offline_client(private_key=kms, signer_public_key=key("stranger", "public_spki"))


def test_a_signer_that_ends_the_program_ends_the_call() -> None:
    def leave(_content: bytes, _sha256: bytes) -> bytes:
        raise SystemExit(7)

    with pytest.raises(SystemExit) as caught:
        offline_client(private_key=leave).create_vaulting_session(payment_method_type="CARD")
    assert isinstance(caught.value.__cause__, antom.SigningError)


def test_an_observer_is_told_of_everything(gateway: Gateway) -> None:
    events: list[antom.Event] = []
    with gateway.client(observer=events.append) as client:
        client.create_vaulting_session(payment_method_type="CARD", vaulting_request_id="order-7")
        client.create_vaulting_session(payment_method_type="CARD", vaulting_request_id="order-7")
    began, first, ended, _, second, _ = events
    assert isinstance(began, antom.CallBegan)
    assert began.path == "/ams/sandbox/api/v1/vaults/createVaultingSession"
    assert (began.request_id, began.body_bytes > 0) == ("order-7", True)
    assert isinstance(first, antom.AttemptEnded)
    assert (first.number, first.http_status, first.error, first.result_code) == (1, 200, None, None)
    assert first.connect is not None
    assert timedelta(0) < first.connect < first.exchange
    assert first.sign > timedelta(0) < first.verify
    assert first.answer_bytes is not None
    assert first.answer_bytes > 0
    assert first.clock_skew is not None
    assert isinstance(second, antom.AttemptEnded)
    assert second.connect is None
    assert isinstance(ended, antom.CallEnded)
    assert (ended.attempts, ended.error) == (1, None)
    assert ended.duration >= first.exchange


def test_an_observer_is_told_of_failures() -> None:
    events: list[antom.Event] = []
    with pytest.raises(antom.NotSentError):
        offline_client(observer=events.append, max_retries=1).create_vaulting_session(payment_method_type="CARD")
    attempts = [event for event in events if isinstance(event, antom.AttemptEnded)]
    assert [(event.number, event.error) for event in attempts] == [
        (1, antom.ErrorKind.NOT_SENT),
        (2, antom.ErrorKind.NOT_SENT),
    ]
    assert isinstance(events[-1], antom.CallEnded)
    assert events[-1].error is antom.ErrorKind.NOT_SENT


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_observer_that_fails_does_not_end_the_call(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_event: antom.Event) -> None:
        raise LookupError

    seen: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)
    with gateway.client(observer=broken) as client:
        assert client.create_vaulting_session(payment_method_type="CARD").id
    assert [type(each.exc_value) for each in seen] == [LookupError] * 3
    assert seen[0].object is broken


def test_an_observer_that_ends_the_program_ends_the_call() -> None:
    def leave(event: antom.Event) -> None:
        if isinstance(event, antom.AttemptEnded):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        offline_client(observer=leave).create_vaulting_session(payment_method_type="CARD")
    assert isinstance(caught.value.__cause__, antom.NotSentError)
    assert caught.value.__cause__.attempts == 1


@pytest.mark.parametrize("event", [antom.AttemptEnded, antom.CallEnded])
def test_a_result_that_an_observer_kept_from_the_caller_can_be_found_again(
    gateway: Gateway, event: type[antom.Event]
) -> None:
    def leave(told: antom.Event) -> None:
        if isinstance(told, event):
            raise KeyboardInterrupt

    with gateway.client(observer=leave) as client, pytest.raises(KeyboardInterrupt) as caught:
        client.create_vaulting_session(payment_method_type="CARD", vaulting_request_id="order-7")
    cause = caught.value.__cause__
    assert isinstance(cause, antom.OutcomeUnknownError)
    assert (cause.request_id, cause.attempts, cause.retryable) == ("order-7", 1, False)
    assert str(cause) == (
        "Antom answered, but the call was interrupted before its result could be returned. "
        "Inquire before anything is sent again: a second request could act twice."
    )


def test_a_result_that_a_handler_of_the_log_kept_from_the_caller_can_be_found_again(gateway: Gateway) -> None:
    class Leave(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise KeyboardInterrupt(record.name)

    log, handler = logging.getLogger("antom"), Leave()
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        with gateway.client() as client, pytest.raises(KeyboardInterrupt) as caught:
            client.call("/ams/api/v1/vaults/inquireVaulting", {"vaultingRequestId": "inquiry_succeeded"})
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
    assert isinstance(caught.value.__cause__, antom.OutcomeUnknownError)
    assert caught.value.__cause__.request_id is None


def test_an_observer_is_told_on_the_thread_of_the_call(gateway: Gateway) -> None:
    threads: set[int] = set()
    with (
        gateway.client(observer=lambda _event: threads.add(threading.get_ident())) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        pool.submit(client.create_vaulting_session, payment_method_type="CARD").result()
        assert threads == {pool.submit(threading.get_ident).result()}


def test_the_log_has_a_record_for_each_attempt(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "antom"), gateway.client() as client:
        client.inquire_vaulting("inquiry_tried_again")
    records = [record for record in caplog.records if record.name == "antom"]
    assert [(record.levelname, record.threadName) for record in records] == [
        ("WARNING", "MainThread"),
        ("WARNING", "MainThread"),
        ("DEBUG", "MainThread"),
    ]
    texts = [record.getMessage() for record in records]
    expected = [
        r"inquireVaulting inquiry_tried_again attempt 1 HTTP 200 UNKNOWN_EXCEPTION API, \d+\.\d ms",
        r"inquireVaulting inquiry_tried_again attempt 2 HTTP 503 OUTCOME_UNKNOWN, \d+\.\d ms",
        r"inquireVaulting inquiry_tried_again attempt 3 HTTP 200, \d+\.\d ms",
    ]
    assert [text for text, pattern in zip(texts, expected, strict=True) if not re.fullmatch(pattern, text)] == []
    assert [record.__dict__["attempt"].number for record in records] == [1, 2, 3]


def test_the_log_gets_failures_alone_where_it_takes_no_more(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "antom"), gateway.client() as client:
        client.create_vaulting_session(payment_method_type="CARD")
        assert caplog.records == []
        client.inquire_vaulting("inquiry_tried_again")
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_the_log_gets_nothing_where_nobody_takes_it(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("antom"), "propagate", False)
    monkeypatch.setattr(logging, "lastResort", caplog.handler)
    with pytest.raises(antom.NotSentError):
        offline_client().create_vaulting_session(payment_method_type="CARD")
    assert caplog.records == []
    logging.getLogger("antom.notifications").warning("refused")
    assert caplog.messages == ["refused"]


def test_a_program_without_logging_sees_nothing() -> None:
    program = """
from support import offline_client
try:
    offline_client().create_vaulting_session(payment_method_type="CARD")
except ConnectionError:
    pass
"""
    child = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    assert (child.stdout, child.stderr) == ("", "")


def test_a_call_imports_nothing_because_an_import_may_lose_what_a_signals_handler_raises() -> None:
    program = """
import sys
from support import offline_client
client = offline_client()
before = set(sys.modules)
try:
    client.create_vaulting_session(payment_method_type="CARD")
except ConnectionError:
    print(set(sys.modules) - before)
"""
    child = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    assert child.stdout == "set()\n"
