"""The ``antom`` command as a Python package: finds it, and runs its sandbox for tests.

The sandbox is a gateway on this machine that stands in for Antom. With pytest, ask for the fixture ``sandbox``; anywhere
else, use :class:`Sandbox` in a ``with`` statement.
"""

from antom_cli.command import CommandNotFoundError, find_command
from antom_cli.sandbox import Letter, Notification, Sandbox, SandboxError, Vaulting

__all__ = [
    "CommandNotFoundError",
    "Letter",
    "Notification",
    "Sandbox",
    "SandboxError",
    "Vaulting",
    "find_command",
]
