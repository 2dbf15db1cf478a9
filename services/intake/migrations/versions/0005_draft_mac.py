"""Drafts bear a MAC, by which a row that somebody else wrote into the table is known."""

from shared.database.migration_env import forward_only, run_script

revision = "0005"
down_revision = "0004"
compatible = False


def upgrade() -> None:
    """Add `mac`. Drafts without one go: nobody could tell them from forged ones, and nothing would show them."""
    run_script("""
        DELETE FROM app.drafts;
        ALTER TABLE app.drafts ADD COLUMN mac bytea NOT NULL;
    """)


downgrade = forward_only
