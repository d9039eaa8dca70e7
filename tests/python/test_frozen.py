"""What is returned: its members, and how it compares, shows itself and travels."""

from __future__ import annotations

import copy
import pickle
import typing
from datetime import timedelta

import pytest

import antom


def wallet(token: str) -> antom.Wallet:
    return antom.Wallet(token=token, token_expiry_time="2030")


def ended(attempts: int) -> antom.CallEnded:
    return antom.CallEnded(path="/x", request_id=None, attempts=attempts, duration=timedelta(seconds=1), error=None)


def test_a_member_can_be_neither_set_nor_deleted_nor_added() -> None:
    it = wallet("T")
    with pytest.raises(AttributeError, match=r"^Wallet is frozen: token cannot be set$"):
        it.token = "U"  # type: ignore[misc]
    with pytest.raises(AttributeError, match=r"^Wallet is frozen: other cannot be set$"):
        it.other = "U"  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"^Wallet is frozen: token cannot be deleted$"):
        delattr(it, "token")
    assert it.token == "T"
    assert not hasattr(it, "__dict__")


def test_every_member_must_be_given_and_nothing_else() -> None:
    expected = r"^Wallet takes the keyword arguments token, token_expiry_time$"
    with pytest.raises(TypeError, match=expected):
        antom.Wallet(token="T")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=expected):
        antom.Wallet(token="T", token_expiry_time=None, other=None)  # type: ignore[call-arg]


def test_two_are_equal_if_their_class_and_their_members_are() -> None:
    assert ended(1) == ended(1)
    assert ended(1) != ended(2)
    assert {ended(1), ended(1), ended(2)} == {ended(2), ended(1)}
    assert ended(1) != (ended(1).path, None, 1, timedelta(seconds=1), None)


def test_a_repr_shows_what_is_no_secret_in_the_order_of_the_class() -> None:
    assert repr(wallet("TOKEN")) == "Wallet(token_expiry_time='2030')"
    assert repr(ended(3)) == (
        "CallEnded(path='/x', request_id=None, attempts=3, duration=datetime.timedelta(seconds=1), error=None)"
    )


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_was_pickled_or_copied_is_the_same(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(wallet("T"), protocol)) == wallet("T")
    assert copy.copy(ended(1)) == copy.deepcopy(ended(1)) == ended(1)


def test_the_types_of_the_members_are_known_while_the_program_runs() -> None:
    assert typing.get_type_hints(antom.CallEnded)["duration"] is timedelta
    inherited = typing.get_type_hints(antom.Vaulting)
    assert (inherited["request_id"], inherited["clock_skew"]) == (str, timedelta | None)
