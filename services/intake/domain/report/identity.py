"""What a report may tell of who made it: data class A, every word of it closed."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.kernel.sealed import Sealed

IdentityField = Literal["name", "unit", "address", "phone", "email", "id_number"]


class Identity(BaseModel):
    """Who somebody is and how he is reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Sealed[str]
    unit: Sealed[str] | None = None
    address: Sealed[str] | None = None
    phone: Sealed[str] | None = None
    email: Sealed[str] | None = None
    id_number: Sealed[str] | None = None
