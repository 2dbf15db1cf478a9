"""The types of texts in request bodies, with the limits that the whole system keeps."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

_CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\t\r\n]*[^\s][^\t\r\n]*$")]
"""One line: a name, a title, a contact; at most 200 characters, not blank."""
LongText = Annotated[str, StringConstraints(min_length=1, max_length=20_000, pattern=r"\S")]
"""A statement or a reason: at most 20,000 characters, not blank; may have lines."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_CODE)]
"""A code of a rule pack or a list, for example `SC.1`."""


class Body(BaseModel):
    """The base of every request body: closed, so that a misspelt or smuggled member is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
