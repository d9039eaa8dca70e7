"""Replay guards that several servers share: one of them gets each notification, and none is lost when it dies."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import re
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import pytest
import redis
from test_notifications import VAULTED, received

import antom
from antom.replay import BeingHandledError, Claim, DatabaseReplayGuard, ParameterStyle, RedisReplayGuard

LEASE = timedelta(minutes=5)
KEEP = timedelta(hours=48)

PROCESSES = 4
NOTIFICATIONS = 40


class Guard(Protocol):
    def claim(self, notification: antom.VaultingNotification, /) -> Claim | None: ...
    def confirm(self, claim: Claim, /) -> None: ...
    def release(self, claim: Claim, /) -> None: ...


def claimed(guard: Guard, number: int = 1) -> Claim:
    claim = guard.claim(notification(number))
    assert claim is not None
    return claim


def notification(number: int = 1, outcome: str = "SUCCESS") -> antom.VaultingNotification:
    return with_key(f"{outcome} vault-{number}", request_id=f"vault-{number}")


def with_key(replay_key: str, **members: str) -> antom.VaultingNotification:
    made, arguments = received(VAULTED).__reduce__()[1]
    changed: antom.VaultingNotification = made(**{**arguments, **members, "replay_key": replay_key})
    return changed


# ---- guards to try ----


def sqlite_guard(file: Path) -> DatabaseReplayGuard:
    return DatabaseReplayGuard(lambda: sqlite3.connect(file, timeout=30), paramstyle="qmark")


def redis_guard(port: int) -> RedisReplayGuard:
    return RedisReplayGuard(redis.Redis("127.0.0.1", port))


@pytest.fixture(scope="session")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Redis that ends with the tests."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(tmp_path_factory.mktemp("redis"))]
    process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    with process:
        try:
            with redis.Redis("127.0.0.1", port) as client:
                for _ in range(500):
                    with contextlib.suppress(redis.ConnectionError):
                        client.ping()
                        break
                    time.sleep(0.02)
            yield port
        finally:
            process.terminate()


Shared = Callable[[], Guard]


@pytest.fixture(params=["database", "redis"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Shared:
    """Makes one guard more that knows the same, as another process does. Can be sent to other processes."""
    if request.param == "database":
        file = tmp_path / "shop.db"
        sqlite_guard(file).create_table()
        return partial(sqlite_guard, file)
    port: int = request.getfixturevalue("redis_port")
    with redis.Redis("127.0.0.1", port) as client:
        client.flushall()
    return partial(redis_guard, port)


# ---- what every guard keeps ----


def test_a_notification_is_new_once_for_all_servers(shared: Shared) -> None:
    one, other = shared(), shared()
    one.confirm(claimed(one))
    assert not one.claim(notification())
    assert not other.claim(notification())


def test_another_outcome_of_the_same_vaulting_is_another_notification(shared: Shared) -> None:
    assert shared().claim(notification(outcome="PROCESSING"))
    assert shared().claim(notification(outcome="SUCCESS"))


def test_a_repetition_is_not_taken_for_handled_while_its_handling_goes_on(shared: Shared) -> None:
    assert shared().claim(notification())
    with pytest.raises(BeingHandledError, match="Antom will send it again"):
        shared().claim(notification())


def test_a_failure_gives_it_back(shared: Shared) -> None:
    one = shared()
    one.release(claimed(one))
    assert shared().claim(notification())


def test_what_was_handled_is_not_given_back(shared: Shared) -> None:
    one = shared()
    claim = claimed(one)
    one.confirm(claim)
    one.release(claim)
    assert not shared().claim(notification())


def test_a_claim_can_be_given_back_twice_and_by_another_process(shared: Shared) -> None:
    claim: Claim = pickle.loads(pickle.dumps(claimed(shared())))
    shared().release(claim)
    shared().release(claim)
    assert shared().claim(notification())


def test_what_is_not_about_a_vaulting_is_never_new(shared: Shared) -> None:
    assert not shared().claim(with_key(""))


def claims(shared: Shared, start: float) -> list[int]:
    """Claim every notification as soon as all processes are there; returns those that were new."""
    guard = shared()
    time.sleep(max(0.0, start - time.time()))
    new = []
    for number in range(NOTIFICATIONS):
        with contextlib.suppress(BeingHandledError):
            claim = guard.claim(notification(number))
            if claim:
                new.append(number)
                guard.confirm(claim)
    return new


def test_of_several_processes_exactly_one_handles_each(shared: Shared) -> None:
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        # All are started before the first of them begins.
        list(pool.map(time.sleep, [0.5] * PROCESSES))
        start = time.time() + 0.2
        rounds = list(pool.map(partial(claims, shared), [start] * PROCESSES))
    assert sorted(chain.from_iterable(rounds)) == list(range(NOTIFICATIONS))


def die_after_claiming(shared: Shared) -> None:
    assert shared().claim(notification())
    os.kill(os.getpid(), signal.SIGKILL)


# ---- leases and expiry ----


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Moves the clock of database guards."""
    now = [1_800_000_000.0]
    monkeypatch.setattr("antom.replay.time.time", lambda: now[0])

    def advance(by: timedelta) -> None:
        now[0] += by.total_seconds()

    return advance


