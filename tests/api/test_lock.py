"""What was released stays released: the lock names every document, and no commit has gone past the gate."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from shared.database.databases import SERVICES
from tests.api.lock import LOCK, Locked, NoHistory, Tree, broken, digest_of, history, locked, working_tree
from tests.api.released import CHANGELOG, is_named, parsed, text

CHANGELOG_TEXT = "## intake 1.0.0\n\n## intake 1.1.0\n\n## intake 2.0.0\n"


@pytest.mark.parametrize("service", SERVICES)
def test_the_lock_names_the_released_document(service: str) -> None:
    tree = working_tree()
    newest, document = tree.newest(service), tree.documents[service]
    assert (newest.digest, newest.version) == (digest_of(document), parsed(document)["info"]["version"])


@pytest.mark.parametrize("service", SERVICES)
def test_versions_and_days_only_rise_and_the_changelog_names_each(service: str) -> None:
    lines = [entry for entry in working_tree().lock if entry.service == service]
    for before, after in pairwise(lines):
        assert [int(part) for part in before.version.split(".")] < [int(part) for part in after.version.split(".")]
        assert before.day <= after.day
    changelog = CHANGELOG.read_text()
    assert [entry.version for entry in lines if not is_named(service, entry.version, changelog)] == []


def test_no_commit_has_gone_past_the_gate() -> None:
    try:
        committed = history()
    except NoHistory as reason:
        pytest.skip(f"{LOCK.name} is held against the history of git, and there is none: {reason}")
    assert list(broken([*committed, working_tree()], CHANGELOG.read_text())) == []


def document(version: str, *statuses: str) -> str:
    """Return a small document."""
    responses = {status: {"description": ""} for status in statuses}
    operation = {"operationId": "read_thing", "responses": responses}
    return text({"info": {"version": version}, "paths": {"/intake/v1/things": {"get": operation}}, "components": {}})


def tree(place: str, *released: tuple[str, str], now: str | None = None) -> Tree:
    """Return a tree in which these versions with their documents were released, and `now` stands in the folder."""
    lock = tuple(Locked(digest_of(told), "intake", version, date(2026, 11, 23)) for version, told in released)
    return Tree(place, lock, {"intake": now or released[-1][1]})


FIRST, MORE, LESS = document("1.0.0", "200"), document("1.1.0", "200", "404"), document("2.0.0", "404")
BEGIN = tree("begin", ("1.0.0", FIRST))


def test_what_went_through_the_gate_is_sound() -> None:
    then = tree("then", ("1.0.0", FIRST), ("1.1.0", MORE))
    last = tree("last", ("1.0.0", FIRST), ("1.1.0", MORE), ("2.0.0", LESS))
    assert list(broken([BEGIN, then, last, last], CHANGELOG_TEXT)) == []
    assert "2.0.0" in "".join(broken([BEGIN, then, last], "## intake 1.1.0\n"))


PAST = {
    "written by hand, under the same version": tree("x", ("1.0.0", FIRST), now=document("1.0.0", "200", "404")),
    "written by hand, under the next version": tree("x", ("1.0.0", FIRST), now=MORE),
    "a break under the same version, its line written anew": tree("x", ("1.0.0", document("1.0.0", "404"))),
    "a break under a new minor": tree("x", ("1.0.0", FIRST), ("1.1.0", document("1.1.0", "404"))),
    "the lock emptied": replace(BEGIN, place="x", lock=()),
    "the document deleted": replace(BEGIN, place="x", documents={}),
}


@pytest.mark.parametrize("way", PAST)
def test_each_way_past_the_gate_is_found(way: str) -> None:
    assert "x: " in "".join(broken([BEGIN, PAST[way]], CHANGELOG_TEXT))


def test_a_lock_is_read_as_it_is_written() -> None:
    assert locked("# words\n\nabc  intake 1.0.0 2026-11-23\n") == (
        Locked("abc", "intake", "1.0.0", date(2026, 11, 23)),
    )
