"""Finds the ``antom`` command that was installed with this package. Does not run it."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

__all__ = ["CommandNotFoundError", "find_command"]

NAME = "antom" + (sysconfig.get_config_var("EXE") or "")


class CommandNotFoundError(FileNotFoundError):
    """The ``antom`` command is in none of the folders where pip puts commands."""


def find_command() -> Path:
    """Return the path of the ``antom`` command.

    The folders where pip puts the commands of this interpreter come first, then those of ``PATH``.

    :raises antom_cli.CommandNotFoundError: It is in none of them; the message lists them.
    """
    folders = list(dict.fromkeys(_folders()))
    for folder in folders:
        command = folder / NAME
        if command.is_file() and os.access(command, os.X_OK):
            return command
    on_path = shutil.which(NAME)
    if on_path:
        return Path(on_path)
    looked = ", ".join(map(str, folders))
    raise CommandNotFoundError(
        f"there is no {NAME} command in {looked}, nor in PATH: install it with `pip install antom-cli`"
    )


def _folders() -> Iterator[Path]:
    yield Path(sysconfig.get_path("scripts"))
    yield Path(sys.executable).parent
    yield Path(sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")))
    # pip install --target puts commands beside the packages.
    yield Path(__file__).resolve().parent.parent / "bin"
