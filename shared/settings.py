"""Every setting of the platform, read from `RONGCUO_*` variables; the only place that reads the environment."""

import difflib
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "RONGCUO_"
_FOR_TESTS = "RONGCUO_TEST_"

Prefix = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
TopicPrefix = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._-]{0,99}$")]
Bootstrap = Annotated[str, StringConstraints(pattern=r"^[^\s:,]+:\d{1,5}(,[^\s:,]+:\d{1,5})*$")]
Secret = Annotated[SecretStr, Field(min_length=64)]
Port = Annotated[int, Field(ge=1, le=65535)]


def default_data() -> Path:
    """Return the data directory that is used when none is given."""
    if os.geteuid() == 0:
        return Path("/var/lib/rongcuo")
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"  # noqa: TID251 - this is shared.settings
    return Path(home) / "rongcuo"


class Settings(BaseSettings):
    """What an installation may choose. A DSN or a Kafka address given here wins over the embedded servers."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True, hide_input_in_errors=True)

    data: Path = Field(
        default_factory=default_data,
        description="Data directory of the embedded shape: databases, topics, logs and secrets.",
        json_schema_extra={"default": "~/.local/share/rongcuo, for root /var/lib/rongcuo"},
    )
    dsn: SecretStr | None = Field(
        default=None,
        description="PostgreSQL (≥ 15) to use instead of the embedded one: `postgresql://…` of a superuser or of a "
        "role with CREATEDB and CREATEROLE.",
    )
    intake_dsn: SecretStr | None = Field(default=None, description="DSN of the intake service's own role and database.")
    adjudication_dsn: SecretStr | None = Field(default=None, description="The same for the adjudication service.")
    archive_dsn: SecretStr | None = Field(default=None, description="The same for the archive service.")
    notification_dsn: SecretStr | None = Field(default=None, description="The same for the notification service.")
    keyring_dsn: SecretStr | None = Field(default=None, description="The same for the keyring.")
    kafka: Bootstrap | None = Field(
        default=None, description="Kafka to use instead of the embedded bus: `host:port`, several with commas."
    )
    database_prefix: Prefix = Field(default="rongcuo", description="What the names of the databases begin with.")
    role_prefix: Prefix = Field(default="rongcuo", description="What the names of the database roles begin with.")
    topic_prefix: TopicPrefix = Field(default="rongcuo", description="What the names of the Kafka topics begin with.")
    role_secret: Secret | None = Field(
        default=None,
        description="Secret from which the passwords of the database roles follow, at least 64 characters; default: "
        "made in the data directory.",
    )
    token_secret: Secret | None = Field(
        default=None,
        description="Secret of cursors and read-after tokens, at least 64 characters, the same in every process; "
        "default: made in the data directory.",
    )
    postgres_port: Port | None = Field(
        default=None, description="Port wished for the embedded PostgreSQL; another one is used if it is taken."
    )
    postgres_bin: Path | None = Field(
        default=None, description="Programs of an installed PostgreSQL (≥ 15) to run as the embedded one."
    )
    kafka_port: Port | None = Field(
        default=None, description="Port wished for the embedded Kafka; another one is used if it is taken."
    )
    host: str = Field(default="127.0.0.1", description="Address on which the services listen.")
    port: Port = Field(default=8080, description="Port on which the services listen.")
    sandbox: bool = Field(
        default=False, description="Sandbox: development tokens are trusted on given servers, too. Never in production."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged.")
    append_queue: int = Field(
        default=4096, ge=1, description="Appends that may wait for one log before callers get 503."
    )
    append_queue_bytes: int = Field(
        default=64 * 1024 * 1024, ge=1024 * 1024, description="Bytes that may wait for one log before callers get 503."
    )

    def given_dsn(self, database: str) -> str | None:
        """Return the DSN that was given for one database ("intake", …, "keyring") itself, if any."""
        given: SecretStr | None = getattr(self, f"{database}_dsn")
        return given.get_secret_value() if given else None


def load_settings() -> Settings:
    """Read the environment; names every `RONGCUO_*` variable that means nothing in a warning."""
    for name, meant in unknown_variables(os.environ).items():  # noqa: TID251 - this is shared.settings
        hint = f"; did you mean {meant}?" if meant else ""
        logging.getLogger("rongcuo.settings").warning("%s is not a setting and is ignored%s", name, hint)
    return Settings()


def unknown_variables(environment: Mapping[str, str]) -> dict[str, str | None]:
    """Return each variable that begins like a setting and is none, with the setting that it resembles."""
    known = [variable(field) for field in Settings.model_fields]
    ours = {name.upper() for name in environment if name.upper().startswith(PREFIX)}
    strangers = sorted(name for name in ours - set(known) if not name.startswith(_FOR_TESTS))
    return {name: next(iter(difflib.get_close_matches(name, known, n=1)), None) for name in strangers}


def variable(field: str) -> str:
    """Return the environment variable of a field."""
    return f"{PREFIX}{field.upper()}"


def settings_table() -> str:
    """Return all settings as the rows of a Markdown table, as docs/settings.md holds them."""
    return "\n".join(
        f"| `{variable(name)}` | {_shown_default(field.default, field.json_schema_extra)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    )


def _shown_default(default: Any, extra: Any) -> str:
    if isinstance(extra, dict):
        return str(extra["default"])
    return "–" if default is None else f"`{str(default).lower() if isinstance(default, bool) else default}`"
