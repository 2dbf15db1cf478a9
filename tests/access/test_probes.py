"""What one may not see cannot be told from what is not there: not by errors, versions, headers, lists or time."""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from shared.kernel.ids import new_id
from tests.access.callers import Who
from tests.access.test_matrix import shown
from tests.access.world import World

THINGS = {
    "case": "/adjudication/v1/tolerance-cases",
    "submission": "/intake/v1/submissions",
    "party": "/intake/v1/parties",
    "dossier": "/archive/v1/dossiers",
    "notice": "/notification/v1/notices",
}
NAMES = {
    "case": "case county complete",
    "submission": "submission county submitted",
    "party": "cadre",
    "dossier": "case county complete",
    "notice": "notice county",
}
STRANGER = Who("331127", "331127-dic-1", "officer-90")
"""Of another county."""
CALLS = 300


@dataclass(frozen=True)
class Probe:
    """A request that tries to learn something of a thing that it may not see."""

    method: str = "GET"
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


PROBES = {
    "read": Probe(),
    "head": Probe("HEAD"),
    "language": Probe(headers={"Accept-Language": "en"}),
    "a version that is": Probe(path="?at_version=1"),
    "a version that is not": Probe(path="?at_version=900"),
    "an instant of today": Probe(path="?as_of=2090-01-01T00:00:00Z"),
    "an instant before": Probe(path="?as_of=2001-01-01T00:00:00Z"),
    "any version known": Probe(headers={"If-None-Match": "*"}),
    "this version known": Probe(headers={"If-None-Match": '"v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9"'}),
    "history": Probe(path="/history"),
    "another history": Probe(path="/history?limit=1"),
}
COMMANDS = {
    "case": ("investigation", {"officers": ["officer-1", "officer-2"], "opened_on": "2023-04-03"}),
    "submission": ("acceptance", {}),
}
MATCHES: Mapping[str, Mapping[str, str]] = {
    "no version": {},
    "the first version": {"If-Match": '"v1"'},
    "a version that is not": {"If-Match": '"v900"'},
}


def _token(world: World, thing: str) -> str:
    """Return the token of somebody of another county whose role reads such things at times."""
    return world.tokens.token(STRANGER, "subject" if thing == "notice" else "dic_head")


async def _probe(world: World, token: str, thing: str, identity: str, probe: Probe) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", **probe.headers}
    return await world.http.request(
        probe.method, f"{THINGS[thing]}/{identity}{probe.path}", headers=headers, json=probe.body
    )


def _told(answer: httpx.Response) -> tuple[Any, ...]:
    return shown(answer) if answer.content else (answer.status_code, sorted(answer.headers.keys() - {"x-request-id"}))


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES.keys())
@pytest.mark.parametrize("thing", THINGS)
async def test_no_read_tells_a_hidden_thing_from_none(world: World, thing: str, probe: Probe) -> None:
    token = _token(world, thing)
    hidden = await _probe(world, token, thing, world.names[NAMES[thing]], probe)
    nothing = await _probe(world, token, thing, str(new_id()), probe)
    assert hidden.status_code == 404
    assert _told(hidden) == _told(nothing)


@pytest.mark.parametrize("match", MATCHES.values(), ids=MATCHES.keys())
@pytest.mark.parametrize("thing", COMMANDS)
async def test_no_command_tells_a_hidden_thing_from_none(world: World, thing: str, match: Mapping[str, str]) -> None:
    token, (command, body) = world.tokens.token(STRANGER, "handling_office"), COMMANDS[thing]
    answers = []
    for identity in (world.names[NAMES[thing]], str(new_id())):
        headers = {"Idempotency-Key": str(new_id()), **match}
        answers.append(await _probe(world, token, thing, identity, Probe("POST", f"/{command}", headers, body)))
    hidden, nothing = answers
    assert hidden.status_code == 404
    assert _told(hidden) == _told(nothing)


@pytest.mark.parametrize("path", [path for thing, path in THINGS.items() if thing in {"case", "submission", "dossier"}])
async def test_a_list_without_anything_to_see_is_the_list_of_an_empty_world(world: World, path: str) -> None:
    """331199 has never had anything; what another county's officer is shown has the same bytes, cursors and headers."""
    answers = []
    for jurisdiction in (STRANGER.jurisdiction, "331199"):
        who = Who(jurisdiction, "331127-dic-1", "officer-90")
        token = world.tokens.token(who, "dic_head")
        answers.append(await world.http.get(f"{path}?limit=1", headers={"Authorization": f"Bearer {token}"}))
    assert answers[0].json()["items"] == []
    assert _told(answers[0]) == _told(answers[1])


async def test_pages_show_no_gaps(world: World) -> None:
    """Walking a list one by one meets exactly what one large page has, though rows in between are hidden."""
    token = world.tokens.token(Who(subject="trial_office-granted"), "trial_office")
    headers, path = {"Authorization": f"Bearer {token}"}, THINGS["case"]
    whole = (await world.http.get(f"{path}?limit=200", headers=headers)).json()["items"]
    walked, query = [], "?limit=1"
    while True:
        page = (await world.http.get(f"{path}{query}", headers=headers)).json()
        walked += page["items"]
        assert len(page["items"]) == 1
        if page["next_cursor"] is None:
            break
        query = f"?limit=1&cursor={page['next_cursor']}"
    assert walked == whole


async def test_times_are_measured(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed, not asserted: medians of what is hidden against what is not there, calls taking turns."""
    told = []
    for thing in THINGS:
        token = _token(world, thing)
        spent: dict[str, list[float]] = {"hidden": [], "nothing": []}
        for _ in range(CALLS):
            for kind, identity in (("hidden", world.names[NAMES[thing]]), ("nothing", str(new_id()))):
                begin = time.perf_counter()
                answer = await _probe(world, token, thing, identity, Probe())
                spent[kind].append(time.perf_counter() - begin)
                assert answer.status_code == 404
        hidden, nothing = (statistics.median(spent[kind]) * 1e6 for kind in ("hidden", "nothing"))
        told.append(f"{thing}: hidden {hidden:.0f} µs, nothing {nothing:.0f} µs, ratio {hidden / nothing:.2f}")
    with capsys.disabled():
        print("\n" + "\n".join(told))
