"""The types of texts in request bodies, with the limits that the whole system keeps."""

from typing import Annotated
from uuid import RFC_4122, UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

_CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\t\r\n]*\w[^\t\r\n]*$")]
"""One line: a name, a title, a contact; at most 200 characters, one of them a letter or a digit."""
LongText = Annotated[str, StringConstraints(min_length=1, max_length=20_000, pattern=r"\w")]
"""A statement or a reason: at most 20,000 characters, one of them a letter or a digit; may have lines."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_CODE)]
"""A code of a rule pack or a list, for example `SC.1`."""


def _made_by_a_client(value: UUID) -> UUID:
    if value.variant != RFC_4122 or value.version is None:
        raise ValueError("not a UUID that somebody made")
    return value


ClientId = Annotated[UUID, AfterValidator(_made_by_a_client)]
"""An id that the client makes, best a UUIDv7 (RFC 9562), so that a retry from a phone names the same thing."""


class Body(BaseModel):
    """The base of every request body: closed, so that a misspelt or smuggled member is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
