"""What the `migrations/env.py` and the versions of every service call; SQL is written by hand, never generated."""

from alembic import context, op
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection


class DowngradeRefused(RuntimeError):
    """A log is never taken apart: go back by restoring a backup, or forward by another migration."""


def run_migrations() -> None:
    """Run the migrations on the connection that `shared.database.migrate` opened, inside its transaction."""
    connection: Connection | None = context.config.attributes.get("connection")
    if connection is None:
        raise RuntimeError("migrations are run by shared.database.migrate, not by Alembic's command line")
    context.configure(connection=connection, version_table_schema="public")
    context.run_migrations()


def attribute(name: str) -> str:
    """Return what the running migration is for: "log", "app_role", "bus_role" or "owner_role"."""
    return str(context.config.attributes[name])


def run_script(sql: str) -> None:
    """Run SQL of any number of statements in the migration's transaction; a prepared statement takes only one."""
    connection = op.get_bind().connection.dbapi_connection
    if not isinstance(connection, AsyncAdapt_asyncpg_connection):
        raise TypeError("migrations run on asyncpg")
    connection.run_async(lambda driver: driver.execute(sql))


def create_app_schema() -> None:
    """Make the schema `app` of a service's mutable tables, in which the service's role may read and write rows."""
    role = attribute("app_role")
    run_script(f"""
        CREATE SCHEMA app;
        GRANT USAGE ON SCHEMA app TO "{role}";
        ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{role}";
        ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT USAGE ON SEQUENCES TO "{role}";
    """)


def forward_only() -> None:
    """Refuse a downgrade; the `downgrade` of every version calls this."""
    raise DowngradeRefused("migrations only go forward: restore a backup or write another migration")
