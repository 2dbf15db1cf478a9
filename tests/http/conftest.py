"""One world for all tests of this folder: they must not change it."""

import secrets
from collections.abc import AsyncIterator

import pytest

from shared.database.databases import Databases
from shared.database.provision import clone, drop
from tests.http.world import World, peopled


@pytest.fixture(scope="package")
async def world(template: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    databases = await clone(template, f"t{secrets.token_hex(5)}")
    async with peopled(databases, tmp_path_factory.mktemp("secrets")) as made:
        yield made
    await drop(databases)
