"""A subscriber of all logs that only writes down what it is given: nothing in its table hides a second time.

`python -m tests.faults.witness --port PORT` runs it, on the product's own consumer, in a process that may be killed.
"""

import argparse
import logging
from collections.abc import Sequence

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rongcuo import installations, serving
from shared.database.databases import SERVICES, Databases
from shared.kernel.recorded import Recorded
from shared.messaging.connections import Connection
from shared.messaging.consumer import Sink
from shared.messaging.runner import ConsumerRunner
from shared.settings import load_settings
from tests.story.processes import HOST

HOME = "archive"
TABLE = "app.witnessed"


async def prepare(databases: Databases) -> None:
    """Make the table, which knows neither keys nor what came before."""
    admin = await asyncpg.connect(databases.admin(HOME))
    try:
        await admin.execute(
            f"CREATE TABLE {TABLE}"
            " (n bigserial, log text, position bigint, stream text, version bigint, event_id uuid);"
            f'GRANT ALL ON {TABLE} TO "{databases.role(HOME)}";'
            f'GRANT ALL ON SEQUENCE {TABLE}_n_seq TO "{databases.role(HOME)}"'
        )
    finally:
        await admin.close()


async def write_down(connection: Connection, events: Sequence[Recorded]) -> None:
    """Write a row for each event, in order."""
    rows = [(event.log, event.position, event.stream, event.version, event.event_id) for event in events]
    await connection.executemany(
        f"INSERT INTO {TABLE} (log, position, stream, version, event_id) VALUES ($1, $2, $3, $4, $5)", rows
    )


SINK = Sink("archive.witness", SERVICES, write_down)


async def run(port: int) -> None:
    """Consume until told to stop."""
    installation = installations.connected(load_settings())

    async def ready(_: Request) -> Response:
        return Response()

    async with (
        serving.until_signalled() as stop,
        asyncpg.create_pool(installation.dsn(HOME), min_size=1, max_size=3) as pool,
        installation.bus("witness") as bus,
    ):
        app = Starlette(routes=[Route("/readyz", ready)])
        await serving.serve(app, [ConsumerRunner(pool, bus, [SINK])], HOST, port, stop, print)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    serving.run(run(parser.parse_args().port))
