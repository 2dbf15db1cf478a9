"""The domain of intake 受理: pure decisions about parties, submissions, reports, who may see a reporter's identity, and
whose access is withdrawn.

`AGGREGATES` names the decider of every stream category, `CODEC` knows every event of the service's log.
"""

from collections.abc import Mapping
from typing import Any

from services.intake.domain.party import decisions as party
from services.intake.domain.party import upcasters as party_upcasters
from services.intake.domain.report import decisions as report
from services.intake.domain.report import upcasters as report_upcasters
from services.intake.domain.standing import decisions as standing
from services.intake.domain.standing import upcasters as standing_upcasters
from services.intake.domain.submission import decisions as submission
from services.intake.domain.submission import upcasters as submission_upcasters
from services.intake.domain.unmasking import decisions as unmasking
from services.intake.domain.unmasking import upcasters as unmasking_upcasters
from shared.kernel.decider import Decider
from shared.kernel.events import Codec
from shared.kernel.upcasting import Upcasters

_DECIDERS: tuple[Decider[Any], ...] = (
    party.DECIDER,
    submission.DECIDER,
    report.DECIDER,
    unmasking.DECIDER,
    standing.DECIDER,
)
AGGREGATES: Mapping[str, Decider[Any]] = {decider.category: decider for decider in _DECIDERS}
CODEC = Codec(
    [event for decider in AGGREGATES.values() for event in decider.codec.types.values()],
    Upcasters(
        {
            **party_upcasters.STEPS,
            **submission_upcasters.STEPS,
            **report_upcasters.STEPS,
            **unmasking_upcasters.STEPS,
            **standing_upcasters.STEPS,
        }
    ),
)
