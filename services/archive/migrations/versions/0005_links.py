"""Indexes by which the archive finds what a subject and a matter are connected with."""

from importlib.resources import files

from shared.database.migration_env import attribute, forward_only, run_script

revision = "0005"
down_revision = "0004"
compatible = True


def upgrade() -> None:
    """Index what is collected, and the dossiers; on a full database this takes minutes, and collecting waits."""
    sql = (files("services.archive.migrations") / "links.sql").read_text()
    run_script(sql.replace(':"app_role"', f'"{attribute("app_role")}"'))


downgrade = forward_only
