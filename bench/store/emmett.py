"""emmett-postgresql (npm) under Node.js; `emmett.mjs` is its client process."""

import subprocess
from pathlib import Path

import asyncpg
import orjson

from bench.store.databases import OnPostgres
from bench.store.events import METADATA
from bench.store.fills import EMMETT as FILL
from bench.store.fills import fill
from bench.store.node import EMMETT, FOLDER, node, package
from bench.store.port import Address, Delivered, Unavailable

_CLIENT = Path(__file__).with_suffix(".mjs")
_PATIENCE_S = 60


class Emmett(OnPostgres):
    """emmett-postgresql with its defaults; it makes its own tables."""

    key = "emmett"
    title = "emmett-postgresql"
    blocking = False
    replay_kinds = (("feed", "emmett-postgresql, readMessagesBatch, JSON parsed"),)

    def versions(self) -> dict[str, str]:
        """Return the versions of the package and of what runs it."""
        said = subprocess.run([node(), "--version"], check=True, capture_output=True, text=True)  # noqa: S603
        return {**dict([EMMETT]), "node": said.stdout.strip().removeprefix("v")}

    def command(self, role: str) -> list[str]:
        """Return the command of a client process."""
        return [node(), str(_CLIENT), str(FOLDER), role]

    async def install(self, dsn: str) -> None:
        """Let it migrate its schema."""
        package(EMMETT)
        command = [*self.command("migrate"), dsn]
        done = subprocess.run(  # noqa: ASYNC221, S603
            command, check=False, capture_output=True, text=True, timeout=_PATIENCE_S
        )
        if done.returncode:
            raise Unavailable(done.stderr.strip()[-200:])

    async def stored(self, address: Address) -> list[Delivered]:
        """Return every row."""
        connection = await asyncpg.connect(address["dsn"])
        rows = await connection.fetch("SELECT message_id, stream_id, stream_position FROM emt_messages")
        await connection.close()
        return [Delivered(*row) for row in rows]

    async def fill(self, address: Address, events: int) -> None:
        """Put so many messages into an empty store."""
        await fill(address["dsn"], events, FILL, orjson.dumps(METADATA).decode(), "emt_messages")


STORES = (Emmett(),)
