"""Compares a log with its topic: which of the two has lost something, and from where."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from aiokafka.errors import KafkaError

from shared.eventstore.log import EventLog
from shared.kernel.recorded import Recorded
from shared.messaging.checkpoint import PartitionEnd
from shared.messaging.envelope import ForeignRecord
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.reader import Tail, open_reader
from shared.messaging.topics import TopicMissing, topic_name

logger = logging.getLogger(__name__)
_LOOK_S = 15.0


class LogBehindBus(Exception):
    """The topic holds an event that the log does not have: the database came back from an older copy.

    Publishing goes on only when an operator has decided (`rongcuo recover`). `code` is `log-behind` (the log ends
    before it) or `log-diverged` (another event stands at its position).
    """

    def __init__(self, log: str, code: str, position: int) -> None:
        super().__init__(f"{log}: {code} at position {position}")
        self.code = code
        self.position = position


async def stop_if_behind(log: EventLog, settings: KafkaSettings) -> None:
    """Let a log that is behind its topic refuse every append; for processes that are about to append to it.

    Where the topic cannot be read nothing is compared, only a warning logged: the relay looks as soon as it can.
    """
    try:
        async with asyncio.timeout(_LOOK_S), open_reader(settings) as reader:
            tails = await reader.tails(topic_name(settings.topic_prefix, log.name))
    except (KafkaError, OSError, TimeoutError, TopicMissing, ForeignRecord) as error:
        logger.warning("log %s is not compared with its topic: %s", log.name, type(error).__name__)
        return
    async with log.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM log.relay FOR SHARE")  # no recovery between the look and its result
        try:
            await check_log(log, tails)
        except LogBehindBus as error:
            logger.error("log %s takes nothing: %s at position %d", log.name, error.code, error.position)
            await connection.execute("SELECT log.set_stopped($1)", error.code)


async def check_log(log: EventLog, tails: Mapping[int, Tail]) -> None:
    """Raise LogBehindBus unless the last event of every partition stands in the log, the same bytes."""
    for tail in tails.values():
        if tail.last is not None:
            await check_stands(log, [tail.last])


async def check_stands(log: EventLog, run: Sequence[Recorded]) -> None:
    """Raise LogBehindBus unless these events, whose positions follow one another, stand in the log."""
    until = run[-1].position if await _reached(log, run[0]) else 0
    standing = [event async for page in log.replay(after=run[0].position - 1, until=until) for event in page]
    for number, sent in enumerate(run):
        if number >= len(standing):
            raise LogBehindBus(log.name, "log-behind", sent.position)
        if standing[number].hash != sent.hash:
            raise LogBehindBus(log.name, "log-diverged", sent.position)


async def _reached(log: EventLog, recorded: Recorded) -> bool:
    return recorded.position <= await log.head()


def lost_partitions(remembered: Mapping[int, PartitionEnd], standing: Mapping[int, Recorded]) -> tuple[int, ...]:
    """Return the partitions that no longer hold the event which they once acknowledged at their end.

    `standing` is what stands now where the remembered events stood.
    """
    return tuple(
        number
        for number, end in sorted(remembered.items())
        if number not in standing or standing[number].event_id != end.event_id
    )
