"""Writes what an installation of containers keeps to itself: settings as files, passwords, and its own certificates."""

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_pem_x509_certificates

from rongcuo.certificates import Authority, pem, private_pem
from shared.database.databases import DATABASES, SERVICES, Databases

ADMINISTRATOR = "postgres"
KAFKA_USERS = ("admin", *SERVICES)
POSTGRES_CA = "postgres_ca.crt"
_KEYCLOAK = """\
issuers:
  - issuer: {address}/realms/rongcuo
    algorithms: [ES256]
    jwks_uri: https://keycloak:8443/realms/rongcuo/protocol/openid-connect/certs
    ca_file: ca.crt
    claims:
      roles: realm_access.roles
"""
_VERIFIED = f"?sslmode=verify-full&sslrootcert=/run/secrets/{POSTGRES_CA}"


@dataclass(frozen=True)
class Kept:
    """A directory (0700) of files, each made once: one that is there is kept, one that was removed is made anew.

    Containers read the files as accounts of their own, so every file may be read by whoever gets it; into the
    directory itself only its owner gets. The authority's key is for that owner alone: no container has any use for it.
    """

    directory: Path

    def prepare(self) -> None:
        """Make the directory; raises BadParameter when others may enter the one that is there."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.directory.stat().st_mode & 0o077:
            raise typer.BadParameter(f"{self.directory} is open to other users: make it private with chmod 700")

    def file(self, name: str, make: Callable[[], str], mode: int = 0o444) -> str:
        """Return what a file holds; `make` gives the content of one that is missing."""
        path = self.directory / name
        if not path.exists():
            draft = path.with_name(f".{name}")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(make())
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            draft.rename(path)
        return path.read_text()


def credentials(
    directory: Path,
    postgres: Annotated[str, typer.Option(help="Where PostgreSQL is, host:port.")] = "postgres:5432",
    postgres_ca: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Who signs PostgreSQL's certificate (PEM); it is then verified."
        ),
    ] = None,
    kafka: Annotated[list[str] | None, typer.Option(help="A name of the broker; default: kafka, localhost.")] = None,
    entrance: Annotated[list[str] | None, typer.Option(help="A name of the entrance; default: localhost.")] = None,
    keycloak: Annotated[
        str, typer.Option(help="Where people reach the Keycloak of the composition, https://…; default: there is none.")
    ] = "",
) -> None:
    """生成容器部署所需的密钥、口令和证书(已有的保留). Write the secrets of an installation of containers."""
    kept = Kept(directory)
    kept.prepare()
    if postgres_ca is not None:
        _copy_authority(kept, postgres_ca)
    _write_settings(kept, postgres, _VERIFIED if postgres_ca else "")
    if postgres_ca is not None:
        _check_verified(kept)
    for user in KAFKA_USERS:
        kept.file(f"kafka_{user}_password", _secret)
    authority = _authority(kept)
    _write_certificate(kept, authority, "kafka", kafka or ["kafka", "localhost"])
    _write_certificate(kept, authority, "entrance", entrance or ["localhost"])
    _write_certificate(kept, authority, "keycloak", ["keycloak"])
    kept.file("keycloak_password", _secret)
    kept.file("issuers.yaml", lambda: _KEYCLOAK.format(address=keycloak.rstrip("/")) if keycloak else "issuers: []\n")
    typer.echo(f"credentials: {directory}")


def _copy_authority(kept: Kept, given: Path) -> None:
    """Put PostgreSQL's authority beside the settings that name it; raises BadParameter for what is no certificate."""
    text = given.read_text()
    try:
        load_pem_x509_certificates(text.encode())
    except ValueError:
        raise typer.BadParameter(f"{given} holds no certificate (PEM)") from None
    kept.file(POSTGRES_CA, lambda: text)


def _check_verified(kept: Kept) -> None:
    """Refuse settings that were there before and do not verify the server; raises BadParameter."""
    before = [
        each.name for each in kept.directory.glob("rongcuo_*dsn") if "sslmode=verify-full" not in each.read_text()
    ]
    if before:
        raise typer.BadParameter(f"{', '.join(sorted(before))}: without sslmode=verify-full; remove them or add it")


def _write_settings(kept: Kept, postgres: str, query: str) -> None:
    password = kept.file("postgres_password", _secret)
    address = f"{ADMINISTRATOR}:{password}@{postgres}/{ADMINISTRATOR}"
    dsn = kept.file("rongcuo_dsn", lambda: f"postgresql://{address}{query}")
    databases = Databases(dsn, kept.file("rongcuo_role_secret", _secret).encode())
    for database in DATABASES:
        kept.file(f"rongcuo_{database}_dsn", _dsn(databases, database))
    kept.file("rongcuo_token_secret", _secret)
    kept.file("rongcuo_kek", _secret)
    kept.file("rongcuo_development_issuer", lambda: private_pem(ec.generate_private_key(ec.SECP256R1())))


def _dsn(databases: Databases, database: str) -> Callable[[], str]:
    return lambda: databases.dsn(database)


def _authority(kept: Kept) -> Authority:
    made = Authority.new()
    return Authority.of(
        kept.file("ca.key", lambda: private_pem(made.key), 0o400),
        kept.file("ca.crt", lambda: pem(made.certificate)),
    )


def _write_certificate(kept: Kept, authority: Authority, holder: str, names: Sequence[str]) -> None:
    """Write key and certificate of a server into one file, as Kafka and Caddy read them both."""
    kept.file(f"{holder}.pem", lambda: "".join(authority.certify(list(dict.fromkeys([*names, "127.0.0.1"])))))


def _secret() -> str:
    return secrets.token_hex(32)
