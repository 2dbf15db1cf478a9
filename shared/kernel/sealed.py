"""A sealed field: a value that travels closed through commands, events, read models and Kafka.

Only the envelope is known here. Sealing and opening are done at an edge by `shared.keyring`; the domain never opens
one.
"""

from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")
Base64Url = str


class Sealed(BaseModel, Generic[T]):
    """The envelope of one closed value of type T (design §8). All binary members are base64url without padding.

    `suite` names cipher and hash, `key` the data key in the keyring, `label` the field. Subject and matter are
    bound by the key and by the additional data, so that an envelope cannot be moved to another person, matter or
    field. `digest` is the hash of salt ‖ plaintext with the 32-byte salt inside the ciphertext: it lets one field be
    disclosed and checked alone and tells nothing by itself. `commitment` ties the ciphertext to its key (GCM alone
    does not). Two envelopes are equal when they close the same words in the same field of the same person and matter,
    whatever their nonces: key, label and digest say so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    suite: str = Field(pattern=r"^[A-Z0-9-]{3,16}$")
    key: UUID
    subject: UUID
    matter: UUID
    label: str = Field(pattern=r"^[a-z][a-z0-9_.]{0,63}$")
    nonce: Base64Url
    ciphertext: Base64Url
    commitment: Base64Url
    digest: Base64Url

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[UUID, str, str]:
        return self.key, self.label, self.digest
