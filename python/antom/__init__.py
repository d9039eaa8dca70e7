"""A careful client for Antom's card-vaulting API.

It signs what it sends, verifies what it receives before it reads it, and says of every failure whether the request
may have been processed.

The modules ``antom.aio``, ``antom.notifications`` and ``antom.replay`` are imported when they are first used.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from antom._native import ReplayGuard, __version__, build_info
from antom.client import Client
from antom.errors import (
    AntomError,
    ApiError,
    ClosedError,
    ConfigError,
    ErrorKind,
    InternalError,
    InvalidArgumentError,
    InvalidRequestError,
    NotSentError,
    OutcomeUnknownError,
    ProtocolError,
    SigningError,
    UntrustedNotificationError,
    UntrustedResponseError,
    Violation,
)
from antom.types import (
    ACKNOWLEDGEMENT,
    Acknowledgement,
    AcquirerInfo,
    Answer,
    AttemptEnded,
    CallBegan,
    CallEnded,
    Card,
    CustomizedInfo,
    Diagnosis,
    Event,
    Funding,
    Headers,
    KeySource,
    NextStep,
    Observer,
    Outcome,
    Product,
    Region,
    Signer,
    Vaulting,
    VaultingNotification,
    VaultingSession,
    Wallet,
)

if TYPE_CHECKING:
    from antom import aio, notifications, replay

__all__ = [
    "ACKNOWLEDGEMENT",
    "Acknowledgement",
    "AcquirerInfo",
    "Answer",
    "AntomError",
    "ApiError",
    "AttemptEnded",
    "CallBegan",
    "CallEnded",
    "Card",
    "Client",
    "ClosedError",
    "ConfigError",
    "CustomizedInfo",
    "Diagnosis",
    "ErrorKind",
    "Event",
    "Funding",
    "Headers",
    "InternalError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "KeySource",
    "NextStep",
    "NotSentError",
    "Observer",
    "Outcome",
    "OutcomeUnknownError",
    "Product",
    "ProtocolError",
    "Region",
    "ReplayGuard",
    "Signer",
    "SigningError",
    "UntrustedNotificationError",
    "UntrustedResponseError",
    "Vaulting",
    "VaultingNotification",
    "VaultingSession",
    "Violation",
    "Wallet",
    "__version__",
    "aio",
    "build_info",
    "notifications",
    "replay",
]

_MODULES = ("aio", "notifications", "replay")

# A type checker would believe that every name exists.
if not TYPE_CHECKING:  # pragma: no branch

    def __getattr__(name: str) -> ModuleType:
        # A shop that only creates sessions does not wait for asyncio to be imported.
        if name in _MODULES:
            return importlib.import_module(f"antom.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
