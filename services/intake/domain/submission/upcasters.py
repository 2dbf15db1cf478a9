"""Steps from an old shape of a submission's events to the next one; those of public events stand with the contract."""

from shared.contracts import intake
from shared.kernel.upcasting import Upcaster, Upcasters

STEPS: dict[tuple[str, int], Upcaster] = {**intake.STEPS}
UPCASTERS = Upcasters(STEPS)
