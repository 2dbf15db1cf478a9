"""The nonces of signed requests (docs/signed-requests.md)."""

from shared.authz.nonces import create_nonces
from shared.database.migration_env import forward_only

revision = "0004"
down_revision = "0003"
compatible = True


def upgrade() -> None:
    """Make `app.nonces`."""
    create_nonces()


downgrade = forward_only
