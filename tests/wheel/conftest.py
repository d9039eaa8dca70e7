"""The wheels that scripts/wheel built, the interpreters of this machine, and environments as a user makes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from interpreters import Interpreter, interpreters

WHEELS = Path(__file__).resolve().parents[2] / "target" / "wheels"

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


def make_environment(folder: Path, python: Path, *wheels: Path) -> Path:
    """A virtual environment with these wheels and nothing else; returns its interpreter."""
    subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True)
    own = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(own), "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", "--no-index", *map(str, wheels)], check=True)
    return own


@pytest.fixture(scope="session")
def installed(
    supported: Interpreter, antom_wheel: Path, command_wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The interpreter of an environment in which a user has installed both wheels."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    return make_environment(folder, supported.path, antom_wheel, command_wheel)


@pytest.fixture(scope="session")
def with_pytest(antom_wheel: Path, command_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for our own interpreter, and with our pytest."""
    folder = tmp_path_factory.mktemp("with-pytest") / "venv"
    python = make_environment(folder, Path(sys.executable), antom_wheel, command_wheel)
    [packages] = folder.glob("lib/python3*/site-packages")
    (packages / "pytest.pth").write_text(str(Path(pytest.__file__).parent.parent))
    return python
