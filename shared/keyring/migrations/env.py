"""Alembic's entry point for the keyring database."""

from shared.database.migration_env import run_migrations

run_migrations()
