"""One world for all tests of this folder, which they must not change, and one for those that do."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.database.databases import Databases
from shared.database.provision import clone, drop
from tests.access.world import World, peopled


@pytest.fixture(scope="package")
async def world(template: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with _made(template, tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="module")
async def changing(template: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with _made(template, tmp_path_factory) as made:
        yield made


@asynccontextmanager
async def _made(template: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    databases = await clone(template, f"t{secrets.token_hex(5)}")
    async with peopled(databases, tmp_path_factory.mktemp("secrets")) as made:
        yield made
    await drop(databases)
