"""Where the time of one command goes: its steps, timed in one process, one command after the other."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from statistics import median
from time import perf_counter
from types import ModuleType
from typing import Any

from starlette.types import ASGIApp, Message

from bench.http.commands import COMMANDS, INVESTIGATION, JURISDICTION, RECORD, Command, initiate, requests
from bench.http.processes import NO_BUDGET, Running
from bench.report import Table
from rongcuo.platform import application
from services.adjudication.domain.tolerance_case.decisions import DECIDER as CASE
from services.intake.domain.party.decisions import DECIDER as PARTY
from shared.authz.standing import Standing
from shared.authz.tokens import TokenVerifier
from shared.eventstore.appender import Appender
from shared.eventstore.store import EventStore
from shared.hosting.installation import Installation
from shared.kernel.events import Codec
from shared.kernel.metadata import Metadata
from shared.keyring.key_service import FileKeyService
from shared.keyring.keyring import Keyring
from shared.rules.loader import load_rulebook
from shared.settings import Settings
from shared.web import routes
from shared.web.authentication import Guard
from shared.web.desk import CommandAnswer, CommandDesk

_WHOLE, _REST = "the whole command", "the rest: routing, headers, binding, validation, access log"
_STEPS: Mapping[str, Sequence[tuple[Any, str]]] = {
    "token": [(TokenVerifier, "verify")],
    "whether access was withdrawn (one read)": [(Standing, "is_withdrawn")],
    "facts and policies": [(CommandDesk, "_judge"), (CommandDesk, "_judge_new"), (Guard, "admit")],
    "JSON of the body": [(routes, "parse_strict")],
    "look at aggregate and key (one read), fold": [(EventStore, "look")],
    "seal, with the key": [(Keyring, "begin"), (Keyring, "seal")],
    "decide": [(CASE, "decide"), (PARTY, "decide")],
    "encode event and metadata": [(Codec, "encode"), (Metadata, "encode")],
    "flush and commit": [(Appender, "append")],
    "encode the answer": [(CommandAnswer, "__init__")],
}


async def steps(servers: Running, count: int) -> Table:
    """Return the table of medians in µs; a step that waits for PostgreSQL contains the wait."""
    table = Table(
        "Where the time of one command goes (µs, median; one caller, without the server's part of HTTP)",
        ["step", *(command.step for command in COMMANDS)],
        note="Wall time: reads and commits contain the wait for PostgreSQL.",
    )
    found = [await _timed(servers, command, count) for command in COMMANDS]
    for step in (*_STEPS, _REST, _WHOLE):
        table.rows.append({"step": step} | {c.step: each[step] for c, each in zip(COMMANDS, found, strict=True)})
    return table


async def _timed(servers: Running, command: Command, count: int) -> dict[str, float]:
    installation = Installation(
        settings=Settings(data=servers.data.root, rate_commands=NO_BUDGET),
        given=servers.databases,
        verifier=TokenVerifier(servers.issuer.trusted()),
        key_service=FileKeyService.at(servers.data.key_encryption_key),
        rulebook=load_rulebook(),
        secret=servers.data.token_secret(),
    )
    async with servers.desk() as (store, keyring):
        cases = await initiate(store, keyring, installation.rulebook, count)
    token = servers.issuer.token(roles=["handling_office"], subject="officer-0", jurisdictions=[JURISDICTION])
    app, watch = application(installation, [command.service], []), _Watch()
    async with app.router.lifespan_context(app):
        if command is RECORD:  # which needs open investigations
            for request in requests(INVESTIGATION, [token], cases, count)[0]:
                await _serve(app, request)
        for request in requests(command, [token], cases, count)[0]:
            with watch.command():
                await _serve(app, request)
    return watch.medians()


async def _serve(app: ASGIApp, request: bytes) -> None:
    """Hand one request to the application, as a server would after parsing it; raises unless it is answered 2xx."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    scope = {
        "type": "http",
        "method": "POST",
        "path": first.split(b" ")[1].decode(),
        "query_string": b"",
        "headers": [(name.lower(), value) for name, _, value in (line.partition(b": ") for line in lines)],
    }
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    if not 200 <= statuses[0] < 300:
        raise RuntimeError(f"{scope['path']} was answered {statuses[0]}")


@dataclass
class _Watch:
    """The seconds of every step of every command."""

    taken: list[dict[str, float]] = field(default_factory=list)

    @contextmanager
    def command(self) -> Iterator[None]:
        seconds: dict[str, float] = dict.fromkeys(_STEPS, 0.0)
        with ExitStack() as stack:
            for step, places in _STEPS.items():
                for owner, name in places:
                    stack.enter_context(_watched(owner, name, step, seconds))
            began = perf_counter()
            yield
            whole = perf_counter() - began
        self.taken.append(seconds | {_WHOLE: whole, _REST: whole - sum(seconds.values())})

    def medians(self) -> dict[str, float]:
        """Return the median of every step, in µs."""
        return {step: median(seconds[step] for seconds in self.taken) * 1e6 for step in self.taken[0]}


@contextmanager
def _watched(owner: Any, name: str, step: str, seconds: dict[str, float]) -> Iterator[None]:
    """Add to `seconds` what calls of `owner.name` take."""
    original = getattr(owner, name)

    def timed(*arguments: Any, **more: Any) -> Any:
        began = perf_counter()
        try:
            return original(*arguments, **more)
        finally:
            seconds[step] += perf_counter() - began

    async def awaited(*arguments: Any, **more: Any) -> Any:
        began = perf_counter()
        try:
            return await original(*arguments, **more)
        finally:
            seconds[step] += perf_counter() - began

    assign = setattr if isinstance(owner, type | ModuleType) else object.__setattr__  # a decider is frozen
    assign(owner, name, awaited if iscoroutinefunction(original) else timed)
    try:
        yield
    finally:
        assign(owner, name, original)
