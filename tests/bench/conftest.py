"""A private PostgreSQL, as the measurements have one."""

from collections.abc import Iterator

import pytest

from bench.servers import place, postgres
from bench.store.port import Servers


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """One server for all measurements of a test run."""
    with place() as directory, postgres(directory) as server:
        yield Servers(server, directory)
