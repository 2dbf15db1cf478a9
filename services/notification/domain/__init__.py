"""The domain of notification 送达: pure decisions about notices.

`AGGREGATES` names the decider of every stream category, `CODEC` knows every event of the service's log.
"""

from collections.abc import Mapping
from typing import Any

from services.notification.domain.notice import decisions as notice
from shared.kernel.decider import Decider

AGGREGATES: Mapping[str, Decider[Any]] = {notice.DECIDER.category: notice.DECIDER}
CODEC = notice.DECIDER.codec
