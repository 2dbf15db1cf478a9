"""Steps from an old shape of an erasure's events to the next one; those of public events stand with the contract."""

from shared.kernel.upcasting import Upcaster, Upcasters

STEPS: dict[tuple[str, int], Upcaster] = {}
UPCASTERS = Upcasters(STEPS)
