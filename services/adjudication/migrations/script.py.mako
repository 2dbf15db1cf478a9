"""${message}."""

from shared.database.migration_env import forward_only, run_script

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    run_script("""
    """)


downgrade = forward_only
