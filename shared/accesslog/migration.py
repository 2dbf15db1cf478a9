"""The tables of an access log: a log of its own in the service's database, which no bus reads, and its indexes."""

from importlib.resources import files

from shared.database.migration_env import attribute, run_script
from shared.eventstore.migration import log_statements
from shared.eventstore.schema import in_schema

SCHEMA = "access"


def access_log(service: str) -> str:
    """Return the name of the access log of `service`: `intake_access`."""
    return f"{service}_access"


def access_statements(service: str, app_role: str) -> list[str]:
    """Return the SQL that makes the schema `access`, statement by statement."""
    lookup = in_schema((files("shared.accesslog") / "lookup.sql").read_text(), SCHEMA)
    return [
        *log_statements(access_log(service), app_role, None, SCHEMA),
        lookup.replace(':"app_role"', f'"{app_role}"'),
    ]


def create_access_log() -> None:
    """Create the access log of the service whose migration is running."""
    run_script(";\n".join(access_statements(attribute("log"), attribute("app_role"))))
