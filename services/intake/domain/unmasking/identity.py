"""What can be asked to be seen: the members of the identity that a report may hold."""

from typing import Literal

IdentityField = Literal["name", "unit", "address", "phone", "email", "id_number"]
