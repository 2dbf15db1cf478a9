"""${message}"""

from shared.database.migration_env import attribute, forward_only, run_script

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
compatible = False  # True: builds before it may go on and start (it only adds what they need not know)
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    run_script("")


def downgrade() -> None:
    """Refuse: migrations only go forward."""
    forward_only()
