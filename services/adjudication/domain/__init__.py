"""The domain of adjudication 裁定: pure decisions about tolerance cases.

`AGGREGATES` names the decider of every stream category, `CODEC` knows every event of the service's log.
"""

from collections.abc import Mapping
from typing import Any

from services.adjudication.domain.tolerance_case import decisions as tolerance_case
from shared.kernel.decider import Decider

AGGREGATES: Mapping[str, Decider[Any]] = {tolerance_case.DECIDER.category: tolerance_case.DECIDER}
CODEC = tolerance_case.DECIDER.codec
