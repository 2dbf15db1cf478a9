"""What a failing projection leaves behind names the error and holds no value: neither a row's nor an event's."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.eventstore.append import NewEvent
from shared.eventstore.appender import Appender
from shared.eventstore.log import EventLog
from shared.eventstore.readmodels import ReadModelRunner, statuses
from shared.kernel.canonical import canonical_bytes
from shared.kernel.events import Event
from shared.kernel.ids import new_id
from shared.kernel.recorded import Recorded
from tests.eventstore.samples import METADATA, Counted, an_append
from tests.eventstore.test_readmodels import MODEL, TOTALS, project

SECRET = "某甲的电话"


async def break_a_constraint(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    for _ in range(2):
        await connection.execute(sa.insert(TOTALS).values(stream=SECRET, total=1))


async def tell_a_secret(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    raise ValueError(SECRET)


@pytest.mark.parametrize(
    ("failing", "amount", "code"),
    [
        (break_a_constraint, 1, "IntegrityError"),
        (tell_a_secret, 1, "ValueError"),
        (project, SECRET, "ValidationError"),
    ],
)
async def test_a_failing_projection_is_reported_without_any_value(
    engine: AsyncEngine,
    appender: Appender,
    log: EventLog,
    caplog: pytest.LogCaptureFixture,
    failing: object,
    amount: object,
    code: str,
) -> None:
    event = NewEvent(new_id(), "Counted", 1, canonical_bytes({"amount": amount}), METADATA)
    await appender.append(an_append(events=(event,)))
    await ReadModelRunner(engine, log, [replace(MODEL, project=failing)]).catch_up()  # type: ignore[arg-type]
    [status] = await statuses(engine)
    assert status.error == code
    assert f"view_totals_1 stands still at 0: {code}" in caplog.text
    assert SECRET not in caplog.text


def test_an_event_that_does_not_fit_is_refused_without_its_input() -> None:
    with pytest.raises(ValidationError) as refused:
        Counted.model_validate({"amount": SECRET})
    assert SECRET not in str(refused.value)
