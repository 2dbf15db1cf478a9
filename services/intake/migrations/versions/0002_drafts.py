"""Drafts: private, mutable, deletable rows; a draft is not an event."""

from shared.database.migration_env import forward_only, run_script

revision = "0002"
down_revision = "0001"
compatible = True


def upgrade() -> None:
    """Make `app.drafts`; free text in `content` is sealed before it comes here."""
    run_script("""
        CREATE TABLE app.drafts (
            id uuid PRIMARY KEY,
            owner text NOT NULL,
            matter uuid NOT NULL,
            version bigint NOT NULL CHECK (version > 0),
            content jsonb NOT NULL,
            updated_at timestamptz NOT NULL
        );
        CREATE INDEX drafts_by_owner ON app.drafts (owner, id);
    """)


downgrade = forward_only
