"""Whose access is withdrawn: beside the keys, because every service asks this database as it is."""

from shared.database.migration_env import attribute, forward_only, run_script

revision = "0003"
down_revision = "0002"
compatible = True
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; the keyring's role adds rows and ends them, and can neither delete nor rename one."""
    role = attribute("app_role")
    run_script(f"""
        CREATE SCHEMA access;
        CREATE TABLE access.withdrawn (
            withdrawal   uuid PRIMARY KEY,
            issuer       text NOT NULL,
            subject      text NOT NULL,
            withdrawn_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            ended_at     timestamptz
        );
        CREATE INDEX withdrawn_now ON access.withdrawn (issuer, subject) WHERE ended_at IS NULL;
        GRANT USAGE ON SCHEMA access TO "{role}";
        GRANT SELECT ON access.withdrawn TO "{role}";
        GRANT INSERT (withdrawal, issuer, subject, ended_at) ON access.withdrawn TO "{role}";
        GRANT UPDATE (ended_at) ON access.withdrawn TO "{role}";
    """)


def downgrade() -> None:
    """Refuse: without the table nobody's access would be withdrawn."""
    forward_only()
