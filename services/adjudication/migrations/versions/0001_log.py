"""The event log, messaging's tables beside it, and the schema of the service's own mutable tables."""

from alembic import op

from shared.database.migration_env import attribute, create_app_schema, forward_only
from shared.eventstore.migration import create_log
from shared.messaging.migration import create_messaging

revision = "0001"
down_revision = None
compatible = False


def upgrade() -> None:
    """Make the schemas `log` and `app`."""
    create_log(op, log=attribute("log"), app_role=attribute("app_role"), bus_role=attribute("bus_role"))
    create_messaging(op, app_role=attribute("app_role"))
    create_app_schema()


downgrade = forward_only
