"""Replay guards that several web servers share: in a database, or in Redis.

Antom sends a notification until it is acknowledged, and sometimes after. A guard says of each whether it is new. It is
used in three steps, which :func:`antom.notifications.handler` takes by itself:

1. ``claim(notification)``: a :class:`Claim`, it is yours: handle it. None, it was handled: acknowledge it and do nothing
   else. :class:`BeingHandledError`, somebody else is at it: answer with an HTTP error, and Antom sends it again.
2. ``confirm(claim)`` when it was handled, or ``release(claim)`` when that failed.
3. Acknowledge it.

A claim is a lease. If the process dies before step 2, the claim ends by itself after ``lease``, and the next repetition
can be claimed again: nothing is lost. The price is that a notification may be handled twice, if its handling took
longer than the lease or died between its last step and ``confirm``. What you do with a notification must bear that: an
``UPDATE … SET card_token = …`` does. Who comes late gives nothing back that somebody else has claimed meanwhile; that it
was handled is true, and remembered, also then.

:class:`antom.ReplayGuard` does the same within one process, without leases: its claims end with the process.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any, Literal, Protocol, TypeAlias

from antom._frozen import Frozen
from antom.types import VaultingNotification

__all__ = ["BeingHandledError", "Claim", "DatabaseReplayGuard", "RedisReplayGuard"]

KEEP = timedelta(hours=48)
LEASE = timedelta(minutes=5)

ParameterStyle: TypeAlias = Literal["qmark", "numeric", "named", "format", "pyformat"]
"""How SQL is given its values: ``paramstyle`` of the database's module, as DB-API 2.0 has it."""


class BeingHandledError(Exception):
    """Somebody else has claimed this notification and has not confirmed it yet. Antom will send it again."""

    def __init__(self) -> None:
        super().__init__(
            "this notification is being handled elsewhere: answer with an HTTP error, and Antom will send it again"
        )


class Claim(Frozen):
    """The right to handle a notification, until it is confirmed or released, or its lease ends."""

    notification: VaultingNotification
    token: str
    """Tells this claim from an earlier or a later one of the same notification."""


class Cursor(Protocol):
    """A cursor of DB-API 2.0, as far as it is needed here."""

    @property
    def rowcount(self) -> int: ...
    def execute(self, sql: str, values: Any = ..., /) -> Any: ...
    def fetchone(self) -> Any: ...
    def close(self) -> Any: ...


class Connection(Protocol):
    """A connection of DB-API 2.0, as far as it is needed here."""

    def cursor(self) -> Any: ...
    def commit(self) -> Any: ...
    def rollback(self) -> Any: ...
    def close(self) -> Any: ...


