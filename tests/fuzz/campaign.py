"""One campaign of Schemathesis over all services: its requests made callable, its answers counted and judged.

Schemathesis makes requests from the released documents, right ones and wrong ones. What is right gets a caller who may,
things that exist in the state that the operation needs (`supply`), fresh idempotency keys and standing versions; what
is wrong stays as wrong as it was made.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.generation.case import Case as AnyCase
from schemathesis.generation.meta import TestPhase
from schemathesis.hooks import HookContext, unregister_all

from shared.kernel.ids import new_id
from tests.fuzz import doors, needs  # noqa: F401 - they declare what the operations need
from tests.fuzz.site import Site
from tests.fuzz.supply import Given, Supply

Json = dict[str, Any]
Case = AnyCase[Any]

_CONTROL = "".join(map(chr, (*range(0x20), 0x7F)))
"""What HTTP itself forbids in a header: the server refuses it before the application sees a request."""
_NO_CONTROL = dict.fromkeys(map(ord, _CONTROL))
_ALSO_EXPECTED = {
    "positive_data_acceptance": ("304", "400", "410", "412", "422"),  # a rule of the domain, a cursor of another list
    "negative_data_rejection": ("410", "412"),
    "missing_required_header": ("428",),
}


@dataclass(frozen=True)
class Options:
    """How a campaign is run.

    `seed` makes it repeatable; about `calls` requests are made, and with `coverage` one more for every bound and lack;
    a thing that a success uses up is made anew `fresh` times, and then the operation is tried dry.
    """

    seed: int
    calls: int
    coverage: bool
    fresh: int = 3


@dataclass
class Report:
    """What came of the calls: `statuses` by operation, `wrong` with everything that a check refused."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """How many answers came."""
        return sum(sum(counted.values()) for counted in self.statuses.values())

    @property
    def successes(self) -> int:
        """How many of them were 2xx."""
        return sum(number for counted in self.statuses.values() for status, number in counted.items() if status < 300)

    @property
    def never_2xx(self) -> list[str]:
        """The operations that never answered 2xx."""
        return sorted(name for name, counted in self.statuses.items() if not any(status < 300 for status in counted))


class Campaign:
    """Fuzzes the documents of one site, `examples` requests of each kind for every operation."""

    def __init__(self, site: Site, options: Options, examples: int) -> None:
        self.report = Report()
        self._site = site
        self._options = options
        self._examples = examples
        self._supply = site.run(Supply.opened(site.cast))
        self._given: dict[str, Given] = {}
        self._tags: dict[str, str] = {}
        self._successes: Counter[str] = Counter()

    def run(self, service: str, document: Json) -> None:
        """Fuzz one service."""
        self._begin(service, document)
        schema = schemathesis.openapi.from_dict(document, config=schemathesis.Config(seed=self._options.seed))
        _configure(schema.config, self._site.address, self._examples)
        schema.config.phases.coverage.enabled = self._options.coverage
        schema.auth(refresh_interval=None)(_auth(self))
        self._hook()
        try:
            for event in from_schema(schema).execute():
                self._note(service, event)
        finally:
            unregister_all()

    def _hook(self) -> None:
        @schemathesis.hook
        def before_call(context: HookContext, case: Case, kwargs: Json) -> None:
            self._before_call(case)
            for name, value in (case.headers or {}).items():
                case.headers[name] = value.translate(_NO_CONTROL) if isinstance(value, str) else value

        @schemathesis.hook
        def after_call(context: HookContext, case: Case, response: Response) -> None:
            self._after_call(case, response)

    def _begin(self, service: str, document: Json) -> None:
        self._service = service
        self._examples_of: dict[str, Any] = {}
        self._codes: dict[str, Mapping[str, Any]] = {}
        for operations in document["paths"].values():
            for operation in operations.values():
                name = operation["operationId"]
                self.report.statuses[f"{service}.{name}"] = Counter()
                content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
                self._examples_of[name] = content.get("example")
        self._given.clear()

    def given(self, case: Case) -> Given:
        """Return what the operation of a case is called with at present."""
        name = _name(case)
        if name not in self._given:
            self._given[name] = self._site.run(self._supply.give(name))
        return self._given[name]

    def _before_call(self, case: Case) -> None:
        if case.meta is None or _name(case) not in self._examples_of:
            return
        given, body = self.given(case), self._examples_of[_name(case)]
        if not case.meta.is_negative_at(ParameterLocation.PATH) and given.path:
            case.path_parameters = {**case.path_parameters, **given.path}
        if not case.meta.is_negative_at(ParameterLocation.HEADER):
            self._put_headers(case, given)
        if isinstance(body, dict) and not case.meta.is_negative_at(ParameterLocation.BODY):
            case.body = _mixed(case, {**body, **{k: v for k, v in given.content.items() if k in body}})
        if case.meta.phase.name is TestPhase.EXAMPLES:  # all optional parameters at once exclude one another
            case.query = {each.name: case.query[each.name] for each in case.operation.query if each.is_required}
        done = self._successes[_name(case)] >= max(self._options.fresh, 1)
        if done and given.once and "dry_run" in _query_names(case):
            case.query = {**(case.query or {}), "dry_run": "true"}

    def _put_headers(self, case: Case, given: Given) -> None:
        names = {parameter.name for parameter in case.operation.headers}
        if "Idempotency-Key" in names:
            case.headers["Idempotency-Key"] = str(new_id())
        for name in ("If-Match", "If-None-Match", "Rongcuo-Read-After", "Rongcuo-Purpose"):
            case.headers.pop(name, None)
        if "If-Match" in names and given.resource:
            self._site.run(given.desk.get(given.resource))
            case.headers["If-Match"] = given.desk.etags[given.resource]
        if tag := self._tags.pop(_name(case), None):  # to reads that do not say that they take it, too
            case.headers["If-None-Match"] = tag

    def _after_call(self, case: Case, response: Response) -> None:
        name = _name(case)
        self.report.statuses[f"{self._service}.{name}"][response.status_code] += 1
        if case.method == "GET" and response.status_code == 200:
            self._tags[name] = response.headers.get("etag", [""])[0]
        dry = (case.query or {}).get("dry_run") in ("true", True)
        if response.status_code < 300 and not dry and case.method != "GET" and self._given.get(name):
            self._successes[name] += 1
            if self._given[name].once and self._successes[name] <= self._options.fresh:
                del self._given[name]

    def _note(self, service: str, event: events.EngineEvent) -> None:
        if isinstance(event, events.NonFatalError):
            self.report.wrong[f"{service} {event.label}"] = str(event.info)
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.ScenarioFinished):
            for identity, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        said = f"{check.failure_info.failure}\n{check.failure_info.code_sample}"
                        key = f"{service} {event.recorder.cases[identity].value.operation.label} {check.name}"
                        self.report.wrong.setdefault(f"{key}: {check.failure_info.failure.title}", said)


def _mixed(case: Case, sound: Json) -> Any:
    """Return what the service takes, or what was made, or, most often, members of both: by the body's own digest."""
    made = case.body
    if case.meta is None or case.meta.phase.name is TestPhase.EXAMPLES or not isinstance(made, dict):
        return sound
    if case.meta.phase.name is TestPhase.COVERAGE:
        return made
    digest = crc32(json.dumps(made, sort_keys=True, default=str).encode())
    if digest % 4 == 0:
        return sound
    if digest % 4 == 1:
        return made
    return sound | {name: value for name, value in made.items() if crc32(name.encode(), digest) % 3 == 0}


