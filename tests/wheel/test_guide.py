"""The Python in the guide and on the page of antom-cli runs as it stands there, against the sandbox."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import antom_cli

ROOT = Path(__file__).resolve().parents[2]
GUIDE = "docs/python.md"
BLOCK = re.compile(r"(?P<mark><!-- pytest -->\n)?^```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


class Kms:
    """Stands in for boto3.client("kms"): a key that only somebody else has."""

    def __init__(self, key: Path) -> None:
        self._key = key
        self.signed = 0

    def sign(self, **asked: Any) -> dict[str, bytes]:
        assert (asked["MessageType"], asked["SigningAlgorithm"]) == ("DIGEST", "RSASSA_PKCS1_V1_5_SHA_256")
        self.signed += 1
        options = ["-inkey", str(self._key), "-pkeyopt", "digest:sha256"]
        signing = subprocess.run(
            ["openssl", "pkeyutl", "-sign", *options], input=asked["Message"], capture_output=True, check=True
        )
        return {"Signature": signing.stdout}


def blocks(page: str) -> Iterator[tuple[int, str, bool]]:
    """The line at which each program on the page begins, the program, and whether it is for pytest."""
    text = (ROOT / page).read_text("utf-8")
    for found in BLOCK.finditer(text):
        yield text[: found.start("code")].count("\n"), found["code"], found["mark"] is not None


@pytest.fixture
def world(sandbox: antom_cli.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the programs take for granted."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "merchant_private.pem").write_bytes(sandbox.private_key_path.read_bytes())
    (tmp_path / "antom_public.pem").write_bytes(sandbox.antom_public_key_path.read_bytes())
    sandbox.answer("/v1/payments/inquiryPayment", {}, times=1)
    return {
        "kms": Kms(sandbox.private_key_path),
        "durations": [],
        "save_card": lambda *_: None,
        "say_why": lambda *_: None,
    }


def test_the_programs_of_the_guide_run(sandbox: antom_cli.Sandbox, world: dict[str, Any]) -> None:
    for line, code, is_for_pytest in blocks(GUIDE):
        if is_for_pytest:
            continue
        world["client"] = sandbox.client
        exec(compile("\n" * line + code, ROOT / GUIDE, "exec", dont_inherit=True), world)
        client = world["client"]
        if client is not sandbox.client:
            client.close()
    assert len(world["durations"]) == 1, "the observer was told of one attempt"


@pytest.mark.parametrize("page", [GUIDE, "cli/README.md"])
def test_the_tests_on_the_page_pass(page: str, pytester: pytest.Pytester) -> None:
    tests = [code for _, code, is_for_pytest in blocks(page) if is_for_pytest or page == "cli/README.md"]
    fixtures = [code for code in tests if "pytest.fixture" in code]
    for number, code in enumerate(tests):
        if code not in fixtures:
            pytester.makepyfile(**{f"test_{number}": code})
    ran = pytester.run(sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider")
    ran.assert_outcomes(passed=2)
    for code in fixtures:
        pytester.makeconftest(code)
        pytester.makepyfile(test_fixture="def test_it_starts(sandbox): assert sandbox.vaultings() == []")
        pytester.run(sys.executable, "-m", "pytest", "test_fixture.py").assert_outcomes(passed=1)
