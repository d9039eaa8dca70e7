"""A careful client for Antom's card-vaulting API.

It signs what it sends, verifies what it receives before it reads it, and says of every failure whether the request
may have been processed.
"""

from antom._native import __version__, build_info
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
from antom.types import KeySource, Product, Region, VaultingSession

__all__ = [
    "AntomError",
    "ApiError",
    "Client",
    "ClosedError",
    "ConfigError",
    "ErrorKind",
    "InternalError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "KeySource",
    "NotSentError",
    "OutcomeUnknownError",
    "Product",
    "ProtocolError",
    "Region",
    "SigningError",
    "UntrustedNotificationError",
    "UntrustedResponseError",
    "VaultingSession",
    "Violation",
    "__version__",
    "build_info",
]
