"""Steps from an old shape of a case's events to the next one; those of public events stand with the contract."""

from shared.contracts import adjudication
from shared.kernel.upcasting import Upcaster, Upcasters

STEPS: dict[tuple[str, int], Upcaster] = {**adjudication.STEPS}
UPCASTERS = Upcasters(STEPS)
