"""${message}."""

from shared.database.migration_env import forward_only, run_script

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
compatible = False  # True: builds before it may go on and start (it only adds what they need not know)


def upgrade() -> None:
    run_script("""
    """)


downgrade = forward_only
