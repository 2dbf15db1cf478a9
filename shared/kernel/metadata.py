"""The closed envelope of every event: who, when, for what matter, under which rules. Null where unknown."""

from functools import lru_cache
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.kernel.canonical import canonical_bytes
from shared.kernel.instants import Instant


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Actor(_Closed):
    """Who acted, by a pseudonymous id: `issuer` vouches for `id`; `on_behalf_of` names the party or unit, if any."""

    issuer: str
    id: str
    roles: tuple[str, ...]
    on_behalf_of: str | None


class Policy(_Closed):
    """Which policies permitted the command: their ids, and the digest of the whole policy set."""

    ids: tuple[str, ...]
    digest: str | None


class Metadata(_Closed):
    """Metadata of one event, stored as canonical bytes beside the payload (≤ 8 KiB).

    `occurred_at` is the clock when the command was taken and never runs backwards in a stream. `correlation` names the
    request that began it all, `causation` the event that led to this one. `traceparent` is W3C Trace Context.
    """

    log: str
    matter: UUID | None
    jurisdiction: str | None
    occurred_at: Instant
    actor: Actor
    rules_version: str | None
    policy: Policy | None
    purpose: str | None
    correlation: UUID
    causation: UUID | None
    traceparent: str | None

    def encode(self) -> bytes:
        """Return the canonical bytes that are stored and hashed."""
        return canonical_bytes(self.model_dump(mode="json"))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read stored metadata; raises pydantic.ValidationError for anything that is not this closed model."""
        return cls.model_validate_json(data)


@lru_cache(maxsize=64)
def system_actor(name: str) -> Actor:
    """Return the actor under which a worker acts on its own, for example a consumer that opens a case."""
    return Actor(issuer="rongcuo", id=name, roles=("system",), on_behalf_of=None)
