"""The pytest plugin: the fixture ``sandbox``. pytest finds it by itself where antom-cli is installed."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import pytest

from antom_cli.sandbox import Sandbox

_LOG_BEGIN = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def antom_sandbox() -> Iterator[Sandbox]:
    """Run one sandbox for the whole run. Override it in conftest.py to start one with other options."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(antom_sandbox: Sandbox, request: pytest.FixtureRequest) -> Sandbox:
    """Give a running gateway that stands in for Antom, as new: ``sandbox.client`` calls it."""
    antom_sandbox.reset()
    request.node.stash[_LOG_BEGIN] = len(antom_sandbox.log())
    return antom_sandbox


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Show with a test that failed what the sandbox saw meanwhile."""
    outcome = yield
    begin = item.stash.get(_LOG_BEGIN, None)
    if begin is not None and call.when == "call" and isinstance(item, pytest.Function):
        report: pytest.TestReport = outcome.get_result()
        if report.failed:
            sandbox: Any = item.funcargs["sandbox"]
            log = sandbox.log()[begin:]
            report.sections.append(("antom sandbox", log or "no call came"))
