"""Finds every CPython on this machine: those in PATH, in /usr/bin and of pyenv."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ASK = (
    "import sys, sysconfig;"
    "print(sys.implementation.name, sys.version_info[0], sys.version_info[1],"
    "sysconfig.get_config_var('Py_GIL_DISABLED') or 0)"
)


@dataclass(frozen=True, order=True)
class Interpreter:
    version: tuple[int, int]
    path: Path

    def __str__(self) -> str:
        return "python" + ".".join(map(str, self.version))


def candidates() -> Iterator[Path]:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob("versions/3.*/bin/python3"))
    yield Path("/usr/bin/python3")
    for minor in range(8, 20):
        found = shutil.which(f"python3.{minor}")
        if found:
            yield Path(found)


@functools.cache
def interpreters() -> list[Interpreter]:
    """One of each version, without those that need a wheel of their own because they have no GIL."""
    found: dict[tuple[int, int], Interpreter] = {}
    for path in candidates():
        if not path.is_file():
            continue
        said = subprocess.run([path, "-c", ASK], capture_output=True, text=True, check=False).stdout.split()
        # A shim of pyenv says nothing for a version that is not selected.
        if said[:1] == ["cpython"] and said[3:] == ["0"]:
            version = (int(said[1]), int(said[2]))
            found.setdefault(version, Interpreter(version, path))
    return sorted(found.values())
