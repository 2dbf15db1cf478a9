"""What a run cost: CPU seconds of processes with all their children, bytes of write-ahead log."""

from collections.abc import Iterable

import asyncpg
import psutil  # type: ignore[import-untyped]


def cpu_seconds(*pids: int) -> float:
    """Return user and system time that these processes and their living descendants have used so far.

    Descendants that have ended count with the parent that has waited for them.
    """
    family = {process for pid in pids for process in _family(pid)}
    return float(sum(_used(process) for process in family))


def _family(pid: int) -> Iterable[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


async def wal_position(connection: asyncpg.Connection) -> int:
    """Return how many bytes of write-ahead log the server has written; the difference of two is a run's share."""
    return int(await connection.fetchval("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))
