"""The types of texts in request bodies, with the limits that the whole system keeps."""

import re
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import RFC_4122, UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from shared.authz.claims import Text

_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
_CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


def _with_a_word(value: str) -> str:
    if not any(character.isalnum() for character in value):
        raise PydanticCustomError("string_pattern_mismatch", "one character is a letter or a digit")
    return value


# The published patterns are those that every dialect reads alike: \w is ASCII in ECMA-262, \p is unknown to Python.
ShortText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\t\r\n]*\S[^\t\r\n]*$"),
    AfterValidator(_with_a_word),
]
"""One line: a name, a title, a contact; at most 200 characters, one of them a letter or a digit."""
LongText = Annotated[
    str, StringConstraints(min_length=1, max_length=20_000, pattern=r"\S"), AfterValidator(_with_a_word)
]
"""A statement or a reason: at most 20,000 characters, one of them a letter or a digit; may have lines."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_CODE)]
"""A code of a rule pack or a list, for example `SC.1`."""
_OF_A_TOKEN = WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 128, "pattern": r"^\S[^\t\r\n]*$"})
Person = Annotated[Text, StringConstraints(max_length=128), _OF_A_TOKEN]
"""A person of the organ, by the subject of his tokens: whoever gets in can be named, and nobody else."""
Organisation = Annotated[Text, StringConstraints(max_length=128), _OF_A_TOKEN]
"""An organisation, by the id that stands in the tokens of its officers."""


def _day(value: object) -> object:
    if not isinstance(value, date) and not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)):
        raise ValueError("a day is written YYYY-MM-DD")
    return value


def _written_instant(value: object) -> object:
    if not isinstance(value, datetime) and not (isinstance(value, str) and _INSTANT.fullmatch(value)):
        raise ValueError("an instant is written as RFC 3339 says, with its offset")
    return value


def _in_utc(value: datetime) -> datetime:
    """Refuse an instant that has no year of four digits in UTC, in which every instant is stored."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("an instant lies in the years 1 to 9999 of UTC") from None


def _plain_id(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value):
        raise ValueError("an id is written as 32 hexadecimal digits with four hyphens")
    return value


Day = Annotated[date, BeforeValidator(_day)]
"""A legal day, written `YYYY-MM-DD` and in no other way."""
At = Annotated[AwareDatetime, BeforeValidator(_written_instant), AfterValidator(_in_utc)]
"""An instant with its offset from UTC (RFC 3339), as UTC; a number is none."""
Id = Annotated[UUID, BeforeValidator(_plain_id)]
"""An id, written as 32 hexadecimal digits with four hyphens."""


def _made_by_a_client(value: UUID) -> UUID:
    if value.variant != RFC_4122 or value.version is None:
        raise ValueError("not a UUID that somebody made")
    return value


ClientId = Annotated[Id, AfterValidator(_made_by_a_client)]
"""An id that the client makes, best a UUIDv7 (RFC 9562), so that a retry from a phone names the same thing."""


class Body(BaseModel):
    """The base of every request body: closed, so that a misspelt or smuggled member is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
