"""What a type checker must make of the package. Checked by test_package.py and never run.

A line that must be refused carries `type: ignore` with the reason, and mypy reports one that is not needed.
"""

from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from typing_extensions import assert_type

import antom

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
