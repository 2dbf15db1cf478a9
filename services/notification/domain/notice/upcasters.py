"""Steps from an old shape of a notice's events to the next one; those of public events stand with the contract."""

from shared.contracts import notification
from shared.kernel.upcasting import Upcaster, Upcasters

STEPS: dict[tuple[str, int], Upcaster] = {**notification.STEPS}
UPCASTERS = Upcasters(STEPS)
