"""What the calls take and return."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias, Union

__all__ = ["KeySource", "Product", "Region", "VaultingSession"]

KeySource: TypeAlias = Union[str, bytes, "os.PathLike[str]"]
"""A key or certificate: its text (``str``), the content of its file (``bytes``), or its file (``pathlib.Path``)."""

Product: TypeAlias = Literal["apo", "ams"]
"""Antom Payment Orchestration, or Alipay Merchant Services: the vaulting product that the contract is for."""

Region: TypeAlias = Literal["north_america", "asia", "europe"]
"""Where the gateway is that the merchant is registered with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultingSession:
    """A session with which Antom's front-end SDK collects the card. Its ``repr`` shows neither data nor raw."""

    request_id: str
    """``vaultingRequestId``: what notifications and inquiries are matched by."""

    id: str
    """``vaultingSessionId``. May hold ``+`` and ``/``: escape it in a URL."""

    data: str = field(repr=False)
    """``vaultingSessionData``: pass it unchanged to the front-end SDK, and to nobody else."""

    expires_at: datetime
    """``vaultingSessionExpiryTime``, an aware ``datetime``: afterwards a new session is needed."""

    normal_url: str | None
    """``normalUrl``: a page hosted by Antom that collects the card, if the product has one."""

    raw: str = field(repr=False)
    """The whole verified answer as JSON text, for members that this class does not have. Holds ``data``."""
