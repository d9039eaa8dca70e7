"""The installed package as tools see it: its version, and its types in strict mode."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import antom.aio
import antom.client
import antom.errors
import antom.notifications
import antom.replay
import antom.types

HERE = Path(__file__).parent


def run(*command: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_version_is_that_of_the_core() -> None:
    assert metadata.version("antom") == antom.__version__


def test_the_package_says_that_it_has_types() -> None:
    assert (Path(antom.__file__).parent / "py.typed").exists()


def test_a_strict_type_checker_understands_the_package(tmp_path: Path) -> None:
    assert run("mypy", "--strict", str(HERE / "typing_contract.py"), folder=tmp_path) == ""


def test_the_stub_of_the_native_module_is_true(tmp_path: Path) -> None:
    assert run("mypy.stubtest", "antom._native", folder=tmp_path) == ""


def test_everything_public_has_a_docstring() -> None:
    nothing = []
    for module in (antom, antom.aio, antom.client, antom.errors, antom.notifications, antom.replay, antom.types):
        for name in module.__all__:
            value = getattr(module, name)
            if not isinstance(value, type):
                continue
            members = [(f"{name}.{each}", member) for each, member in vars(value).items() if not each.startswith("_")]
            for where, what in [(name, value), *members]:
                if callable(what) and not what.__doc__:
                    nothing.append(where)
    assert nothing == []


def test_a_module_that_does_not_exist_is_told_as_python_does() -> None:
    with pytest.raises(AttributeError, match="module 'antom' has no attribute 'nonsense'"):
        antom.nonsense  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("name", ["aio", "notifications", "replay"])
def test_a_module_is_imported_when_it_is_first_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(antom, name)
    assert getattr(antom, name) is sys.modules[f"antom.{name}"]


def test_importing_antom_does_not_import_asyncio() -> None:
    program = "import sys, antom; print('asyncio' in sys.modules, antom.notifications.LARGEST_BODY)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"False 65536\n"
