"""Where the databases of one installation are, and how each role gets in; nothing here opens a connection."""

import hmac
import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, get_args
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

ServiceName = Literal["intake", "adjudication", "archive", "notification"]
SERVICES: tuple[str, ...] = get_args(ServiceName)
KEYRING = "keyring"
BUS = "bus"
OWNER = "owner"
DATABASES = (*SERVICES, KEYRING)
LOGINS = (*SERVICES, BUS, KEYRING)

_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Databases:
    """The five databases of one installation on one server, and the roles that use them.

    `admin_dsn` is a `postgresql://` URI of a superuser, or of a role with CREATEDB and CREATEROLE. `prefix` begins the
    names of the databases, `role_prefix` the names of the roles, which belong to the whole server. The passwords of
    the roles follow from `role_secret`, so that only one secret has to be kept.
    """

    admin_dsn: str = field(repr=False)
    role_secret: bytes = field(repr=False)
    prefix: str = "rongcuo"
    role_prefix: str = "rongcuo"

    def __post_init__(self) -> None:
        for prefix in (self.prefix, self.role_prefix):
            if not _PREFIX.fullmatch(prefix):
                raise ValueError(f"{prefix!r}: a prefix is lower-case letters, digits and _, at most 40")

    def name(self, database: str) -> str:
        """Return the name of `database` (one of DATABASES) on the server."""
        if database not in DATABASES:
            raise ValueError(f"{database!r} is no database of the platform")
        return f"{self.prefix}_{database}"

    def role(self, role: str) -> str:
        """Return the name of `role` ("owner", a service, "bus", "keyring") on the server."""
        if role not in (OWNER, *LOGINS):
            raise ValueError(f"{role!r} is no role of the platform")
        return f"{self.role_prefix}_{role}"

    def password(self, role: str) -> str:
        """Return the password of a login role: HMAC-SHA256(role secret, role name), in hexadecimal."""
        return hmac.new(self.role_secret, self.role(role).encode(), sha256).hexdigest()

    def dsn(self, database: str, role: str | None = None) -> str:
        """Return the asyncpg DSN of `database` for `role`; None: the role of the same name as the database."""
        role = role or database
        return _with(self.admin_dsn, self.name(database), f"{self.role(role)}:{self.password(role)}")

    def admin(self, database: str | None = None) -> str:
        """Return the administrator's DSN of `database`; None: the database that the administrator's DSN names."""
        return self.admin_dsn if database is None else _with(self.admin_dsn, self.name(database), None)


def _with(dsn: str, database: str, userinfo: str | None) -> str:
    """Return `dsn` with another database and, if given, another user and password."""
    parts = urlsplit(dsn)
    netloc, query = parts.netloc, parse_qsl(parts.query, keep_blank_values=True)
    dropped = {"dbname", "database"}
    if userinfo is not None:
        netloc = f"{userinfo}@{netloc.rpartition('@')[2]}"
        dropped |= {"user", "password", "passfile"}
    kept = [(key, value) for key, value in query if key not in dropped]
    return urlunsplit((parts.scheme, netloc, "/" + quote(database), urlencode(kept), ""))