class DatabaseReplayGuard:
    """A replay guard in a table of any database that has a DB-API 2.0 module.

    Every step opens a connection, makes its own short transaction and closes the connection: with a pool, hand over
    what takes a connection from it, for example SQLAlchemy's ``engine.raw_connection``. It may be used from any number
    of threads and processes. Their clocks should agree to a few seconds.

    :param connect: Returns a connection: ``lambda: sqlite3.connect("shop.db")``.
    :param paramstyle: ``paramstyle`` of the database's module: ``sqlite3.paramstyle``.
    :param table: Its name, with the schema's name and a dot in front if need be. :meth:`create_table` makes it.
    :param keep: How long a confirmed notification is remembered: more than the 24 hours in which Antom repeats it.
    :param lease: How long a claim lasts that is neither confirmed nor released: longer than handling ever takes.
    :raises ValueError: The table's name is no plain name, or the parameter style does not exist.
    """

    __slots__ = (
        "_confirm",
        "_connect",
        "_expire",
        "_insert",
        "_keep",
        "_lease",
        "_look",
        "_release",
        "_table",
        "_take_over",
    )

    def __init__(
        self,
        connect: Callable[[], Connection],
        *,
        paramstyle: ParameterStyle,
        table: str = "antom_notifications",
        keep: timedelta = KEEP,
        lease: timedelta = LEASE,
    ) -> None:
        if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?", table, re.ASCII):
            raise ValueError("table: give a plain name of letters, digits and _, or schema.name")
        self._connect = connect
        self._table = table
        self._keep = _seconds("keep", keep)
        self._lease = _seconds("lease", lease)

        def statement(sql: str) -> _Statement:
            return _Statement(sql, table, paramstyle)

        self._insert = statement(
            "INSERT INTO {table} (notification, claim, handled, expires_at) VALUES (:key, :token, :handled, :until)"
        )
        self._take_over = statement(
            "UPDATE {table} SET claim = :token, handled = 0, expires_at = :until"
            " WHERE notification = :key AND expires_at <= :now"
        )
        self._look = statement("SELECT handled FROM {table} WHERE notification = :key")
        self._confirm = statement("UPDATE {table} SET handled = 1, expires_at = :until WHERE notification = :key")
        self._release = statement("DELETE FROM {table} WHERE notification = :key AND claim = :token AND handled = 0")
        self._expire = statement("DELETE FROM {table} WHERE expires_at <= :now")

    @property
    def table_definition(self) -> str:
        """The SQL that makes the table, for your migrations. Times are in seconds since 1970."""
        return (
            f"CREATE TABLE {self._table} (\n"
            "    notification CHAR(64) NOT NULL PRIMARY KEY,\n"
            "    claim CHAR(32) NOT NULL,\n"
            "    handled SMALLINT NOT NULL,\n"
            "    expires_at BIGINT NOT NULL\n"
            ")"
        )

    def create_table(self) -> None:
        """Make the table. It must not be there yet."""
        with self._transaction() as cursor:
            cursor.execute(self.table_definition)

    def claim(self, notification: VaultingNotification) -> Claim | None:
        """Return a claim if the notification is new. See :mod:`antom.replay` for what to do then.

        One that is not about a vaulting (``Outcome.UNRELATED``) is never new.

        :raises antom.replay.BeingHandledError: Somebody else has claimed it.
        :raises Exception: What the database's module raises: answer with an HTTP error.
        """
        if not notification.replay_key:
            return None
        claim, key, now = _new_claim(notification), _key(notification), int(time.time())
        try:
            with self._transaction() as cursor:
                self._insert.run(cursor, key=key, token=claim.token, handled=0, until=now + self._lease)
        except Exception:
            # Modules differ in how they say that a key is there already, so the row itself is asked.
            with self._transaction() as cursor:
                self._take_over.run(cursor, key=key, token=claim.token, until=now + self._lease, now=now)
                if cursor.rowcount == 1:
                    return claim
                was_handled = self._was_handled(cursor, key)
            if was_handled is None:
                raise
            if not was_handled:
                raise BeingHandledError from None
            return None
        return claim

    def confirm(self, claim: Claim) -> None:
        """Remember for ``keep`` that the notification was handled."""
        key, until = _key(claim.notification), int(time.time()) + self._keep
        with self._transaction() as cursor:
            self._confirm.run(cursor, key=key, until=until)
            if cursor.rowcount == 1:
                return
        # The lease has ended, and the row is gone; or the module counts only what has changed.
        try:
            with self._transaction() as cursor:
                self._insert.run(cursor, key=key, token=claim.token, handled=1, until=until)
        except Exception:
            # Or somebody else has claimed it at this moment.
            with self._transaction() as cursor:
                self._confirm.run(cursor, key=key, until=until)
                if not self._was_handled(cursor, key):
                    raise

    def release(self, claim: Claim) -> None:
        """Give a claim back, because handling failed. What was confirmed, or claimed by somebody else, stays."""
        with self._transaction() as cursor:
            self._release.run(cursor, key=_key(claim.notification), token=claim.token)

    def delete_expired(self) -> None:
        """Delete the rows that have no effect any more. Once a day is enough."""
        with self._transaction() as cursor:
            self._expire.run(cursor, now=int(time.time()))

    def _was_handled(self, cursor: Cursor, key: str) -> bool | None:
        self._look.run(cursor, key=key)
        row = cursor.fetchone()
        return None if row is None else bool(row[0])

    @contextmanager
    def _transaction(self) -> Iterator[Cursor]:
        with closing(self._connect()) as connection:
            try:
                with closing(connection.cursor()) as cursor:
                    yield cursor
                connection.commit()
            except BaseException:
                connection.rollback()
                raise


