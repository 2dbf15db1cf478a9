"""When a site has come to rest: everything is published, everybody has read to the end, nothing waits."""

from contextlib import suppress

from shared.database.databases import SERVICES
from shared.messaging.reader import open_reader
from shared.messaging.topics import topic_name
from tests.faults.site import Site, until
from tests.story.evidence import fetch

_LOG = "SELECT h.position, r.position AS published FROM log.head AS h, log.relay AS r"
_MODELS = "SELECT name, position FROM log.read_models WHERE state = 'active'"
_PLACES = "SELECT consumer, topic, partition, last_offset FROM log.places"
_TIMES = 3
CONSUMERS: dict[str, dict[str, tuple[str, ...]]] = {
    "intake": {"intake.adjudication": ("adjudication",), "intake.archive": ("archive",)},
    "adjudication": {"adjudication.intake": ("intake",)},
    "archive": {
        "archive.adjudication": ("adjudication",),
        "archive.archive": ("archive",),
        "archive.collection": SERVICES,
        "archive.witness": SERVICES,
    },
    "notification": {"notification.intake": ("intake",), "notification.adjudication": ("adjudication",)},
}
"""Who reads which logs, by the database in which it remembers how far it has come."""


async def at_rest(site: Site, seconds: float) -> list[str]:
    """Wait until the site has come to rest; returns what is still behind when it has not in time."""
    heads: list[dict[str, int]] = []
    waiting: list[str] = []

    async def resting() -> bool:
        nonlocal waiting
        waiting, standing = await _behind(site)
        heads.append(standing)
        return not waiting and heads[-_TIMES:] == [standing] * _TIMES

    with suppress(TimeoutError):
        await until(resting, seconds, every=0.3)
        return []
    return waiting or ["the logs still grow"]


async def _behind(site: Site) -> tuple[list[str], dict[str, int]]:
    waiting: list[str] = []
    heads: dict[str, int] = {}
    ends = await _ends(site)
    for service in SERVICES:
        ((heads[service], published),) = await fetch(site.databases, service, _LOG)
        if published != heads[service]:
            waiting.append(f"{service} is published up to {published} of {heads[service]}")
        for name, position in await fetch(site.databases, service, _MODELS):
            if position != heads[service]:
                waiting.append(f"{service}'s {name} shows {position} of {heads[service]}")
        places = {tuple(row)[:3]: row["last_offset"] for row in await fetch(site.databases, service, _PLACES)}
        for consumer, logs in CONSUMERS[service].items():
            for (log, partition), end in ends.items():
                place = places.get((consumer, topic_name(site.bus.topic_prefix, log), partition), -1)
                if log in logs and place + 1 != end:
                    waiting.append(f"{consumer} has read {log} {partition} up to {place + 1} of {end}")
    return waiting, heads


async def _ends(site: Site) -> dict[tuple[str, int], int]:
    async with open_reader(site.bus) as reader:
        return {
            (log, partition): end
            for log in SERVICES
            for partition, end in (await reader.ends(topic_name(site.bus.topic_prefix, log))).items()
        }
