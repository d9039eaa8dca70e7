"""What the calls take and return. What is returned is frozen, and its ``repr`` shows no secret."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal, TypeAlias, Union

from antom import _native
from antom._frozen import Frozen, hidden
from antom.errors import ErrorKind

__all__ = [
    "ACKNOWLEDGEMENT",
    "Acknowledgement",
    "AcquirerInfo",
    "Answer",
    "AttemptEnded",
    "CallBegan",
    "CallEnded",
    "Card",
    "CustomizedInfo",
    "Diagnosis",
    "Event",
    "Funding",
    "Headers",
    "KeySource",
    "NextStep",
    "Observer",
    "Outcome",
    "Product",
    "Region",
    "Signer",
    "Vaulting",
    "VaultingNotification",
    "VaultingSession",
    "Wallet",
]

KeySource: TypeAlias = Union[str, bytes, "os.PathLike[str]"]
"""A key or certificate: its text (``str``), the content of its file (``bytes``), or its file (``pathlib.Path``)."""

Signer: TypeAlias = Callable[[bytes, bytes], bytes]
"""Signs elsewhere, in a KMS or an HSM: takes the content and its SHA-256 digest (32 bytes), returns the signature,
RSASSA-PKCS1-v1_5 with SHA-256. May be called from several threads at once. Its time counts against the timeout."""

Product: TypeAlias = Literal["apo", "ams"]
"""Antom Payment Orchestration, or Alipay Merchant Services: the vaulting product that the contract is for."""

Region: TypeAlias = Literal["north_america", "asia", "europe"]
"""Where the gateway is that the merchant is registered with."""

Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]
"""The headers of a request, all that came: a mapping or pairs. Their names may be in any case."""


class _OpenEnum(str, Enum):
    """A closed list never is: a value that this version does not know is a member of its own, without a name here."""

    @classmethod
    def _missing_(cls, value: object) -> _OpenEnum | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = unknown._value_ = str(value)
        return unknown

    def __str__(self) -> str:
        return str(self.value)


class Outcome(_OpenEnum):
    """What became of a vaulting.

    Antom adds values. One that is not here still equals its text, and means: not finished.

    >>> Outcome("PAUSED") == "PAUSED"
    True
    """

    SUCCEEDED = "SUCCESS"
    """The card is vaulted: its token is in :attr:`Vaulting.card`."""

    FAILED = "FAIL"
    """It is not, and never will be under this ``vaulting_request_id``: see :attr:`Vaulting.code`."""

    PROCESSING = "PROCESSING"
    """Not finished. Send the buyer to :attr:`Vaulting.next_step`, if there is one."""

    UNRELATED = "UNRELATED"
    """Only of a notification: it is Antom's, but about something else. Acknowledge it; ``raw`` has it."""


class Funding(_OpenEnum):
    """Where the money on a card comes from. A value that is not here still equals its text."""

    CREDIT = "CREDIT"
    DEBIT = "DEBIT"
    PREPAID = "PREPAID"
    CHARGE = "CHARGE"
    DEFERRED_DEBIT = "DEFERRED_DEBIT"


class VaultingSession(Frozen):
    """A session with which Antom's front-end SDK collects the card. Its ``repr`` shows neither data nor raw."""

    request_id: str
    """``vaultingRequestId``: what notifications and inquiries are matched by."""

    id: str
    """``vaultingSessionId``. May hold ``+`` and ``/``: escape it in a URL."""

    data: str = hidden()
    """``vaultingSessionData``: pass it unchanged to the front-end SDK, and to nobody else."""

    expires_at: datetime
    """``vaultingSessionExpiryTime``, an aware ``datetime``: afterwards a new session is needed."""

    normal_url: str | None
    """``normalUrl``: a page hosted by Antom that collects the card, if the product has one."""

    response_time: datetime | None
    """When Antom answered, by its signed word; None if that cannot be read."""

    clock_skew: timedelta | None
    """By how much Antom's clock was ahead of this machine's then. Antom gives whole seconds: -2 to 0 s are usual."""

    raw: str = hidden()
    """The whole verified answer as JSON text, for members that this class does not have. Holds ``data``."""


