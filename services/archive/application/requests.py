"""What clients send to archive. Members are named as the command's fields are."""

from typing import Annotated, Literal

from pydantic import Field

from shared.web.text import Body, Day


class Volume(Body):
    """案结卷成."""

    on: Day
    pages: Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
    retention: Literal["permanent", "long", "short"]
