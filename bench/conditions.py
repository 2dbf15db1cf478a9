"""The conditions that decide the figures, asked for and measured rather than believed."""

import asyncio
import os
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import psutil  # type: ignore[import-untyped]

DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
_IN_MEMORY = ("tmpfs", "ramfs")
_PROBES = 200
_PAGE = b"\0" * 8192
_ROOT = Path(__file__).parents[1]


class Unsuitable(RuntimeError):
    """What is measured here would not be what the report says; the message names the condition."""


def conditions(directory: Path, dsn: str) -> dict[str, Any]:
    """Return what holds at the beginning of a measurement on a server whose data lie below the directory.

    Raises Unsuitable when the server may forget what it has acknowledged.
    """
    return {
        "commit": commit(),
        "load at the beginning": [round(value, 2) for value in os.getloadavg()],
        "file system": on_disk(file_system(directory)),
        "fsync of a page, µs (median)": round(fsync_micros(directory)),
        **asyncio.run(_server(dsn)),
    }


def commit() -> str:
    """Name the commit that runs, with `+` if files differ from it; results are no part of it."""
    try:
        return _git("rev-parse", "HEAD") + ("+" if _git("status", "--porcelain", "--", ".", ":!bench/results") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def file_system(directory: Path) -> str:
    """Return the type of the file system that the directory is on."""
    mounts: dict[Path, str] = {Path(one.mountpoint): one.fstype for one in psutil.disk_partitions(all=True)}
    return next(mounts[place] for place in (directory.resolve(), *directory.resolve().parents) if place in mounts)


def on_disk(kind: str) -> str:
    """Return the file system's type; raises Unsuitable for one that is only memory."""
    if kind in _IN_MEMORY:
        raise Unsuitable(f"the data would lie on {kind}: set TMPDIR to a directory on a disk")
    return kind


def durable(settings: dict[str, str]) -> dict[str, str]:
    """Return the server's settings; raises Unsuitable if one of them makes a commit less than durable."""
    if off := [name for name in DURABLE if settings[name] != "on"]:
        raise Unsuitable(f"not on: {', '.join(off)}")
    return settings


def fsync_micros(directory: Path) -> float:
    """Return what it takes to write a page to a file and sync it, the median of 200."""
    taken = []
    with tempfile.TemporaryFile(dir=directory) as file:
        for _ in range(_PROBES):
            begun = time.perf_counter()
            file.write(_PAGE)
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return median(taken) * 1e6


async def _server(dsn: str) -> dict[str, str]:
    connection = await asyncpg.connect(dsn)
    try:
        settings = {name: str(await connection.fetchval(f"SHOW {name}")) for name in DURABLE}
        return {"PostgreSQL": str(await connection.fetchval("SHOW server_version")), **durable(settings)}
    finally:
        await connection.close()


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=_ROOT, check=True, capture_output=True, text=True)  # noqa: S603, S607
    return done.stdout.strip()
