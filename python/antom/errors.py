"""What can go wrong, one class for each kind of error.

Every error of this library is an :class:`AntomError`. It says what happened and what to do about it, and whether the
same request may be sent again. A value of a wrong type is a plain :class:`TypeError`, as everywhere in Python.

Errors can be pickled, and can be made by hand, for tests:

>>> error = ApiError("no", result_code="PROCESS_FAIL")
>>> error.result_code, error.retryable
('PROCESS_FAIL', False)
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, ClassVar, Literal, NamedTuple

__all__ = [
    "AntomError",
    "ApiError",
    "ClosedError",
    "ConfigError",
    "ErrorKind",
    "InternalError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "NotSentError",
    "OutcomeUnknownError",
    "ProtocolError",
    "SigningError",
    "UntrustedNotificationError",
    "UntrustedResponseError",
    "Violation",
]


class ErrorKind(IntEnum):
    """What went wrong. The numbers are the same in every language that this library is for, and never change."""

    INVALID_ARGUMENT = 1
    CONFIG = 2
    INVALID_REQUEST = 3
    SIGNING = 4
    NOT_SENT = 10
    OUTCOME_UNKNOWN = 11
    CLOSED = 12
    API = 20
    UNTRUSTED_RESPONSE = 21
    PROTOCOL = 22
    UNTRUSTED_NOTIFICATION = 30
    INTERNAL = 99


class Violation(NamedTuple):
    """A broken field rule."""

    field: str
    """The field, as the API calls it: ``redirectUrl``."""

    problem: str
    """What is wrong with it and what is allowed. Never holds the value itself."""


class AntomError(Exception):
    """Any error of this library. What is raised is always one of the classes below, so catch this or one of them.

    ``str(error)`` is one line without secrets: what happened and what to do.
    """

    kind: ClassVar[ErrorKind]
    """What went wrong. Treat a kind that you do not know like :attr:`ErrorKind.OUTCOME_UNKNOWN`."""

    message: str
    """The same text as ``str(error)``."""

    retryable: bool
    """Whether sending the same request again, with the same ``vaulting_request_id``, is safe and may succeed."""

    advice: str
    """What to do next: Antom's advice for the result code, or ours for the kind."""

    result_code: str | None
    """``resultCode`` of the answer, for example ``PARAM_ILLEGAL``. New codes appear; do not expect a closed list."""

    result_status: Literal["S", "F", "U"] | None
    """``resultStatus`` of the answer."""

    result_message: str | None
    """``resultMessage`` of the answer, for people. Do not match on it."""

    authenticated: bool
    """Whether the result comes from an answer whose signature was verified. Look before you rely on it."""

    http_status: int | None
    """The HTTP status, if there was an answer."""

    attempts: int
    """How many times the request was tried on the network; 0 if it never came to that."""

    request_id: str | None
    """The ``vaultingRequestId`` of the call, made by the client if you gave none. Keep it: it is what to inquire by,
    and what to give again if :attr:`retryable`."""

    violations: tuple[Violation, ...]
    """Every broken field rule; empty unless this is an :class:`InvalidRequestError`."""

    def __init__(
        self,
        message: str,
        *,
        retryable: bool = False,
        advice: str = "",
        result_code: str | None = None,
        result_status: Literal["S", "F", "U"] | None = None,
        result_message: str | None = None,
        authenticated: bool = False,
        http_status: int | None = None,
        attempts: int = 0,
        request_id: str | None = None,
        violations: tuple[Violation, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.retryable = retryable
        self.advice = advice
        self.result_code = result_code
        self.result_status = result_status
        self.result_message = result_message
        self.authenticated = authenticated
        self.http_status = http_status
        self.attempts = attempts
        self.request_id = request_id
        self.violations = violations


class InvalidArgumentError(AntomError, ValueError):
    """A programming error: an argument that cannot be what it should be, such as text that is not valid Unicode."""

    kind = ErrorKind.INVALID_ARGUMENT


class ConfigError(AntomError, ValueError):
    """The client cannot be made from these settings: a key is unreadable, a URL is malformed."""

    kind = ErrorKind.CONFIG


class InvalidRequestError(AntomError, ValueError):
    """The request breaks the published field rules. :attr:`violations` has all of them; nothing was sent."""

    kind = ErrorKind.INVALID_REQUEST


class SigningError(AntomError):
    """The signer failed; nothing was sent."""

    kind = ErrorKind.SIGNING


class NotSentError(AntomError, ConnectionError):
    """The request did not leave this machine: it is safe to send it again.

    Where that cannot succeed before something is corrected, :attr:`retryable` is false.
    """

    kind = ErrorKind.NOT_SENT


class OutcomeUnknownError(AntomError, ConnectionError):
    """The request may have been processed: no complete answer came. Do what :attr:`advice` says.

    :attr:`retryable` is true where sending it again with the same ``vaulting_request_id`` is safe. After
    ``vault_payment_method``, and after a ``call`` that is not ``idempotent``, it is false: inquire first.
    """

    kind = ErrorKind.OUTCOME_UNKNOWN


class ClosedError(AntomError):
    """The client was closed."""

    kind = ErrorKind.CLOSED


class ApiError(AntomError):
    """Antom answered F, or U: see :attr:`result_code` and :attr:`advice`."""

    kind = ErrorKind.API


class UntrustedResponseError(AntomError):
    """The answer's signature could not be trusted. Do not act on it; its body is not handed out."""

    kind = ErrorKind.UNTRUSTED_RESPONSE


class ProtocolError(AntomError):
    """The answer is not what the API documents."""

    kind = ErrorKind.PROTOCOL


class UntrustedNotificationError(AntomError):
    """A notification that must not be acted on."""

    kind = ErrorKind.UNTRUSTED_NOTIFICATION


class InternalError(AntomError):
    """A bug in this library: the message is a place in its source, never data."""

    kind = ErrorKind.INTERNAL


_CLASSES: Mapping[int, type[AntomError]] = {
    error.kind: error
    for error in (
        InvalidArgumentError,
        ConfigError,
        InvalidRequestError,
        SigningError,
        NotSentError,
        OutcomeUnknownError,
        ClosedError,
        ApiError,
        UntrustedResponseError,
        ProtocolError,
        UntrustedNotificationError,
        InternalError,
    )
}


def _from_native(
    kind: int, message: str, violations: tuple[tuple[str, str], ...], details: dict[str, Any]
) -> AntomError:
    """Make the exception for an error of the core. The native module calls this."""
    return _CLASSES[kind](message, violations=tuple(map(Violation._make, violations)), **details)