class Card(Frozen):
    """A vaulted card. Anything that Antom did not say is None. Its ``repr`` shows neither token nor bin."""

    token: str | None = hidden()
    """``cardToken``, at most 2048 characters: the ``paymentMethodId`` of later payments. Keep it like a password."""

    brand: str | None
    """For example ``VISA``."""

    last_four: str | None
    """The last four digits of the number."""

    masked_card_no: str | None
    """For example ``************0768``."""

    bin: str | None = hidden()
    """The first digits of the number."""

    expiry_month: str | None
    """Two digits."""

    expiry_year: str | None
    """Two digits."""

    funding: Funding | None
    """For example ``Funding.CREDIT``."""

    fingerprint: str | None = hidden()
    """The same for the same card."""

    issuing_country: str | None
    """Two letters."""

    issuer_name: str | None
    """The bank."""

    network_transaction_id: str | None
    """At most 256 characters."""

    avs_result_raw: str | None
    """The address check, as the acquirer gave it."""

    cvv_result_raw: str | None
    """The security code check, as the acquirer gave it."""


class Wallet(Frozen):
    """A vaulted wallet. Anything that Antom did not say is None. Its ``repr`` does not show the token."""

    token: str | None = hidden()
    """The ``paymentMethodId`` of later payments. Keep it like a password."""

    token_expiry_time: str | None
    """As Antom wrote it."""


class NextStep(Frozen):
    """Where to send the buyer so that a vaulting can be finished. At least one of these is there."""

    normal_url: str | None
    """A web page, at most 2048 characters."""

    scheme_url: str | None
    """Opens an app by its scheme."""

    applink_url: str | None
    """Opens an app by a universal or app link."""


class AcquirerInfo(Frozen):
    """What the acquirer said. Each at most 64 characters, or None. Its ``repr`` does not show the token."""

    acquirer_name: str | None
    reference_request_id: str | None
    acquirer_transaction_id: str | None
    acquirer_merchant_id: str | None
    acquirer_result_code: str | None
    acquirer_result_message: str | None
    acquirer_merchant_name: str | None
    acquirer_reason_description: str | None
    ptsp_transaction_id: str | None
    acquirer_card_token: str | None = hidden()


class CustomizedInfo(Frozen):
    """``customizedInfo``: the merchant's own text, which its ``repr`` does not show."""

    customized_field1: str | None = hidden()
    customized_field2: str | None = hidden()
    customized_field3: str | None = hidden()
    customized_field4: str | None = hidden()
    customized_field5: str | None = hidden()


class _Vaulted(Frozen):
    """What an answer and a notification about a vaulting have in common."""

    request_id: str
    """``vaultingRequestId``. Empty only in a notification that is :attr:`Outcome.UNRELATED`."""

    outcome: Outcome
    """What became of it. That there was an answer says only that Antom answered."""

    code: str | None
    """After :attr:`Outcome.FAILED` why, for example ``CARD_EXPIRED``. New codes appear."""

    message: str | None
    """The same for people. Do not match on it."""

    payment_method_type: str | None
    """After :attr:`Outcome.SUCCEEDED` what was vaulted, for example ``CARD``."""

    card: Card | None
    """After :attr:`Outcome.SUCCEEDED` the card, if it is one."""

    wallet: Wallet | None
    """After :attr:`Outcome.SUCCEEDED` the wallet, if it is one."""

    next_step: NextStep | None
    """While :attr:`Outcome.PROCESSING` where to send the buyer; if None, start again with a new id."""

    metadata: str | None = hidden()
    """The merchant's own text, at most 2048 characters, if some was given."""

    raw: str = hidden()
    """The whole verified JSON, for members that this class does not have. Holds the token."""


class Vaulting(_Vaulted):
    """What Antom answers about a vaulting."""

    response_time: datetime | None
    """When Antom answered, by its signed word; None if that cannot be read."""

    clock_skew: timedelta | None
    """By how much Antom's clock was ahead of this machine's then. Antom gives whole seconds: -2 to 0 s are usual."""


