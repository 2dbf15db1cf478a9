"""The table that takes in all four logs, and their one common order: the ground of the ledger."""

from importlib.resources import files

from shared.database.migration_env import attribute, forward_only, run_script

revision = "0002"
down_revision = "0001"
compatible = True


def upgrade() -> None:
    """Make `app.collected` and `app.sequence`, to which the service's role may only add."""
    sql = (files("services.archive.migrations") / "sequence.sql").read_text()
    run_script(sql.replace(':"app_role"', f'"{attribute("app_role")}"'))


downgrade = forward_only
