from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal, final

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

__all__ = ["ACKNOWLEDGEMENT", "ERROR_KINDS", "Client", "ReplayGuard", "__version__", "build_info"]

ACKNOWLEDGEMENT: Final[tuple[str, bytes]]
ERROR_KINDS: Final[tuple[tuple[str, int], ...]]
__version__: Final[str]

def build_info() -> dict[str, str]: ...

@final
class Client:
    def __new__(
        cls,
        *,
        client_id: str,
        private_key: KeySource | Signer | None,
        antom_public_key: KeySource | None,
        endpoint: str | None,
        region: Region | None,
        private_key_passphrase: str | None,
        signer_public_key: KeySource | None,
        antom_public_keys: Mapping[str, KeySource] | None,
        product: Product,
        key_version: str,
        agent_token: str | None,
        connect_timeout: float | timedelta,
        timeout: float | timedelta,
        max_retries: int,
        max_response_age: float | timedelta | None,
        ca_certificate: KeySource | None,
        proxy: str | None,
        observer: Observer | None,
    ) -> Client: ...
    def with_options(self, *, timeout: float | timedelta | None, max_retries: int | None) -> Client: ...
    def create_vaulting_session(
        self,
        *,
        payment_method_type: str,
        vaulting_request_id: str | None,
        vaulting_notification_url: str | None,
        redirect_url: str | None,
        pass_through_metadata: str | Mapping[str, str] | None,
        merchant_region: str | None,
        is_3ds_authentication: bool | None,
    ) -> VaultingSession: ...
    def inquire_vaulting(self, *, vaulting_request_id: str, merchant_account_id: str | None) -> Vaulting: ...
    def recover(self, *, vaulting_request_id: str) -> Vaulting | None: ...
    def vault_payment_method(self, json: str) -> Vaulting: ...
    def call(self, path: str, json: str | bytes, *, idempotent: bool) -> Answer: ...
    def verify_notification(
        self, *, method: str, path: str, headers: Headers, body: bytes, tolerance: float | timedelta | None
    ) -> VaultingNotification: ...
    def sign(self, method: str, path: str, time: str | datetime, body: bytes | str) -> str: ...
    def verify(self, method: str, path: str, time: str, body: bytes | str, signature: str) -> None: ...
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
    ) -> Diagnosis: ...
    def close(self) -> None: ...
    def is_closed(self) -> bool: ...

@final
class ReplayGuard:
    def __new__(cls, *, capacity: int | None = None, keep: float | timedelta | None = None) -> ReplayGuard: ...
    def claim(self, notification: VaultingNotification) -> bool: ...
    def release(self, notification: VaultingNotification) -> None: ...
