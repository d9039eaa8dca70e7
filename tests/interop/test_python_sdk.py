"""Antom's own Python SDK, unchanged, against the sandbox over TLS."""

from __future__ import annotations

import http.client
import json
import uuid
from typing import Any

import pytest
from com.alipay.ams.api.default_alipay_client import DefaultAlipayClient
from com.alipay.ams.api.exception.exception import AlipayApiException
from com.alipay.ams.api.model.result_status_type import ResultStatusType
from com.alipay.ams.api.request.vaulting.alipay_vaulting_query_request import AlipayVaultingQueryRequest
from com.alipay.ams.api.request.vaulting.alipay_vaulting_session_request import AlipayVaultingSessionRequest
from com.alipay.ams.api.response.vaulting.alipay_vaulting_query_response import AlipayVaultingQueryResponse
from com.alipay.ams.api.response.vaulting.alipay_vaulting_session_response import AlipayVaultingSessionResponse
from com.alipay.ams.api.tools.date_tools import get_cur_iso8601_time
from com.alipay.ams.api.tools.signature_tool import sign, verify
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from support import Sandbox, bare_base64


def client(sandbox: Sandbox, private_key: str | None = None, host: str = "localhost") -> Any:
    return DefaultAlipayClient(
        f"https://{host}",
        sandbox.client_id,
        private_key or bare_base64(sandbox.private_key_path),
        bare_base64(sandbox.antom_public_key_path),
    )


def session_request(request_id: str) -> Any:
    request = AlipayVaultingSessionRequest()
    request.payment_method_type = "CARD"
    request.vaulting_request_id = request_id
    request.vaulting_notification_url = "https://shop.example/notify?x=é"
    request.redirect_url = "https://shop.example/return"
    request.merchant_region = "SG"
    return request


def create(sandbox: Sandbox, request_id: str, host: str = "localhost") -> Any:
    answer = client(sandbox, host=host).execute(session_request(request_id))
    return AlipayVaultingSessionResponse(answer)


def inquire(sandbox: Sandbox, request_id: str) -> Any:
    request = AlipayVaultingQueryRequest()
    request.vaulting_request_id = request_id
    return client(sandbox).execute(request)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_session_is_created_and_its_answer_verified(trusted: Sandbox, host: str) -> None:
    response = create(trusted, str(uuid.uuid4()), host)
    assert response.result.result_status == ResultStatusType.S
    assert response.result.result_code == "SUCCESS"
    assert "&&SG&&" in response.vaulting_session_data
    assert len(response.vaulting_session_id) == 64


def test_the_outcome_is_inquired(trusted: Sandbox) -> None:
    request_id = str(uuid.uuid4())
    create(trusted, request_id)
    waiting = AlipayVaultingQueryResponse(inquire(trusted, request_id))
    assert waiting.vaulting_status == "PROCESSING"
    assert waiting.normal_url.startswith("http")

    done = trusted.control("POST", f"sessions/{request_id}/complete", {"card": "4054695723100768"})
    assert done["session"]["status"] == "SUCCESS"
    answer = inquire(trusted, request_id)
    assert AlipayVaultingQueryResponse(answer).vaulting_status == "SUCCESS"
    # The SDK's own object loses the card: it is read from the text that the SDK has verified.
    assert json.loads(answer)["paymentMethodDetail"]["card"]["lastFour"] == "0768"


def test_an_unknown_vaulting_does_not_exist(trusted: Sandbox) -> None:
    response = AlipayVaultingQueryResponse(inquire(trusted, str(uuid.uuid4())))
    assert response.result.result_status == ResultStatusType.F
    assert response.result.result_code == "VAULTING_NOT_EXIST"


def test_a_broken_field_is_param_illegal(trusted: Sandbox) -> None:
    response = create(trusted, "x" * 65)
    assert response.result.result_status == ResultStatusType.F
    assert response.result.result_code == "PARAM_ILLEGAL"
    assert "vaultingRequestId" in response.result.result_message


def test_another_key_is_refused(trusted: Sandbox) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    # The answer is not signed, as Antom's is not; all that this SDK says about it is that.
    with pytest.raises(AlipayApiException, match="signature not exist"):
        client(trusted, key.decode()).execute(session_request(str(uuid.uuid4())))


def test_the_certificate_is_really_checked(sandbox: Sandbox) -> None:
    with pytest.raises(AlipayApiException, match=r"(?i)certificate"):
        create(sandbox, str(uuid.uuid4()))


def test_the_tools_of_the_sdk_sign_and_verify_what_the_sandbox_does(sandbox_on_any_port: Sandbox) -> None:
    sandbox = sandbox_on_any_port
    path = "/ams/sandbox/api/v1/vaults/createVaultingSession"
    body = session_request(str(uuid.uuid4())).to_ams_json()
    now = get_cur_iso8601_time()
    signature = sign("POST", path, sandbox.client_id, now, body, bare_base64(sandbox.private_key_path))
    headers = {
        "Content-type": "application/json; charset=UTF-8",
        "client-id": sandbox.client_id,
        "Request-Time": now,
        "Signature": f"algorithm=RSA256,keyVersion=1,signature={signature}",
    }
    connection = http.client.HTTPConnection(sandbox.http.removeprefix("http://"), timeout=20)
    connection.request("POST", path, body.encode(), headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert json.loads(text)["result"]["resultStatus"] == "S", text
    signature = answer.headers["signature"].split("signature=")[1]
    key = bare_base64(sandbox.antom_public_key_path)
    time = answer.headers["response-time"]
    assert verify("POST", path, sandbox.client_id, time, text, signature, key)
