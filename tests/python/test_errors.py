"""The exceptions: one class for each kind of the core, and what each one carries."""

from __future__ import annotations

import copy
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

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


RANDOMNESS_THAT_CAN_BE_BROKEN = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/types.h>

int is_broken;

ssize_t getrandom(void *buffer, size_t size, unsigned flags) {
    ssize_t (*original)(void *, size_t, unsigned) =
        (ssize_t(*)(void *, size_t, unsigned))dlsym(RTLD_NEXT, "getrandom");
    if (is_broken) {
        errno = EIO;
        return -1;
    }
    return original(buffer, size, flags);
}
"""

A_PANIC = """
import ctypes
from support import offline_client
import antom

client = offline_client(endpoint="http://localhost:1")
ctypes.c_int.in_dll(ctypes.CDLL(None), "is_broken").value = 1
try:
    client.create_vaulting_session(payment_method_type="CARD")
except Exception as error:
    assert type(error) is antom.InternalError, error
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="replaces a function of libc as Linux allows it")
def test_a_panic_is_an_internal_error(tmp_path: Path) -> None:
    # A request's id is random, and there is no way on without random numbers.
    source, library = tmp_path / "broken.c", tmp_path / "broken.so"
    source.write_text(RANDOMNESS_THAT_CAN_BE_BROKEN)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    child = run(A_PANIC, {"LD_PRELOAD": str(library)})
    assert child.stderr == "", "the panic itself printed nothing"
    assert re.fullmatch(r"internal error at \S+\.rs:\d+\n", child.stdout)


NO_MEMORY_FOR_A_THREAD = """
import re, resource
from pathlib import Path
from support import offline_client

client = offline_client(endpoint="http://localhost:1")
kilobytes = int(re.search("VmSize:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
resource.setrlimit(resource.RLIMIT_AS, (kilobytes * 1024 + 2**20, -1))
try:
    client.create_vaulting_session(payment_method_type="CARD")
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits its memory as Linux does")
def test_a_look_up_that_gets_no_thread_says_so() -> None:
    child = run(NO_MEMORY_FOR_A_THREAD)
    expected = (
        r"NotSentError the request was not sent: this machine starts no more threads \(.+\): raise its limits.*\n"
    )
    assert re.fullmatch(expected, child.stdout), child


def run(program: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "tests" / "python",
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
