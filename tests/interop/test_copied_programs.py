"""The programs of the console's "Copy as", run as they are."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from support import Sandbox

ROOT = Path(__file__).resolve().parents[2]


def antom(sandbox: Sandbox, *arguments: str) -> None:
    """A call by the command, for the journal."""
    settings = {
        "ANTOM_ENDPOINT": sandbox.https,
        "ANTOM_CLIENT_ID": sandbox.client_id,
        "ANTOM_PRIVATE_KEY_PATH": sandbox.private_key_path,
        "ANTOM_PUBLIC_KEY_PATH": sandbox.antom_public_key_path,
        "ANTOM_CA_CERTIFICATE_PATH": sandbox.ca_certificate_path,
    }
    command = [os.environ["ANTOM_COMMAND"], *arguments]
    ended = subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr


def newest(sandbox: Sandbox) -> str:
    """The page of the newest call."""
    with urllib.request.urlopen(f"{sandbox.http}/?kind=call") as answer:
        found = re.search(r'href="(/calls/\d+)"', answer.read().decode())
    assert found, "the journal has no call"
    with urllib.request.urlopen(f"{sandbox.http}{found[1]}") as answer:
        return answer.read().decode()


def copied(page: str, language: str) -> str:
    found = re.search(rf'id="snippet-text-{language}"[^>]*>(.*?)</code>', page, re.DOTALL)
    assert found, f"no program in {language}"
    return html.unescape(re.sub(r"<[^>]*>", "", found[1]))


def run(program: str, language: str, folder: Path) -> str:
    """What the program prints. It finds what its first lines ask for."""
    source = folder / f"call.{language}"
    source.write_text(program, "utf-8")
    library = os.environ["ANTOM_LIBRARY_DIR"]
    if language == "python":
        command = [sys.executable, str(source)]
    elif language == "php":
        (folder / "vendor").mkdir()
        (folder / "vendor/autoload.php").write_text(f"<?php require '{ROOT}/php/autoload.php';")
        command = ["php", "-d", "ffi.enable=true", str(source)]
    else:
        command = [str(folder / "call")]
        flags = [f"-I{ROOT}/include", f"-L{library}", f"-Wl,-rpath,{library}", "-lantom"]
        strict = ["-std=c99", "-Wall", "-Wextra", "-Werror"]
        subprocess.run(["cc", *strict, str(source), "-o", *command, *flags], check=True, timeout=60)
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


CREATE = ["vault", "create", "--request-id", "it's one", "--redirect-url", "https://shop.example/?a=b&c='d'"]
CREATE_IN_AMS = [
    *("vault", "create", "--product", "ams", "--request-id", "two", "--merchant-region", "SG", "--3ds", "true"),
    *("--redirect-url", "https://shop.example/return", "--notification-url", "https://shop.example/notify"),
]
INQUIRE = ["vault", "inquire", "it's one"]
PAY = ["call", "/ams/api/v1/payments/pay", "--body", r"""{"o":{},"a":"it's ??/ \"\\ é"}"""]


@pytest.mark.parametrize("language", ["python", "php", "c"])
@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (CREATE, "request id: it's one\nsession id: "),
        (CREATE_IN_AMS, "request id: two\nsession id: "),
        (INQUIRE, "outcome: "),
        (PAY, "answered with success"),
    ],
    ids=["create", "create-in-ams", "inquire", "pay"],
)
def test_a_copied_program_makes_the_call_again(
    sandbox_on_any_port: Sandbox, tmp_path: Path, language: str, arguments: list[str], printed: str
) -> None:
    sandbox = sandbox_on_any_port
    antom(sandbox, *CREATE)
    antom(sandbox, *arguments)
    page = newest(sandbox)
    assert printed in run(copied(page, language), language, tmp_path)
    again = newest(sandbox)
    assert again != page
    assert copied(again, language) == copied(page, language)
