"""Every setting of the platform, from `RONGCUO_*` variables or files; the only place that reads the environment."""

import difflib
import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, DirectoryPath, Field, FilePath, SecretStr, StringConstraints, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.kernel.purposes import PURPOSE, PURPOSES

PREFIX = "RONGCUO_"
_FOR_TESTS = "RONGCUO_TEST_"
_SECRETS = "RONGCUO_SECRETS"
_KEK = re.compile(r"[0-9a-fA-F]{64}")

Prefix = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
TopicPrefix = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._-]{0,99}$")]
Bootstrap = Annotated[str, StringConstraints(pattern=r"^[^\s:,]+:\d{1,5}(,[^\s:,]+:\d{1,5})*$")]
Pkcs11Uri = Annotated[str, StringConstraints(pattern=r"^pkcs11:.")]
Secret = Annotated[SecretStr, Field(min_length=64)]
Words = Annotated[SecretStr, Field(min_length=1)]
KafkaProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
KafkaMechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")]
Purposes = Annotated[str, StringConstraints(pattern=f"^{PURPOSE}(,{PURPOSE})*$")]
Port = Annotated[int, Field(ge=1, le=65535)]


class SettingsUnreadable(RuntimeError):
    """A file of the secrets directory cannot be read; the message names it."""


def _dsn(given: SecretStr) -> SecretStr:
    if not given.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return given


def _kek(given: SecretStr) -> SecretStr:
    if not _KEK.fullmatch(given.get_secret_value()):
        raise ValueError("must be 64 hexadecimal digits (32 bytes)")
    return given


def _keks(given: SecretStr) -> SecretStr:
    for each in given.get_secret_value().split(","):
        _kek(SecretStr(each))
    return given


Dsn = Annotated[SecretStr, AfterValidator(_dsn)]
Kek = Annotated[SecretStr, AfterValidator(_kek)]
Keks = Annotated[SecretStr, AfterValidator(_keks)]


def default_data() -> Path:
    """Return the data directory that is used when none is given."""
    if os.geteuid() == 0:
        return Path("/var/lib/rongcuo")
    given = os.environ.get("XDG_DATA_HOME")  # noqa: TID251 - this is shared.settings
    try:
        return Path(given or Path.home() / ".local" / "share") / "rongcuo"
    except RuntimeError:  # in a container a user may have no home
        return Path("/var/lib/rongcuo")


