"""Servers and databases for every test; each test that wants databases gets fresh copies of the migrated templates."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from shared.database.databases import Databases
from shared.database.provision import clone, drop
from tests.support.servers import Server, kafka_broker, make_template, postgres_server, remove

collect_ignore = ["oidc"]
"""What runs only when it is named: `make test-oidc`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that runs the SQL suites on another PostgreSQL."""
    parser.addoption("--postgres-bin", metavar="DIR", type=Path, help="programs of another PostgreSQL (≥ 15)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the broker's tests out on another PostgreSQL: they have run on the first one."""
    if config.getoption("--postgres-bin"):
        items[:] = [item for item in items if "kafka" not in getattr(item, "fixturenames", ())]


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The PostgreSQL of this session."""
    with postgres_server(request.config.getoption("--postgres-bin")) as running:
        _say(request.config, f"PostgreSQL {running.version}")
        yield running


@pytest.fixture(scope="session")
async def template(server: Server) -> AsyncIterator[Databases]:
    """The migrated databases that `databases` copies; nobody connects to them."""
    made = await make_template(server)
    yield made
    await remove(made)


@pytest.fixture
async def databases(template: Databases) -> AsyncIterator[Databases]:
    """Five databases of this test alone."""
    copy = await clone(template, f"t{secrets.token_hex(5)}")
    yield copy
    await drop(copy)


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the Kafka of this session; tests keep apart by topic prefix."""
    with kafka_broker() as running:
        _say(request.config, running.version)
        yield running.bootstrap


def _say(config: pytest.Config, line: str) -> None:
    """Write a line to the terminal in the midst of the tests."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if reporter and capture:
        with capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(line)
