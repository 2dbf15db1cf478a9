"""What an app can rely on: GET /<service>/v1/capabilities tells features, limits, versions and lists of codes.

An app asks once at its start, so that it need not be told by a failure what this installation can do.
"""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from shared.web.authentication import permitted
from shared.web.rate_limits import WINDOW_S
from shared.web.resources import resources
from shared.web.routes import MAX_BODY_BYTES, router


class Features(BaseModel):
    """What every operation of the service can do, and which paths can be synchronised."""

    idempotency: bool = True
    dry_run: bool = True
    conditional_reads: bool = True
    point_in_time: bool = True
    read_your_writes: bool = True
    delta_sync: list[str]


class Limits(BaseModel):
    """How much is taken at once; requests are a caller's, in one process, in `rate_window_s` seconds (0: no limit)."""

    body_bytes: int = MAX_BODY_BYTES
    page_items: int = 200
    short_text_characters: int = 200
    long_text_characters: int = 20_000
    idempotency_key_characters: int = 255
    idempotency_hours: int = 72
    read_after_wait_s: int = 2
    rate_window_s: int = WINDOW_S
    rate_reads: int
    rate_commands: int
    rate_exports: int


class CodeList(BaseModel):
    """Where the values of codes are listed that depend on more than this build."""

    name: str
    href: str


class Capabilities(BaseModel):
    """What this service can do. Members may be added; a client passes over what it does not know."""

    service: str
    version: str
    api: str = "v1"
    status: str = "beta"
    languages: list[str] = ["zh-CN", "en"]
    features: Features
    limits: Limits
    known_values: dict[str, tuple[str, ...]]
    purposes: list[str] = Field(description="Codes that Rongcuo-Purpose may have.")
    code_lists: list[CodeList]


def capabilities(service: str, version: str, known: Mapping[str, tuple[str, ...]], synced: Sequence[str]) -> APIRouter:
    """Return the route; `known` are the known values of codes, `synced` the paths of the lists that have changes."""
    lists = {
        "problems": "/problems",
        "event_types": f"/{service}/v1/event-types",
        "rule_packs": "/intake/v1/rule-packs",
        "openapi": f"/{service}/openapi.json",
    }
    routes = router("接口 API")

    @routes.get("/capabilities", summary="接口能力", dependencies=[permitted("list_event_types")])
    async def read_capabilities(request: Request) -> Capabilities:
        """Return features, limits, versions, the known values of codes, and where the other codes are listed."""
        held = resources(request)
        budgets = held.rates.budgets
        return Capabilities(
            service=service,
            version=version,
            features=Features(delta_sync=list(synced)),
            limits=Limits(rate_reads=budgets.reads, rate_commands=budgets.commands, rate_exports=budgets.exports),
            known_values=dict(known),
            purposes=list(held.purposes),
            code_lists=[CodeList(name=name, href=href) for name, href in lists.items()],
        )

    return routes
