"""Tells an outage, which is waited out with nothing skipped, from a poison event, which is parked with its stream."""

import asyncpg
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.eventstore.errors import Fenced, LogStopped, LogUnavailable, Overloaded, VersionConflict
from shared.kernel.errors import Rejected, UnknownEvent
from shared.keyring.erasure_list import ErasureListUnreadable
from shared.messaging.inbox import WatermarkMoved
from shared.messaging.places import PlaceMoved
from shared.messaging.producer import PublishFailed

_POISON = (Rejected, UnknownEvent, ValidationError)
_OUTAGE = (
    *(OSError, TimeoutError, KafkaError, PoolTimeout),  # OSError: ConnectionError and all of its kind
    *(Overloaded, LogStopped, LogUnavailable, VersionConflict, Fenced, WatermarkMoved, PlaceMoved),
    *(PublishFailed, ErasureListUnreadable),  # an executed erasure waits for its list, with its keys in place
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,  # class 08
    asyncpg.TransactionRollbackError,  # class 40: serialization, deadlock
    asyncpg.InsufficientResourcesError,  # class 53
    asyncpg.OperatorInterventionError,  # class 57: shutdown, statement time-out
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # the primary has become a standby
)


def is_outage(error: BaseException) -> bool:
    """Return whether trying the same event again later may succeed although nothing about it has changed."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, _POISON):
        if isinstance(seen, _OUTAGE) or (isinstance(seen, DBAPIError) and seen.connection_invalidated):
            return True
        seen = seen.__cause__
    return False


def code_of(error: BaseException) -> str:
    """Return what may be shown and logged of an error: a rejection's code, else the class name; never its text."""
    return error.code if isinstance(error, Rejected) else type(error).__name__