def _name(case: Case) -> str:
    return str(case.operation.definition.raw["operationId"])


def _query_names(case: Case) -> set[str]:
    return {parameter.name for parameter in case.operation.query}


def _auth(campaign: Campaign) -> type:
    class Bearer:
        def get(self, case: Case, _: schemathesis.AuthContext) -> str:
            return campaign.given(case).desk.token

        def set(self, case: Case, data: str, _: schemathesis.AuthContext) -> None:
            case.headers["Authorization"] = f"Bearer {data}"

    return Bearer


def _configure(config: Any, address: str, examples: int) -> None:
    config.update(base_url=address, workers=1, request_timeout=60, continue_on_failure=True)
    config.max_stream_events = 1
    config.generation.exclude_header_characters = _CONTROL
    config.generation.update(max_examples=examples, no_shrink=True, with_security_parameters=False, database="none")
    config.phases.stateful.enabled = False
    for name, statuses in _ALSO_EXPECTED.items():
        check = getattr(config.checks, name)
        check.expected_statuses = [*check.expected_statuses, *statuses]


@schemathesis.check
def documented_code(_: CheckContext, response: Response, case: Case) -> bool | None:
    """Every code of a problem is one that the document names for this operation and status."""
    is_problem = response.headers.get("content-type", [""])[0] == "application/problem+json"
    if response.status_code == 405 or not is_problem:
        return None
    told = case.operation.definition.raw["responses"].get(str(response.status_code), {}).get("content", {})
    named = told.get("application/problem+json", {}).get("examples", {})
    code = response.json()["code"]
    if code not in named:
        raise Failure(
            operation=case.operation.label, title="Undocumented code", message=f"{code} is not among {list(named)}"
        )
    return None
