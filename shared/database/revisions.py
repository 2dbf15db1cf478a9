"""Which tables a build may run on: those of its own, and newer ones to which nothing but compatible migrations led.

Every migration says whether builds before it may still run (`compatible`). `rongcuo migrate` writes the newest one
that is not into the table `public.oldest_build`: a build that does not know this revision may not run.
"""

from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from shared.database.databases import KEYRING

_ROOT = Path(__file__).parents[2]
VERSION_QUERY = "SELECT version_num FROM public.alembic_version"
OLDEST_QUERY = "SELECT revision FROM public.oldest_build"


class NewerTables(RuntimeError):
    """The tables are of a newer build, and this one may not run on them."""


@dataclass(frozen=True)
class Build:
    """The migrations of one database that this build knows.

    `head` is the newest, `oldest_build` the newest one after which builds before it may not run any more.
    """

    database: str
    head: str
    known: frozenset[str]
    oldest_build: str

    def explain_newer(self, found: str, oldest_build: str | None) -> str:
        """Return one line for the log about the tables of a newer build; raises NewerTables if we may not run there."""
        if oldest_build not in self.known:
            raise NewerTables(
                f"database {self.database} is at {found}, this build knows up to {self.head}: "
                "a newer `rongcuo migrate` has run, start the build that it came with"
            )
        return (
            f"database {self.database} is at {found}, newer than {self.head} of this build, which may still run there"
        )


def build_of(database: str) -> Build:
    """Return what this build knows of the migrations of `database`."""
    newest_first = list(ScriptDirectory.from_config(scripts_of(database)).walk_revisions())
    breaking = [script.revision for script in newest_first if not script.module.compatible]
    return Build(database, newest_first[0].revision, frozenset(script.revision for script in newest_first), breaking[0])


def scripts_of(database: str) -> Config:
    """Return where Alembic finds the migrations of one database."""
    place = f"shared/{KEYRING}" if database == KEYRING else f"services/{database}"
    config = Config()
    config.set_main_option("script_location", str(_ROOT / place / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
