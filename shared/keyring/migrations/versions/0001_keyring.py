"""Begin the keyring: one wrapped data key per subject and matter."""

from shared.database.migration_env import attribute, forward_only, run_script

revision = "0001"
down_revision = None
compatible = False
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; the keyring's role reads it and adds rows, and can neither change nor delete one."""
    role = attribute("app_role")
    run_script(f"""
        CREATE SCHEMA keyring;
        CREATE TABLE keyring.data_keys (
            key_id       uuid PRIMARY KEY,
            subject      uuid NOT NULL,
            matter       uuid NOT NULL,
            suite        text NOT NULL CHECK (suite ~ '^[A-Z0-9-]{{3,16}}$'),
            wrapped      bytea CHECK (octet_length(wrapped) BETWEEN 32 AND 4096),
            kek_id       text NOT NULL CHECK (char_length(kek_id) BETWEEN 1 AND 256),
            created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
            destroyed_at timestamptz,
            UNIQUE (subject, matter),
            CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
        );
        GRANT USAGE ON SCHEMA keyring TO "{role}";
        GRANT SELECT ON keyring.data_keys TO "{role}";
        GRANT INSERT (key_id, subject, matter, suite, wrapped, kek_id) ON keyring.data_keys TO "{role}";
    """)


def downgrade() -> None:
    """Refuse: dropping the keyring would erase every sealed field of the installation."""
    forward_only()
