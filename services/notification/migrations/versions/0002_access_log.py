"""The access log: who was shown what (docs/access-records.md)."""

from shared.accesslog.migration import create_access_log
from shared.database.migration_env import forward_only

revision = "0002"
down_revision = "0001"
compatible = True


def upgrade() -> None:
    """Make the schema `access`."""
    create_access_log()


downgrade = forward_only