class Settings(BaseSettings):
    """What an installation may choose. A DSN or a Kafka address given here wins over the embedded servers.

    A variable wins over a file of the secrets directory. No error shows a value.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True, hide_input_in_errors=True)

    data: Path = Field(
        default_factory=default_data,
        description="Data directory of the embedded shape: databases, topics, logs and secrets.",
        json_schema_extra={"default": "~/.local/share/rongcuo, for root /var/lib/rongcuo"},
    )
    secrets: DirectoryPath | None = Field(
        default=None,
        description="Directory of files that hold one setting each, named like the variable in small or capital "
        "letters; for what the environment should not hold.",
    )
    dsn: Dsn | None = Field(
        default=None,
        description="PostgreSQL (≥ 15) to use instead of the embedded one: `postgresql://…` of a superuser or of a "
        "role with CREATEDB and CREATEROLE.",
    )
    intake_dsn: Dsn | None = Field(default=None, description="DSN of the intake service's own role and database.")
    adjudication_dsn: Dsn | None = Field(default=None, description="The same for the adjudication service.")
    archive_dsn: Dsn | None = Field(default=None, description="The same for the archive service.")
    notification_dsn: Dsn | None = Field(default=None, description="The same for the notification service.")
    keyring_dsn: Dsn | None = Field(default=None, description="The same for the keyring.")
    kafka: Bootstrap | None = Field(
        default=None, description="Kafka to use instead of the embedded bus: `host:port`, several with commas."
    )
    kafka_protocol: KafkaProtocol = Field(
        default="PLAINTEXT", description="How to talk to Kafka: `SASL_SSL`, `SSL`, `SASL_PLAINTEXT` or `PLAINTEXT`."
    )
    kafka_mechanism: KafkaMechanism = Field(
        default="SCRAM-SHA-512", description="SASL mechanism: `SCRAM-SHA-512`, `SCRAM-SHA-256` or `PLAIN`."
    )
    kafka_username: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="User of this process at Kafka, with SASL."
    )
    kafka_password: Words | None = Field(default=None, description="Its password.")
    kafka_ca_file: FilePath | None = Field(
        default=None, description="Who signs the brokers' certificates (PEM); default: whom the system trusts."
    )
    kafka_certificate_file: FilePath | None = Field(
        default=None, description="Certificate of this process (PEM), where brokers ask for one."
    )
    kafka_key_file: FilePath | None = Field(default=None, description="Its private key (PEM, without a passphrase).")
    kafka_replication: int = Field(
        default=1, ge=1, le=15, description="Replicas of a topic when `rongcuo topics` makes it; 3 for a cluster."
    )
    kafka_min_insync: int = Field(
        default=1, ge=1, le=15, description="Replicas that have to hold a record before it counts; 2 for a cluster."
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
        description="Secret of cursors, delta and read-after tokens, ETags, idempotency keys and drafts, at least 64 "
        "characters, the same in every process; default: made in the data directory.",
    )
    kek: Kek | None = Field(
        default=None,
        description="Key-encryption key, 64 hexadecimal digits, without which no sealed field can be read; default: "
        "made in the data directory.",
    )
    kek_older: Keks | None = Field(
        default=None, description="Key-encryption keys that only unwrap, with commas: older ones, or the next one."
    )
    pkcs11: Pkcs11Uri | None = Field(
        default=None,
        description="Key-encryption keys in an HSM instead of `RONGCUO_KEK`, as an RFC 7512 URI that names the current "
        "one: `pkcs11:token=LABEL;object=KEY?module-path=/usr/lib/….so`.",
    )
    pkcs11_pin: Words | None = Field(default=None, description="User PIN of that token.")
    suite: Literal["A256GCM", "SM4GCM"] = Field(
        default="A256GCM", description="Suite of new data keys: AES-256 with SHA-256, or SM4 with SM3."
    )
    erasure_list: Path | None = Field(
        default=None, description="File that lists erasures; default: with Kafka a topic, else in the data directory."
    )
    development_issuer: Words | None = Field(
        default=None,
        description="Private key (PEM, P-256) of the development issuer, for a sandbox without data directory.",
    )
    issuers_file: FilePath | None = Field(
        default=None, description="Whose tokens are trusted (docs/tokens.md); default: `issuers.yaml` of the secrets."
    )
    systems_file: FilePath | None = Field(
        default=None, description="Systems that sign (docs/signed-requests.md); default: `systems.yaml` of the secrets."
    )
    client_certificate_header: HeaderName | None = Field(
        default=None, description="Header with the SHA-256 of the client certificate that the entrance has checked."
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
    start_s: float = Field(
        default=30, ge=0, le=600, description="Seconds that a starting process waits for its PostgreSQL and its Kafka."
    )
    grace_s: float = Field(default=25, ge=1, le=600, description="Seconds in which a stopping process has left.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged.")
    append_queue: int = Field(default=4096, ge=1, description="Appends that may wait for one log; more get 503.")
    append_queue_bytes: int = Field(
        default=64 * 1024 * 1024, ge=1024 * 1024, description="Bytes that may wait for one log before callers get 503."
    )
    rate_reads: int = Field(
        default=6000, ge=0, description="Reads a minute that one caller has in one process; 0: no limit, as below."
    )
    rate_commands: int = Field(default=3000, ge=0, description="The same for commands and other writes.")
    rate_exports: int = Field(default=60, ge=0, description="The same for NDJSON and event streams.")
    rate_refusals: int = Field(
        default=600,
        ge=0,
        description="Requests a minute without a valid token that one address may make of one process.",
    )
    stream_s: float = Field(
        default=300, gt=0, le=3600, description="Seconds after which an event stream ends; the listener connects again."
    )
    purposes: Purposes = Field(
        default=",".join(PURPOSES), description="Codes that `Rongcuo-Purpose` may have, with commas; no digits."
    )
    hsts_days: int = Field(
        default=0, ge=0, le=3650, description="Days of `Strict-Transport-Security`, where TLS ends before the services."
    )

    @model_validator(mode="after")
    def _kafka_is_meant(self) -> Self:
        """Refuse what cannot be meant together: a password that would not be used is a plain connection unawares."""
        given = {name for name in _KAFKA_CLIENT if getattr(self, name)}
        wanted = {"kafka_username", "kafka_password"} if self.kafka_protocol.startswith("SASL") else set[str]()
        allowed = wanted | (_KAFKA_FILES if self.kafka_protocol.endswith("SSL") else set())
        if given & _KAFKA_PAIR and not given >= _KAFKA_PAIR:
            wanted |= _KAFKA_PAIR
        for name in sorted(given - allowed):
            raise ValueError(f"{variable(name)} has no meaning with {variable('kafka_protocol')}={self.kafka_protocol}")
        for name in sorted(wanted - given):
            raise ValueError(f"{variable(name)} is missing for {variable('kafka_protocol')}={self.kafka_protocol}")
        if self.kafka is None and self.kafka_protocol != "PLAINTEXT":
            raise ValueError(f"{variable('kafka')} is missing for {variable('kafka_protocol')}={self.kafka_protocol}")
        if self.kafka_min_insync > self.kafka_replication:
            raise ValueError(f"{variable('kafka_min_insync')} is more than {variable('kafka_replication')}")
        return self

    @model_validator(mode="after")
    def _one_key_service(self) -> Self:
        """Refuse half an HSM, and one beside keys that would not be used."""
        if bool(self.pkcs11) != bool(self.pkcs11_pin):
            raise ValueError(f"{variable('pkcs11')} and {variable('pkcs11_pin')} are given together")
        if (self.pkcs11 and self.kek) or (self.kek_older and not self.kek):
            raise ValueError(f"{variable('pkcs11')}, or {variable('kek')} and those older: not what would not be used")
        return self

    def given_dsn(self, database: str) -> str | None:
        """Return the DSN that was given for one database ("intake", …, "keyring") itself, if any."""
        given: SecretStr | None = getattr(self, f"{database}_dsn")
        return given.get_secret_value() if given else None


_KAFKA_PAIR = {"kafka_certificate_file", "kafka_key_file"}
_KAFKA_FILES = {"kafka_ca_file", *_KAFKA_PAIR}
_KAFKA_CLIENT = {"kafka_username", "kafka_password", *_KAFKA_FILES}


def load_settings() -> Settings:
    """Read the environment and the secrets directory; names every `RONGCUO_*` that means nothing in a warning.

    Raises SettingsUnreadable for a file that this process may not read.
    """
    directory = _secrets_directory()
    try:
        files = [path.name for path in directory.iterdir()] if directory else []
        for name, meant in unknown_variables([*os.environ, *files]).items():  # noqa: TID251 - this is shared.settings
            hint = f"; did you mean {meant}?" if meant else ""
            logging.getLogger("rongcuo.settings").warning("%s is not a setting and is ignored%s", name, hint)
        return Settings(_secrets_dir=directory)
    except OSError as error:
        raise SettingsUnreadable(f"{error.filename}: {error.strerror}") from None


def _secrets_directory() -> Path | None:
    """Return the directory that RONGCUO_SECRETS names, if there is one."""
    named = os.environ.get(_SECRETS)  # noqa: TID251 - this is shared.settings
    return Path(named) if named and Path(named).is_dir() else None


def unknown_variables(names: Iterable[str]) -> dict[str, str | None]:
    """Return each variable that begins like a setting and is none, with the setting that it resembles."""
    known = [variable(field) for field in Settings.model_fields]
    ours = {name.upper() for name in names if name.upper().startswith(PREFIX)}
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