@pytest.fixture
def database(tmp_path: Path) -> DatabaseReplayGuard:
    guard = sqlite_guard(tmp_path / "shop.db")
    guard.create_table()
    return guard


def rows(tmp_path: Path) -> int:
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        count: int = connection.execute("SELECT count(*) FROM antom_notifications").fetchone()[0]
        return count


def test_the_claim_of_a_server_that_died_ends_by_itself(
    database: DatabaseReplayGuard, clock: Callable[[timedelta], None]
) -> None:
    assert database.claim(notification())
    clock(LEASE - timedelta(seconds=1))
    with pytest.raises(BeingHandledError):
        database.claim(notification())
    clock(timedelta(seconds=1))
    assert database.claim(notification())
    with pytest.raises(BeingHandledError):
        database.claim(notification())


def test_what_was_handled_is_forgotten_after_its_time(
    database: DatabaseReplayGuard, clock: Callable[[timedelta], None], tmp_path: Path
) -> None:
    database.confirm(claimed(database))
    clock(KEEP - timedelta(seconds=1))
    assert not database.claim(notification(1))
    assert database.claim(notification(2))
    clock(timedelta(seconds=1))
    database.delete_expired()
    assert rows(tmp_path) == 1
    assert database.claim(notification(1))


def end_lease(client: redis.Redis) -> None:
    [name] = client.keys()
    client.pexpire(name, 1)
    while client.exists(name):
        time.sleep(0.001)


EndLease = Callable[[], None]


@pytest.fixture
def lease_ends(shared: Shared, clock: Callable[[timedelta], None], request: pytest.FixtureRequest) -> EndLease:
    """Ends the lease of the only claim that a shared guard has given."""
    if isinstance(shared(), DatabaseReplayGuard):
        return partial(clock, LEASE)

    def expire() -> None:
        with redis.Redis("127.0.0.1", request.getfixturevalue("redis_port")) as client:
            end_lease(client)

    return expire


def test_who_fails_after_the_lease_does_not_give_back_the_claim_of_another(
    shared: Shared, lease_ends: EndLease
) -> None:
    slow, other = shared(), shared()
    claim = claimed(slow)
    lease_ends()
    others_claim = claimed(other)
    slow.release(claim)
    with pytest.raises(BeingHandledError):
        shared().claim(notification())
    other.release(others_claim)
    assert shared().claim(notification())


def test_who_succeeds_after_the_lease_is_remembered_whatever_becomes_of_the_claim_of_another(
    shared: Shared, lease_ends: EndLease
) -> None:
    slow, other = shared(), shared()
    claim = claimed(slow)
    lease_ends()
    others_claim = claimed(other)
    slow.confirm(claim)
    other.release(others_claim)
    assert not shared().claim(notification())


def test_who_succeeds_after_another_has_given_up_is_remembered(shared: Shared, lease_ends: EndLease) -> None:
    slow, other = shared(), shared()
    claim = claimed(slow)
    lease_ends()
    other.release(claimed(other))
    slow.confirm(claim)
    assert not shared().claim(notification())


def test_who_succeeds_after_the_claim_was_deleted_is_remembered(
    database: DatabaseReplayGuard, clock: Callable[[timedelta], None]
) -> None:
    claim = claimed(database)
    clock(LEASE)
    database.delete_expired()
    database.confirm(claim)
    assert not database.claim(notification())


def test_redis_forgets_claims_and_notifications_by_itself(redis_port: int) -> None:
    with redis.Redis("127.0.0.1", redis_port, decode_responses=True) as client:
        client.flushall()
        guard = RedisReplayGuard(client, prefix="shop:", keep=timedelta(hours=30), lease=timedelta(minutes=1))
        claim = claimed(guard)
        [name] = client.keys("shop:*")
        assert 55_000 < client.pttl(name) <= 60_000
        guard.confirm(claim)
        assert not guard.claim(notification())
        assert 29 * 3_600_000 < client.pttl(name) <= 30 * 3_600_000
        end_lease(client)
        assert guard.claim(notification())


