"""The pytest plugin: the fixture ``sandbox``. pytest finds it by itself where antom-cli is installed."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import pytest

from antom_cli.sandbox import Sandbox

_SEEN_FROM = pytest.StashKey[tuple[Sandbox, int]]()


@pytest.fixture(scope="session")
def antom_sandbox() -> Iterator[Sandbox]:
    """Run one sandbox for the whole run. Override it in conftest.py to start one with other options."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(antom_sandbox: Sandbox, request: pytest.FixtureRequest) -> Sandbox:
    """Give a running gateway that stands in for Antom, as new: ``sandbox.client`` calls it."""
    antom_sandbox.reset()
    request.node.stash[_SEEN_FROM] = antom_sandbox, len(antom_sandbox.log())
    return antom_sandbox


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Show with a test that failed what the sandbox saw meanwhile."""
    outcome = yield
    if call.when == "call" and _SEEN_FROM in item.stash:
        report: pytest.TestReport = outcome.get_result()
        if report.failed:
            # The one that our fixture gave: the test may have made something else of it.
            sandbox, begin = item.stash[_SEEN_FROM]
            report.sections.append(("antom sandbox", sandbox.log()[begin:] or "no call came"))
