"""The wheels that scripts/wheel built, the interpreters of this machine, and environments as a user makes them.

The tests themselves run in such an environment, so that they have the fixture `sandbox`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from interpreters import Interpreter, interpreters

WHEELS = Path(__file__).resolve().parents[2] / "target" / "dist"

pytest_plugins = ["pytester"]


def one(pattern: str) -> Path:
    [path] = WHEELS.glob(pattern)
    return path


@pytest.fixture(scope="session")
def antom_wheel() -> Path:
    return one("antom-*.whl")


@pytest.fixture(scope="session")
def command_wheel() -> Path:
    return one("antom_cli-*.whl")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    every = interpreters()
    if "supported" in metafunc.fixturenames:
        found = [python for python in every if python.version >= (3, 10)]
        metafunc.parametrize("supported", found, ids=str, scope="session")
    if "too_old" in metafunc.fixturenames:
        found = [python for python in every if (3, 8) <= python.version < (3, 10)]
        metafunc.parametrize("too_old", found, ids=str)


@pytest.fixture(scope="session")
def installed(
    supported: Interpreter, antom_wheel: Path, command_wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The interpreter of an environment in which a user has installed both wheels."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([supported.path, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", "--no-index", str(antom_wheel), str(command_wheel)], check=True)
    return python
