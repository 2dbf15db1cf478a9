"""Steps from an old shape of a dossier's events to the next one; those of public events stand with the contract."""

from shared.contracts import archive
from shared.kernel.upcasting import Upcaster, Upcasters

STEPS: dict[tuple[str, int], Upcaster] = {**archive.STEPS}
UPCASTERS = Upcasters(STEPS)
