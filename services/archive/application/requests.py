"""What clients send to archive. Members are named as the command's fields are."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StringConstraints

from shared.web.text import Body, ClientId, Code, Day, Id

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in lower-case hexadecimal."""


class Volume(Body):
    """案结卷成."""

    on: Day
    pages: Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
    retention: Literal["permanent", "long", "short"]


class ErasureRequest(Body):
    """申请清除: `identity` asks for the subject's registration, too; `ground` is a code, never words about anybody."""

    erasure_id: ClientId
    case_id: Id
    subject: Id
    identity: StrictBool = False
    ground: Code


class ErasureApproval(Body):
    """核准清除: `digest` is that of the erasure as it was read."""

    digest: Digest


class HoldPlacement(Body):
    """保全 of the matter of a case; `ground` is a code, never words about anybody."""

    case_id: Id
    ground: Code
