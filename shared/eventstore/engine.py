"""SQLAlchemy's way to a database of the platform: for read models and other tables, never for the log itself."""

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def open_engine(dsn: str, connections: int = 8) -> AsyncEngine:
    """Return an engine for `dsn`, in which broken connections are replaced and errors never show values."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(dsn),
        pool_size=connections,
        pool_pre_ping=True,
        hide_parameters=True,
    )
