"""What a type checker must make of the package. Checked by test_package.py and never run.

A line that must be refused carries `type: ignore` with the reason, and mypy reports one that is not needed.
"""

from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from typing_extensions import assert_type

import antom
from antom.aio import AsyncClient

client = antom.Client(
    client_id="c",
    private_key=Path("private.pem"),
    antom_public_key=b"public",
    endpoint="https://gateway.example",
    connect_timeout=1,
    timeout=timedelta(seconds=1),
    product="ams",
    ca_certificate="pem",
)
antom.Client(client_id="c", private_key="k", antom_public_key="k", region="asia", timeout=0.5)
antom.Client("c", "k", "k")  # type: ignore[call-arg]
antom.Client(client_id="c", private_key="k")  # type: ignore[call-arg]
antom.Client(client_id="c", private_key=1, antom_public_key="k")  # type: ignore[arg-type]
antom.Client(client_id="c", private_key="k", antom_public_key="k", region="mars")  # type: ignore[arg-type]
antom.Client(client_id="c", private_key="k", antom_public_key="k", product="APO")  # type: ignore[arg-type]

with client as same:
    assert_type(same, antom.Client)
session = client.create_vaulting_session(payment_method_type="CARD", pass_through_metadata=MappingProxyType({"a": "b"}))
client.create_vaulting_session()  # type: ignore[call-arg]
client.create_vaulting_session(payment_method_type="CARD", is_3ds_authentication="true")  # type: ignore[arg-type]
client.create_vaulting_session(payment_method_type="CARD", pass_through_metadata={"a": 1})  # type: ignore[dict-item]
assert_type(session, antom.VaultingSession)
assert_type(session.request_id, str)
assert_type(session.data, str)
assert_type(session.expires_at, datetime)
assert_type(session.normal_url, str | None)
session.id = "x"  # type: ignore[misc]

vaulting = client.inquire_vaulting("id", merchant_account_id="7")
assert_type(vaulting, antom.Vaulting)
assert_type(vaulting.outcome, antom.Outcome)
assert_type(vaulting.card, antom.Card | None)
token: str | None = vaulting.card.token  # type: ignore[union-attr]
if vaulting.card is not None:
    assert_type(vaulting.card.funding, antom.Funding | None)
assert_type(vaulting.response_time, datetime | None)
assert_type(vaulting.clock_skew, timedelta | None)
assert_type(client.recover("id"), antom.Vaulting | None)
assert_type(client.call("/ams/api/x", {"a": 1}).json(), dict[str, Any])
assert_type(client.with_options(timeout=1, max_retries=0), antom.Client)
assert_type(antom.Client.from_env(timeout=1), antom.Client)
antom.Client.from_env(timeouts=1)  # type: ignore[call-arg]
notification = client.verify_notification(path="/", headers=[(b"signature", b"x")], body=b"")
client.verify_notification(path="/", headers={"signature": "x"}, body="")  # type: ignore[arg-type]
assert_type(notification, antom.VaultingNotification)
assert_type(antom.ReplayGuard().claim(notification), bool)
assert_type(antom.replay.RedisReplayGuard(object()).claim(notification), antom.replay.Claim | None)
assert_type(antom.ACKNOWLEDGEMENT.body, bytes)
diagnosis = client.diagnose(sender="antom", method="", path="", client_id="", time="", body=b"", signature="")
assert_type(diagnosis.cause, str | None)


def sign(content: bytes, sha256: bytes) -> bytes:
    return content + sha256


def observe(event: antom.Event) -> None:
    if isinstance(event, antom.AttemptEnded):
        assert_type(event.connect, timedelta | None)


antom.Client(client_id="c", private_key=sign, antom_public_key="k", region="asia", observer=observe)
antom.Client(client_id="c", private_key=len, antom_public_key="k", region="asia")  # type: ignore[arg-type]
antom.Client(client_id="c", private_key="k", antom_public_key="k", antom_public_keys={"2": b"k"})


async def asynchronously() -> None:
    async with AsyncClient(client_id="c", private_key=sign, antom_public_key="k", threads=2) as aio:
        assert_type(aio, AsyncClient)
        assert_type(await aio.create_vaulting_session(payment_method_type="CARD"), antom.VaultingSession)
        assert_type(await aio.recover("id"), antom.Vaulting | None)
        await aio.create_vaulting_session()  # type: ignore[call-arg]
    AsyncClient(client_id=1)  # type: ignore[arg-type]


assert_type(client.sign("POST", "/", "1", b""), str)
client.verify("POST", "/", "1", "", "signature")

try:
    client.close()
except antom.InvalidRequestError as error:
    assert_type(error.kind, antom.ErrorKind)
    assert_type(error.violations, tuple[antom.Violation, ...])
    assert_type(error.violations[0].field, str)
    assert_type(error.result_code, str | None)
    assert_type(error.retryable, bool)
except antom.NotSentError as error:
    not_sent: ConnectionError = error
