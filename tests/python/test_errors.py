"""The exceptions: one class for each kind of the core, and what each one carries."""

from __future__ import annotations

import copy
import pickle
import re
import subprocess
import sys

import pytest
from support import ROOT, offline_client

import antom
from antom import _native, errors

CLASSES: list[type[antom.AntomError]] = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, antom.AntomError) and value is not antom.AntomError
]


def test_the_kinds_are_those_of_the_core() -> None:
    def python_name(name: str) -> str:
        return re.sub("(?<=[a-z])(?=[A-Z])", "_", name).upper()

    assert {kind.name: kind.value for kind in antom.ErrorKind} == {
        python_name(name): number for name, number in _native.ERROR_KINDS
    }


def test_each_kind_has_one_class_of_its_name() -> None:
    assert {cls.__name__: int(cls.kind) for cls in CLASSES} == {
        f"{name}Error": number for name, number in _native.ERROR_KINDS
    }
    assert [name for name in errors.__all__ if getattr(antom, name) is not getattr(errors, name)] == []


@pytest.mark.parametrize(("name", "number"), _native.ERROR_KINDS)
def test_the_native_module_raises_the_class_of_the_kind(name: str, number: int) -> None:
    error = errors._from_native(number, "what happened", (("f", "p"),), {"attempts": 2})
    assert type(error) is getattr(antom, f"{name}Error")
    assert (str(error), error.violations[0].field, error.attempts) == ("what happened", "f", 2)


def test_a_python_programmer_finds_the_usual_classes() -> None:
    usual = {cls.__name__: cls.__bases__[1:] for cls in CLASSES if len(cls.__bases__) > 1}
    assert usual == {
        "InvalidArgumentError": (ValueError,),
        "ConfigError": (ValueError,),
        "InvalidRequestError": (ValueError,),
        "NotSentError": (ConnectionError,),
        "OutcomeUnknownError": (ConnectionError,),
    }


def refused() -> antom.InvalidRequestError:
    with pytest.raises(antom.InvalidRequestError) as caught:
        offline_client().create_vaulting_session(
            payment_method_type="", vaulting_request_id="order-7", redirect_url="/return"
        )
    return caught.value


def test_every_broken_rule_is_listed() -> None:
    error = refused()
    assert [violation.field for violation in error.violations] == ["paymentMethodType", "redirectUrl"]
    assert all(str(violation.problem) in str(error) for violation in error.violations)
    assert (error.request_id, error.retryable, error.attempts) == ("order-7", False, 0)


def test_nothing_listens() -> None:
    with pytest.raises(ConnectionError) as caught:
        offline_client().create_vaulting_session(payment_method_type="CARD")
    error = caught.value
    assert isinstance(error, antom.NotSentError)
    assert (error.kind, error.retryable, error.attempts) == (antom.ErrorKind.NOT_SENT, True, 3)
    assert (error.errno, error.strerror) == (None, None)
    assert error.message == str(error)
    assert error.message.startswith("the request was not sent: nothing listens at 127.0.0.1:1")
    assert error.advice.startswith("Nothing was sent")
    assert error.request_id
    assert (error.http_status, error.result_code, error.result_status, error.result_message) == (None,) * 4


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_survives_pickling(protocol: int) -> None:
    error = refused()
    error.add_note("a note") if hasattr(error, "add_note") else None
    again = pickle.loads(pickle.dumps(error, protocol))
    assert type(again) is type(error)
    assert again.args == error.args
    assert vars(again) == vars(error)
    assert isinstance(again.violations[0], antom.Violation)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_class_can_be_made_by_hand_copied_and_pickled(cls: type[antom.AntomError]) -> None:
    error = cls("no", result_code="PROCESS_FAIL", result_status="F", attempts=3)
    for other in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert type(other) is cls
        assert (str(other), other.result_code, other.attempts) == ("no", "PROCESS_FAIL", 3)
        assert other.kind is cls.kind


def test_the_documentation_lists_the_same_kinds() -> None:
    table = (ROOT / "docs" / "errors.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (\w+) \|", table, re.MULTILINE)
    assert [(name, int(number)) for number, name in rows] == list(_native.ERROR_KINDS)


def test_the_guide_lists_the_same_classes() -> None:
    table = (ROOT / "docs" / "python.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+Error)` \| (?:`(\w+)`)? ?\|", table, re.MULTILINE)
    assert rows == [(cls.__name__, "".join(base.__name__ for base in cls.__bases__[1:])) for cls in CLASSES]


NO_MEMORY_FOR_A_THREAD = """
import re, resource, threading
from pathlib import Path
from support import offline_client

client = offline_client(endpoint="http://localhost:1", max_retries=0)

def call():
    try:
        client.create_vaulting_session(payment_method_type="CARD")
    except Exception as error:
        print(type(error).__name__, error)

def call_when_told():
    go.wait()
    call()

go = threading.Event()
thread = threading.Thread(target=call_when_told)
thread.start()
kilobytes = int(re.search("VmSize:\\\\s+(\\\\d+) kB", Path("/proc/self/status").read_text())[1])
resource.setrlimit(resource.RLIMIT_AS, (kilobytes * 1024 + 2**20, -1))
call()
go.set()
thread.join()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits its memory as Linux does")
def test_a_panic_is_an_internal_error() -> None:
    # Looking up a name needs a thread. In the main thread it is ours; elsewhere it is ureq's, and one that cannot be
    # started is a panic, the only one we know.
    child = subprocess.run(
        [sys.executable, "-c", NO_MEMORY_FOR_A_THREAD],
        cwd=ROOT / "tests" / "python",
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.stderr == "", "the panic itself printed nothing"
    assert re.fullmatch(
        r"NotSentError the request was not sent: this machine starts no more threads \(.+\): raise its limits.*\n"
        r"InternalError internal error at \S+\.rs:\d+\n",
        child.stdout,
    )
