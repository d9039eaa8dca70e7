"""The client: a Python face on the native one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn

from antom import _native
from antom.types import Headers, KeySource, Product, Region, VaultingNotification, VaultingSession

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Client"]


class Client:
    """Calls Antom's API.

    One client serves any number of threads and keeps its connections open, so make one and keep it. Other Python
    threads run while it waits. After ``os.fork()`` the child opens connections of its own.

    :param client_id: The client id that Antom gave. One that begins with ``SANDBOX_`` selects Antom's test mode.
    :param private_key: The merchant's private key, which signs requests: PEM or bare base64 as ``str``, the content
        of a key file as ``bytes``, or a ``pathlib.Path``. PKCS#1, PKCS#8 and encrypted PKCS#8, 2048 bits or more.
    :param antom_public_key: Antom's public key, which answers are verified with, in the same forms. It stands beside
        the place in Antom's Dashboard where the merchant's own public key is uploaded.
    :param endpoint: The gateway: scheme, host and port. ``http`` only for this machine.
    :param region: Instead of the endpoint, the name of one of Antom's.
    :param private_key_passphrase: The passphrase of an encrypted private key.
    :param product: The vaulting product that the contract is for.
    :param key_version: ``keyVersion`` of the private key.
    :param agent_token: The ``agent-token`` header of agents and ISVs.
    :param connect_timeout: How long opening a connection may take: seconds, or a ``timedelta``. At most an hour.
    :param timeout: How long a call may take in all: seconds, or a ``timedelta``. At most an hour.
    :param max_retries: How often a failed call is tried again, where that is safe and the timeout leaves time.
    :param ca_certificate: A certificate authority to trust in addition to the platform's: PEM as ``str`` or
        ``bytes``, or a ``pathlib.Path``.
    :param proxy: An HTTP proxy, such as ``http://user:password@proxy.example:3128``. The environment's proxy
        variables are not read.
    :raises antom.ConfigError: A setting cannot be used; the message names it and says what to do.
    """

    __slots__ = ("__weakref__", "_native", "_shown")

    def __init__(
        self,
        *,
        client_id: str,
        private_key: KeySource,
        antom_public_key: KeySource,
        endpoint: str | None = None,
        region: Region | None = None,
        private_key_passphrase: str | None = None,
        product: Product = "apo",
        key_version: str = "1",
        agent_token: str | None = None,
        connect_timeout: float | timedelta = 5.0,
        timeout: float | timedelta = 30.0,
        max_retries: int = 2,
        ca_certificate: KeySource | None = None,
        proxy: str | None = None,
    ) -> None:
        self._shown = "<antom.Client that was not made>"
        try:
            self._native = _native.Client(
                client_id=client_id,
                private_key=private_key,
                antom_public_key=antom_public_key,
                endpoint=endpoint,
                region=region,
                private_key_passphrase=private_key_passphrase,
                product=product,
                key_version=key_version,
                agent_token=agent_token,
                connect_timeout=connect_timeout,
                timeout=timeout,
                max_retries=max_retries,
                ca_certificate=ca_certificate,
                proxy=proxy,
            )
            self._shown = f"<antom.Client {client_id!r} at {endpoint or region!r}>"
        finally:
            # Tools that show the local variables of a traceback find no secret in this frame.
            del private_key, private_key_passphrase, agent_token, proxy, endpoint

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

    def sign(self, method: str, path: str, time: str, body: bytes | str) -> str:
        """Return the ``signature`` header for a request that this library does not send itself.

        :param path: Is signed as given: for a test client id it already begins with ``/ams/sandbox/api``.
        :param time: The text of the ``request-time`` header.
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

    def close(self) -> None:
        """Close every connection of this process.

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

    def __repr__(self) -> str:
        return self._shown

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an antom.Client cannot be pickled or copied: it holds a private key and open connections. "
            "Threads can share it; make a new one in another process"
        )
