"""Alembic's entry; everything is in shared.database.migration_env."""

from shared.database.migration_env import run_migrations

run_migrations()