class VaultingNotification(_Vaulted):
    """A verified notification. See https://docs.antom.com/ac/ams/notify_vaulting."""

    created_at: datetime | None
    """``vaultingCreateTime``, if it came and could be read."""

    acquirer: AcquirerInfo | None
    """``acquirerInfo``."""

    customized_info: CustomizedInfo | None
    """``customizedInfo``."""

    replay_key: str
    """What this notification has in common with its repetitions, and with nothing else: claim it in a guard before you
    act on it. Empty only if it is :attr:`Outcome.UNRELATED`."""


class Answer(Frozen):
    """What Antom answered to a call of any API. Its ``repr`` does not show it."""

    raw: str = hidden()
    """The whole verified answer as JSON text, as it came."""

    response_time: datetime | None
    """When Antom answered, by its signed word; None if that cannot be read."""

    clock_skew: timedelta | None
    """By how much Antom's clock was ahead of this machine's then. Antom gives whole seconds: -2 to 0 s are usual."""

    def json(self) -> dict[str, Any]:
        """Return the answer as a dict."""
        # Only here: most programs never ask.
        import json  # noqa: PLC0415

        members: dict[str, Any] = json.loads(self.raw)
        return members


class Diagnosis(Frozen):
    """Why a signature does not verify."""

    cause: str | None
    """A name for programs, for example ``path_sandbox``; None if it verifies and is written as documented."""

    what: str | None
    """What happened, in one line."""

    fix: str | None
    """What to do about it."""

    string_to_sign: bytes = hidden()
    """What the signature was checked over: compare it with what was signed. Holds the body."""


class CallBegan(Frozen):
    """A call begins; its request keeps the field rules."""

    path: str
    """The path on the wire; its last part is the API."""

    request_id: str | None
    """The ``vaultingRequestId``, where the API has one."""

    body_bytes: int
    """The size of the body."""


class AttemptEnded(Frozen):
    """An attempt to send the request ended, well or not."""

    path: str
    """The path on the wire."""

    request_id: str | None
    """The ``vaultingRequestId``, where the API has one."""

    number: int
    """1 for the first attempt."""

    sign: timedelta
    """How long signing took."""

    connect: timedelta | None
    """How long opening a connection took, TLS included; None where none was opened."""

    exchange: timedelta
    """How long it took from the request's first step to the answer's last byte, opening a connection included."""

    verify: timedelta
    """How long checking the answer's signature and reading the answer took."""

    answer_bytes: int | None
    """The size of the answer's body."""

    http_status: int | None
    """The HTTP status of the answer."""

    result_code: str | None
    """``resultCode`` of a failure."""

    error: ErrorKind | None
    """What went wrong; None is success."""

    clock_skew: timedelta | None
    """By how much Antom's clock is ahead of this machine's, in whole seconds, where the answer is authentic."""


class CallEnded(Frozen):
    """The call ended."""

    path: str
    """The path on the wire."""

    request_id: str | None
    """The ``vaultingRequestId``, where the API has one."""

    attempts: int
    """How many attempts were made."""

    duration: timedelta
    """How long the call took, waits included."""

    error: ErrorKind | None
    """What went wrong; None is success."""


Event: TypeAlias = CallBegan | AttemptEnded | CallEnded
"""What happens in a call. Events hold names, numbers and durations: no bodies, no keys, no signatures."""

Observer: TypeAlias = Callable[[Event], object]
"""Is told what happens in a call, on its thread; the call waits for it. May be called from several threads at once. An
exception in it does not end the call: it goes to ``sys.unraisablehook``."""


class Acknowledgement(Frozen):
    """What to answer to a notification that was handled."""

    status: int
    """The HTTP status."""

    content_type: str
    """The ``content-type`` header."""

    body: bytes
    """The body, byte for byte."""


ACKNOWLEDGEMENT = Acknowledgement(status=200, content_type=_native.ACKNOWLEDGEMENT[0], body=_native.ACKNOWLEDGEMENT[1])
"""The acknowledgement that Antom expects, the same for every notification. Without it Antom sends it again."""