def test_a_claim_survives_a_killed_process_and_ends_by_its_lease(redis_port: int) -> None:
    shared = partial(redis_guard, redis_port)
    with redis.Redis("127.0.0.1", redis_port) as client:
        client.flushall()
        process = multiprocessing.get_context("spawn").Process(target=die_after_claiming, args=(shared,))
        process.start()
        process.join()
        assert process.exitcode == -9
        with pytest.raises(BeingHandledError):
            shared().claim(notification())
        end_lease(client)
    assert shared().claim(notification())


# ---- databases ----


STYLES: dict[ParameterStyle, tuple[str, type]] = {
    "qmark": (r"\?", tuple),
    "numeric": (r":\d+", tuple),
    "named": (r":([a-z]+)", dict),
    "format": (r"%s", tuple),
    "pyformat": (r"%\(([a-z]+)\)s", dict),
}


class OtherStyle(sqlite3.Cursor):
    """Takes SQL in another parameter style, and only in that."""

    def __init__(self, style: ParameterStyle, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._mark, self._takes = STYLES[style]

    def execute(self, sql: str, values: Any = ()) -> OtherStyle:
        marks = re.findall(self._mark, sql)
        assert len(marks) == len(values)
        assert isinstance(values, self._takes) or not values
        ordered: Any = [values[mark] for mark in marks] if isinstance(values, dict) else values
        super().execute(re.sub(self._mark, "?", sql), ordered)
        return self


class OtherStyleConnection(sqlite3.Connection):
    style: ParameterStyle = "qmark"

    def cursor(self, *_: object) -> OtherStyle:  # type: ignore[override]
        return OtherStyle(self.style, self)


@pytest.mark.parametrize("style", ["qmark", "numeric", "named", "format", "pyformat"])
def test_every_parameter_style_of_db_api_works(style: ParameterStyle, tmp_path: Path) -> None:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(tmp_path / "shop.db", factory=OtherStyleConnection)
        connection.style = style
        return connection

    guard = DatabaseReplayGuard(connect, paramstyle=style)
    guard.create_table()
    guard.release(claimed(guard))
    guard.confirm(claimed(guard))
    assert not guard.claim(notification())
    guard.delete_expired()
    assert rows(tmp_path) == 1


def test_a_database_that_fails_is_not_taken_for_a_repetition(tmp_path: Path) -> None:
    guard = sqlite_guard(tmp_path / "shop.db")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        guard.claim(notification())


def test_a_row_that_cannot_be_written_is_not_taken_for_a_repetition(
    database: DatabaseReplayGuard, tmp_path: Path
) -> None:
    claim = claimed(database)
    database.release(claim)
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON antom_notifications BEGIN SELECT raise(ABORT, 'disk full'); END"
        )
    with pytest.raises(sqlite3.IntegrityError, match="disk full"):
        database.claim(notification())
    with pytest.raises(sqlite3.IntegrityError, match="disk full"):
        database.confirm(claim)


class CountsChanges(sqlite3.Cursor):
    """Counts the rows whose values have changed, as MySQL's modules do: none, if there is nothing new."""

    @property
    def rowcount(self) -> int:
        return 0


class CountsChangesConnection(sqlite3.Connection):
    def cursor(self, *_: object) -> CountsChanges:  # type: ignore[override]
        return CountsChanges(self)


def test_it_can_be_confirmed_twice_where_a_database_counts_only_what_has_changed(
    database: DatabaseReplayGuard, tmp_path: Path
) -> None:
    claim = claimed(database)
    database.confirm(claim)
    DatabaseReplayGuard(
        lambda: sqlite3.connect(tmp_path / "shop.db", factory=CountsChangesConnection), paramstyle="qmark"
    ).confirm(claim)
    assert rows(tmp_path) == 1
    assert not database.claim(notification())


def test_the_table_can_be_made_by_a_migration_and_have_another_name(tmp_path: Path) -> None:
    guard = DatabaseReplayGuard(
        lambda: sqlite3.connect(tmp_path / "shop.db"), paramstyle=sqlite3.paramstyle, table="main.handled"
    )
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute(guard.table_definition)
    assert guard.claim(notification())


def test_settings_that_cannot_be_used_are_refused() -> None:
    connect = partial(sqlite3.connect, ":memory:")
    with pytest.raises(ValueError, match=r"table: give a plain name"):
        DatabaseReplayGuard(connect, paramstyle="qmark", table="handled; DROP TABLE orders")
    with pytest.raises(ValueError, match=r"paramstyle: give the paramstyle of the database's module, one of qmark"):
        DatabaseReplayGuard(connect, paramstyle="?")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"lease: give a second or more"):
        DatabaseReplayGuard(connect, paramstyle="qmark", lease=timedelta(milliseconds=999))
    with pytest.raises(ValueError, match=r"keep: give a second or more"):
        RedisReplayGuard(redis.Redis(), keep=timedelta(0))