class RedisReplayGuard:
    """A replay guard in Redis 2.6.12 or newer, or in what speaks its language.

    Redis forgets a notification by itself, after ``keep`` or ``lease``. It must not evict these keys before: with a
    ``maxmemory-policy`` that evicts keys, use a database for them that has another one.

    :param client: A ``redis.Redis``, or another object with the same methods ``set``, ``get`` and ``eval``. Whether it
        decodes answers does not matter.
    :param prefix: What the keys begin with.
    :param keep: How long a confirmed notification is remembered: more than the 24 hours in which Antom repeats it.
    :param lease: How long a claim lasts that is neither confirmed nor released: longer than handling ever takes.
    """

    __slots__ = ("_client", "_keep", "_lease", "_prefix")

    def __init__(
        self,
        client: Any,
        *,
        prefix: str = "antom:notification:",
        keep: timedelta = KEEP,
        lease: timedelta = LEASE,
    ) -> None:
        self._client = client
        self._prefix = prefix
        self._keep = _seconds("keep", keep) * 1000
        self._lease = _seconds("lease", lease) * 1000

    def claim(self, notification: VaultingNotification) -> Claim | None:
        """Return a claim if the notification is new. See :mod:`antom.replay` for what to do then.

        One that is not about a vaulting (``Outcome.UNRELATED``) is never new.

        :raises antom.replay.BeingHandledError: Somebody else has claimed it.
        :raises Exception: What the client raises: answer with an HTTP error.
        """
        if not notification.replay_key:
            return None
        claim, name = _new_claim(notification), self._name(notification)
        if self._client.set(name, claim.token, nx=True, px=self._lease):
            return claim
        if self._client.get(name) in ("handled", b"handled"):
            return None
        # Claimed, or given back at this moment.
        raise BeingHandledError

    def confirm(self, claim: Claim) -> None:
        """Remember for ``keep`` that the notification was handled."""
        self._client.set(self._name(claim.notification), "handled", px=self._keep)

    def release(self, claim: Claim) -> None:
        """Give a claim back, because handling failed. What was confirmed, or claimed by somebody else, stays."""
        script = "if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end"
        self._client.eval(script, 1, self._name(claim.notification), claim.token)

    def _name(self, notification: VaultingNotification) -> str:
        return self._prefix + _key(notification)


class _Statement:
    """SQL with values in the parameter style of a database."""

    __slots__ = ("_names", "_paramstyle", "_sql")

    def __init__(self, sql: str, table: str, paramstyle: ParameterStyle) -> None:
        self._names: tuple[str, ...] = tuple(re.findall(r":(\w+)", sql))
        self._paramstyle = paramstyle
        marks = iter(_marks(paramstyle, self._names))
        self._sql = re.sub(r":\w+", lambda _: next(marks), sql.format(table=table))

    def run(self, cursor: Cursor, **values: str | int) -> None:
        arguments: Sequence[object] | Mapping[str, object] = values
        if self._paramstyle not in ("named", "pyformat"):
            arguments = tuple(values[name] for name in self._names)
        cursor.execute(self._sql, arguments)


def _marks(paramstyle: ParameterStyle, names: Sequence[str]) -> list[str]:
    match paramstyle:
        case "qmark":
            return ["?" for _ in names]
        case "numeric":
            return [f":{number}" for number, _ in enumerate(names, 1)]
        case "named":
            return [f":{name}" for name in names]
        case "format":
            return ["%s" for _ in names]
        case "pyformat":
            return [f"%({name})s" for name in names]
    raise ValueError(
        "paramstyle: give the paramstyle of the database's module, one of qmark, numeric, named, format and pyformat"
    )


def _seconds(name: str, duration: timedelta) -> int:
    seconds = int(duration.total_seconds())
    if seconds < 1:
        raise ValueError(f"{name}: give a second or more")
    return seconds


def _new_claim(notification: VaultingNotification) -> Claim:
    return Claim(notification=notification, token=secrets.token_hex(16))


def _key(notification: VaultingNotification) -> str:
    # Hashed: as long for every notification, and no database takes two of them for one because of capitals or spaces.
    return hashlib.sha256(notification.replay_key.encode()).hexdigest()
