"""The client: a Python face on the native one."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypedDict

from antom import _native
from antom._environment import complete
from antom.types import (
    Answer,
    Diagnosis,
    Headers,
    KeySource,
    Observer,
    Product,
    Region,
    Signer,
    Vaulting,
    VaultingNotification,
    VaultingSession,
)

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

__all__ = ["Client", "Settings"]


class Settings(TypedDict, total=False):
    """The settings of :class:`Client`, which says what each one means."""

    client_id: str
    private_key: KeySource | Signer
    antom_public_key: KeySource
    endpoint: str | None
    region: Region | None
    private_key_passphrase: str | None
    signer_public_key: KeySource | None
    antom_public_keys: Mapping[str, KeySource] | None
    product: Product
    key_version: str
    agent_token: str | None
    connect_timeout: float | timedelta
    timeout: float | timedelta
    max_retries: int
    max_response_age: float | timedelta | None
    ca_certificate: KeySource | None
    proxy: str | None
    observer: Observer | None


class Client:
    """Calls Antom's API.

    One client serves any number of threads and keeps its connections open, so make one and keep it. Other Python
    threads run while it waits. After ``os.fork()`` the child opens connections of its own. Close a client that you drop:
    one that is forgotten is a ``ResourceWarning``, unless the program ends.

    In the main thread Ctrl-C, and any other signal whose handler raises, ends a running call within 200 ms. The
    exception's ``__cause__`` is the :class:`antom.AntomError` that says whether the request may have been processed.

    :param client_id: The client id that Antom gave. One that begins with ``SANDBOX_`` selects Antom's test mode.
    :param private_key: The merchant's private key, which signs requests: PEM or bare base64 as ``str``, the content
        of a key file as ``bytes``, or a ``pathlib.Path``. PKCS#1, PKCS#8 and encrypted PKCS#8, 2048 bits or more. Or a
        callable that signs elsewhere, in a KMS or an HSM: see :data:`antom.Signer`. What it raises is the
        ``__cause__`` of a :class:`antom.SigningError`.
    :param antom_public_key: Antom's public key, which answers are verified with, in the same forms. It stands beside
        the place in Antom's Dashboard where the merchant's own public key is uploaded.
    :param endpoint: The gateway: scheme, host and port. ``http`` only for this machine.
    :param region: Instead of the endpoint, the name of one of Antom's.
    :param private_key_passphrase: The passphrase of an encrypted private key.
    :param signer_public_key: The public half of a signer's key: a wrong pair is then found when the client is made.
    :param antom_public_keys: Further keys of Antom by their ``keyVersion``: while Antom changes its key, both are
        valid.
    :param product: The vaulting product that the contract is for.
    :param key_version: ``keyVersion`` of the private key.
    :param agent_token: The ``agent-token`` header of agents and ISVs.
    :param connect_timeout: How long opening a connection may take: seconds, or a ``timedelta``. At most an hour.
    :param timeout: How long a call may take in all: seconds, or a ``timedelta``. At most an hour.
    :param max_retries: How often a failed call is tried again, where that is safe and the timeout leaves time.
    :param max_response_age: Refuse an answer whose signed time is further from this machine's: seconds, or a
        ``timedelta``; at least 1 s. By default there is no limit: a wrong clock would stop every call.
    :param ca_certificate: A certificate authority to trust in addition to the platform's: PEM as ``str`` or
        ``bytes``, or a ``pathlib.Path``.
    :param proxy: An HTTP proxy, such as ``http://user:password@proxy.example:3128``. The environment's proxy
        variables are not read.
    :param observer: Is told of every call and every attempt, for metrics: see :data:`antom.Observer`. Every attempt is
        also a record of ``logging.getLogger("antom")``, at debug level if it went well, else as a warning.
    :raises antom.ConfigError: A setting cannot be used; the message names it and says what to do.
    """

    __slots__ = ("__weakref__", "_native", "_original", "_shown")

    def __init__(
        self,
        *,
        client_id: str,
        private_key: KeySource | Signer,
        antom_public_key: KeySource,
        endpoint: str | None = None,
        region: Region | None = None,
        private_key_passphrase: str | None = None,
        signer_public_key: KeySource | None = None,
        antom_public_keys: Mapping[str, KeySource] | None = None,
        product: Product = "apo",
        key_version: str = "1",
        agent_token: str | None = None,
        connect_timeout: float | timedelta = 5.0,
        timeout: float | timedelta = 30.0,
        max_retries: int = 2,
        max_response_age: float | timedelta | None = None,
        ca_certificate: KeySource | None = None,
        proxy: str | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._shown = "<antom.Client that was not made>"
        self._original: Client | None = None
        try:
            self._native = _native.Client(
                client_id=client_id,
                private_key=private_key,
                antom_public_key=antom_public_key,
                endpoint=endpoint,
                region=region,
                private_key_passphrase=private_key_passphrase,
                signer_public_key=signer_public_key,
                antom_public_keys=antom_public_keys,
                product=product,
                key_version=key_version,
                agent_token=agent_token,
                connect_timeout=connect_timeout,
                timeout=timeout,
                max_retries=max_retries,
                max_response_age=max_response_age,
                ca_certificate=ca_certificate,
                proxy=proxy,
                observer=observer,
            )
            self._shown = f"<antom.Client {client_id!r} at {endpoint or region!r}>"
        finally:
            # Tools that show the local variables of a traceback find no secret in this frame.
            del private_key, private_key_passphrase, agent_token, proxy, endpoint

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **settings: Unpack[Settings]) -> Self:
        """Make a client from the environment, with the variables that ``antom sandbox`` prints and ``antom`` reads.

        ``ANTOM_CLIENT_ID``; ``ANTOM_PRIVATE_KEY`` (text) or ``ANTOM_PRIVATE_KEY_PATH``; ``ANTOM_PUBLIC_KEY`` or
        ``ANTOM_PUBLIC_KEY_PATH``, which is Antom's; ``ANTOM_ENDPOINT`` or ``ANTOM_REGION``. If they are set, also
        ``ANTOM_PRIVATE_KEY_PASSPHRASE``, ``ANTOM_PRODUCT``, ``ANTOM_KEY_VERSION``, ``ANTOM_AGENT_TOKEN``,
        ``ANTOM_CA_CERTIFICATE_PATH``, ``ANTOM_PROXY``, ``ANTOM_CONNECT_TIMEOUT_MS``, ``ANTOM_TIMEOUT_MS`` and
        ``ANTOM_MAX_RETRIES``. A variable that is empty counts as not set.

        >>> Client.from_env({})
        Traceback (most recent call last):
            ...
        antom.errors.ConfigError: ANTOM_CLIENT_ID: it is not set; antom sandbox prints these variables

        :param environ: Where to look instead of ``os.environ``.
        :param settings: Settings of :class:`Client` that come before those of the environment.
        :raises antom.ConfigError: A variable is missing or cannot be used; the message names it.
        """
        try:
            return cls(**complete(settings, os.environ if environ is None else environ))
        finally:
            del settings, environ

    def with_options(self, *, timeout: float | timedelta | None = None, max_retries: int | None = None) -> Client:
        """Return the same client, its connections included, with other limits for each call.

        :param timeout: How long a call may take in all: seconds, or a ``timedelta``. At most an hour.
        :param max_retries: How often a failed call is tried again; 0 is never.
        """
        client = Client.__new__(Client)
        client._original = self
        client._native = self._native.with_options(timeout=timeout, max_retries=max_retries)
        client._shown = self._shown
        return client

    def create_vaulting_session(
        self,
        *,
        payment_method_type: str,
        vaulting_request_id: str | None = None,
        vaulting_notification_url: str | None = None,
        redirect_url: str | None = None,
        pass_through_metadata: str | Mapping[str, str] | None = None,
        merchant_region: str | None = None,
        is_3ds_authentication: bool | None = None,
    ) -> VaultingSession:
        """Create a session with which the front-end SDK collects a card.

        It is harmless to repeat with the same ``vaulting_request_id``: Antom returns the same result for it.

        :param payment_method_type: The method to vault, for example ``CARD``. At most 64 characters. With the
            product ``ams`` only ``CARD``.
        :param vaulting_request_id: Your unique id of this vaulting, at most 64 characters. Left out, the client
            makes one and returns it with the session and with every error.
        :param vaulting_notification_url: Where Antom posts the outcome: an absolute URL of at most 2048 characters.
            Required with the product ``ams``; otherwise the one set in Antom's Dashboard is used without it.
        :param redirect_url: Where the buyer goes afterwards: an absolute URL of at most 2048 characters.
        :param pass_through_metadata: Keys and values for the acquirer; as JSON text at most 2048 characters. Only
            with the product ``apo``.
        :param merchant_region: The merchant's region, two capital letters. Only with the product ``ams``.
        :param is_3ds_authentication: Whether to ask for 3-D Secure. Only with the product ``ams``. Left out, True
            and False all differ.
        :raises antom.AntomError: See ``error.retryable`` and ``error.advice``.
        """
        return self._native.create_vaulting_session(
            payment_method_type=payment_method_type,
            vaulting_request_id=vaulting_request_id,
            vaulting_notification_url=vaulting_notification_url,
            redirect_url=redirect_url,
            pass_through_metadata=pass_through_metadata,
            merchant_region=merchant_region,
            is_3ds_authentication=is_3ds_authentication,
        )

    def inquire_vaulting(self, vaulting_request_id: str, *, merchant_account_id: str | None = None) -> Vaulting:
        """Ask what became of a vaulting. That there is an answer says only that Antom answered: see its ``outcome``.

        :param vaulting_request_id: The id of the vaulting, at most 64 characters.
        :param merchant_account_id: At most 64 characters. Only with the product ``ams``.
        :raises antom.ApiError: With ``VAULTING_NOT_EXIST``, Antom never got the request: see :meth:`recover`.
        :raises antom.AntomError: See ``error.retryable`` and ``error.advice``.
        """
        return self._native.inquire_vaulting(
            vaulting_request_id=vaulting_request_id, merchant_account_id=merchant_account_id
        )

    def recover(self, vaulting_request_id: str) -> Vaulting | None:
        """After :class:`antom.OutcomeUnknownError`: what really happened under ``error.request_id``.

        :returns: What Antom knows, or None if it never got the request: then send it again with the same id.
        :raises antom.AntomError: As :meth:`inquire_vaulting`.
        """
        return self._native.recover(vaulting_request_id=vaulting_request_id)

    def vault_payment_method(
        self,
        *,
        payment_method_detail: Mapping[str, Any],
        env: Mapping[str, Any],
        vaulting_notification_url: str,
        redirect_url: str,
        vaulting_request_id: str | None = None,
        merchant_region: str | None = None,
        merchant_account_id: str | None = None,
        metadata: str | None = None,
        vaulting_currency: str | None = None,
        customized_info: Mapping[str, str] | None = None,
    ) -> Vaulting:
        """Vault a card whose number this server holds.

        That brings the server, its logs and its backups under PCI DSS, which a vaulting session avoids. Never store the
        security code. Python cannot wipe the card from memory.

        It is never sent twice: after :class:`antom.OutcomeUnknownError` see :meth:`recover`.

        :param payment_method_detail: ``paymentMethodDetail``, with the API's names:
            ``{"paymentMethodType": "CARD", "card": {"cardNo": ..., "expiryMonth": ..., "expiryYear": ...}}``.
        :param env: The buyer's device, with the API's names: ``{"terminalType": "WEB"}``.
        :param vaulting_notification_url: Where Antom posts the outcome, at most 2048 characters.
        :param redirect_url: Where the buyer goes after a verification, at most 2048 characters.
        :param vaulting_request_id: Your unique id of this vaulting, at most 64 characters. Left out, the client
            makes one.
        :param merchant_region: Two capital letters.
        :param merchant_account_id: At most 64 characters.
        :param metadata: Your own text, at most 2048 characters; comes back in the notification.
        :param vaulting_currency: Three letters, ISO 4217.
        :param customized_info: ``customizedInfo``, with the API's names.
        :raises antom.InvalidArgumentError: A member has a name or a type that the API does not document.
        :raises antom.AntomError: See ``error.retryable`` and ``error.advice``.
        """
        try:
            members = {
                "vaultingRequestId": vaulting_request_id,
                "vaultingNotificationUrl": vaulting_notification_url,
                "redirectUrl": redirect_url,
                "paymentMethodDetail": payment_method_detail,
                "env": env,
                "merchantRegion": merchant_region,
                "merchantAccountId": merchant_account_id,
                "metadata": metadata,
                "vaultingCurrency": vaulting_currency,
                "customizedInfo": customized_info,
            }
            members = {name: value for name, value in members.items() if value is not None}
            return self._native.vault_payment_method(_json(members))
        finally:
            members = {}
            del payment_method_detail

    def call(self, path: str, json: str | bytes | Mapping[str, Any], *, idempotent: bool = False) -> Answer:
        """Call any other API of Antom: signed, sent and verified like every call.

        :param path: The live path, for example ``/ams/api/v1/vaults/fetchNonce``. For a test client id it is rewritten.
        :param json: The request: a mapping, or JSON as text or as its UTF-8, which is sent as it is.
        :param idempotent: Whether the same request sent twice acts only once. If not, it is tried again only where
            nothing was sent.
        :raises antom.InvalidArgumentError: The path does not begin with ``/ams/api/``, or the text is no JSON object.
        :raises antom.AntomError: See ``error.retryable`` and ``error.advice``.
        """
        try:
            return self._native.call(
                path, json if isinstance(json, (str, bytes)) else _json(json), idempotent=idempotent
            )
        finally:
            del json

    def verify_notification(
        self,
        *,
        path: str,
        headers: Headers,
        body: bytes,
        method: str = "POST",
        tolerance: float | timedelta | None = None,
    ) -> VaultingNotification:
        """Verify a notification that Antom posted, and read it.

        Antom repeats a notification until it gets :data:`antom.ACKNOWLEDGEMENT`, for up to 24 hours: claim it in a
        guard, such as :class:`antom.ReplayGuard`, before you act on it.

        :param path: The path that Antom called, with its query: that in the URL that Antom was given, where a proxy
            rewrites paths.
        :param headers: All headers that came: a mapping or pairs.
        :param body: The body, byte for byte, before any framework parsed it.
        :param tolerance: Refuse a notification whose signed time is further from now: seconds, or a ``timedelta``. By
            default there is no limit, because Antom repeats for up to 24 hours.
        :raises antom.UntrustedNotificationError: Do not act on it; answer with an HTTP error.
        :raises antom.ProtocolError: It is Antom's, but not what is documented.
        """
        try:
            return self._native.verify_notification(
                method=method, path=path, headers=headers, body=body, tolerance=tolerance
            )
        finally:
            del body, headers

    def sign(self, method: str, path: str, time: str | datetime, body: bytes | str) -> str:
        """Return the ``signature`` header for a request that this library does not send itself.

        :param path: Is signed as given: for a test client id it already begins with ``/ams/sandbox/api``.
        :param time: The text of the ``request-time`` header; an aware ``datetime`` stands for its milliseconds since
            1970.
        :param body: What is sent, byte for byte; a ``str`` stands for its UTF-8.
        :raises antom.SigningError: The signer failed.
        """
        try:
            return self._native.sign(method, path, time, body)
        finally:
            del body

    def verify(self, method: str, path: str, time: str, body: bytes | str, signature: str) -> None:
        """Check an answer that this library did not receive itself: that Antom signed it for this client id.

        :param time: The text of the ``response-time`` header.
        :param signature: The text of the ``signature`` header.
        :raises antom.UntrustedResponseError: It did not.
        """
        try:
            self._native.verify(method, path, time, body, signature)
        finally:
            del body, signature

    def diagnose(
        self,
        *,
        sender: Literal["antom", "merchant"],
        method: str,
        path: str,
        client_id: str,
        time: str,
        body: bytes | str,
        signature: str,
    ) -> Diagnosis:
        """Find out why the signature of a message does not verify, with the keys of this client.

        :param sender: Who should have signed it: ``antom`` an answer or a notification, ``merchant`` a request.
        :param path: The path, with its query.
        :param client_id: The text of the ``client-id`` header.
        :param time: The text of the ``request-time`` or ``response-time`` header.
        :param body: The body, byte for byte; a ``str`` stands for its UTF-8.
        :param signature: The text of the ``signature`` header.
        :raises antom.ConfigError: The sender's public key is not known: see ``signer_public_key``.
        """
        try:
            return self._native.diagnose(
                sender=sender,
                method=method,
                path=path,
                client_id=client_id,
                time=time,
                body=body,
                signature=signature,
            )
        finally:
            del body, signature

    def close(self) -> None:
        """Close every connection of this process, also those of clients with other options.

        A call that is running ends at once, with :class:`antom.OutcomeUnknownError` if its request was already on its
        way. Otherwise it ends, like every later call, with :class:`antom.ClosedError`.
        """
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        # When the program ends, modules are gone, and the system closes what is open.
        made = not is_finalizing() and hasattr(self, "_native")
        if made and self._original is None and not self._native.is_closed():
            warnings.warn(f"{self!r} was never closed", ResourceWarning, stacklevel=2, source=self)

    def __repr__(self) -> str:
        return self._shown

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an antom.Client cannot be pickled or copied: it holds a private key and open connections. "
            "Threads can share it; make a new one in another process"
        )


def _json(members: Mapping[str, Any]) -> str:
    """JSON as it is sent."""
    if not isinstance(members, Mapping):
        raise TypeError(f"json must be str, bytes or a mapping, not {type(members).__name__}")
    # Only here: creating a session does not need it.
    from json import dumps  # noqa: PLC0415

    problem: Exception
    try:
        return dumps(members, default=_mapping, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        problem = error.with_traceback(None)
    finally:
        del members
    # Raised here, so that no frame which holds the members is shown with it.
    raise problem


def _mapping(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a value in json is of type {type(value).__name__}, which JSON does not have")
