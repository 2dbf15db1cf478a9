"""Applies every erasure to the keyring before a process serves, whatever backup the keyring or the list came from.

The list may have lost its end, or all of it, and cannot say so. Archive's log knows every erasure: archive completes
the list from it at each start. Other processes look into that log, too, where they can reach it; where they cannot,
they wait until archive runs and vouches for the keyring.
"""

import asyncio
import logging
from collections.abc import Sequence

import asyncpg

from shared.contracts.archive import SubjectErased
from shared.database.databases import BUS
from shared.database.pool import open_pool
from shared.eventstore.log import EventLog
from shared.hosting.installation import Installation
from shared.kernel.recorded import Recorded
from shared.keyring.erasure_list import ErasureListUnreadable, complete, replay
from shared.keyring.keyring import Keyring

ARCHIVE = "archive"
_PAUSE_S = 0.25
logger = logging.getLogger(__name__)


async def apply_erasures(installation: Installation, name: str, keyring: Keyring) -> None:
    """Destroy what the list or archive's log says is erased; raises ErasureListUnreadable where nobody can know."""
    dsn = _archive_dsn(installation, name)
    told = await _told(dsn) if dsn else []
    if name == ARCHIVE and (added := await complete(installation.erasures, told)):
        logger.warning("the list of erasures lacked %d of the log, which are added", added)
    await replay(installation.erasures, keyring, told)
    if name == ARCHIVE:
        keyring.vouch()
    elif dsn is None:
        await _vouched(keyring, installation.settings.start_s)


def _archive_dsn(installation: Installation, name: str) -> str | None:
    """Return how this process reaches archive's log, None if it cannot."""
    if name == ARCHIVE:
        return installation.dsn(ARCHIVE)
    given = installation.settings.given_dsn(ARCHIVE)
    return given or (installation.given.dsn(ARCHIVE, BUS) if installation.given else None)


async def _told(dsn: str) -> Sequence[Recorded]:
    try:
        async with open_pool(dsn, 1) as pool:
            return await EventLog(pool, ARCHIVE).of_type("erasure", SubjectErased.__name__)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = f"archive's log does not answer ({type(error).__name__})"
        raise ErasureListUnreadable(f"whether the list of erasures is whole cannot be known: {reason}") from None


async def _vouched(keyring: Keyring, patience_s: float) -> None:
    loop = asyncio.get_running_loop()
    deadline, told = loop.time() + patience_s, False
    while not await keyring.vouched():
        if loop.time() >= deadline:
            raise ErasureListUnreadable(
                "whether the list of erasures is whole cannot be known: archive does not run, and its log cannot be "
                "read from here; start archive first"
            )
        if not told:
            logger.warning("waiting for archive, which knows whether the list of erasures is whole")
            told = True
        await asyncio.sleep(_PAUSE_S)
