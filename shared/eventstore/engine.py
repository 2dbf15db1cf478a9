"""SQLAlchemy's way to a database of the platform: for read models and other tables, never for the log itself."""

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CONNECTIONS = 5


def open_engine(dsn: str, connections: int = CONNECTIONS) -> AsyncEngine:
    """Return an engine for `dsn`: so many connections at most, broken ones are replaced, errors never show values."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(dsn),
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
    )
