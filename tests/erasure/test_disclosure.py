"""One text is shown to a court with what proves it, and every other one stays closed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rongcuo.demo.client import Json, Refused
from tests.erasure.conftest import NEEDLES, Matter
from tests.erasure.site import People
from tests.erasure.test_restore import YEARS, erase

CHECK = Path(__file__).parents[2] / "docs/audit/check_disclosure.py"


def check(folder: Path, *documents: Json) -> tuple[int, str]:
    """Run the auditor's program on documents, in a Python without this project."""
    names = []
    for number, document in enumerate(documents):
        names.append(str(folder / f"{number}.json"))
        Path(names[-1]).write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    done = subprocess.run([sys.executable, "-I", CHECK, *names], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


async def disclosed(people: People, path: str) -> list[Json]:
    """Return every disclosure of a resource that a leader gets, by its history."""
    found: list[Json] = []
    for item in (await people.leader.get(f"{path}/history"))["items"]:
        for field in ("statement", "note", "facts", "eligibility", "reasons", "found_by"):
            try:
                found.append(await people.leader.get(f"{path}/disclosures/{item['version']}/{field}"))
            except Refused as refusal:
                assert refusal.problem["code"] == "not-found"  # noqa: PT017 - most events have no such text
    return found


async def test_a_disclosed_text_is_proved_by_the_log(matter: Matter, tmp_path: Path) -> None:
    case = f"/adjudication/v1/tolerance-cases/{matter.played.case}"
    async with matter.site.open(working=False) as people:
        told = await disclosed(people, case)
        told += await disclosed(people, f"/intake/v1/submissions/{matter.played.submission}")
        events = {
            event["event_id"]: event
            for service in ("adjudication", "intake")
            for event in (await people.cast.auditor.get(f"/{service}/v1/events?after=0&limit=1000"))["items"]
        }
        assert {each["label"].split(".")[0] for each in told} == {"submission", "tolerance_case"}
        assert len(told) >= 8
        for each in told:
            event = events[each["event_id"]]
            assert check(tmp_path, each, event) == (0, "结论：相符 agrees\n")
            assert "position" not in each
        first, second = told[:2]
        event = events[first["event_id"]]
        code, output = check(
            tmp_path, {**first, **{name: second[name] for name in ("event_hash", "event_id", "field")}}
        )
        assert (code, "未核对事件" in output) == (3, True)
        wrong = [
            (first | {"text": first["text"] + "。"}, event, "摘要不符"),
            (first | {"salt": second["salt"]}, event, "摘要不符"),
            (first | {"event_hash": second["event_hash"]}, event, "事件哈希不符"),
            (first, events[second["event_id"]], "不符"),
            (first, event | {"payload": event["payload"].replace(first["digest"], second["digest"])}, "哈希不符"),
            ({**second, **{name: first[name] for name in ("event_hash", "field", "event_id")}}, event, "不符"),
        ]
        for disclosure, against, said in wrong:
            code, output = check(tmp_path, disclosure, against)
            assert code == 1
            assert said in output

        for who in (people.cast.auditor, people.cast.archivist, people.cast.inspector):
            with pytest.raises(Refused) as refusal:
                await who.get(f"{case}/disclosures/{first['version']}/{first['field']}")
            assert refusal.value.problem["status"] in {403, 404}
        for path in ("0/statement", "999/statement", "1/matter", "1/nothing", f"{2**40}/note", "x/note"):
            with pytest.raises(Refused) as refusal:
                await people.leader.get(f"{case}/disclosures/{path}")
            assert refusal.value.problem["status"] in {400, 404}


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([], "usage: check_disclosure.py"),
        ([[]], "JSON 对象"),
        ([{"suite": []}], "suite, text"),
        (["不是 JSON 文件", {}], "JSON 对象"),
    ],
)
def test_files_that_cannot_be_checked_are_told_in_words(tmp_path: Path, documents: list[Json], said: str) -> None:
    code, output = check(tmp_path, *documents)
    assert (code, said in output, "Traceback" in output) == (2, True, False), output


async def test_what_was_erased_is_disclosed_to_nobody(matter: Matter) -> None:
    path = f"/intake/v1/submissions/{matter.played.submission}/disclosures/1/statement"
    async with matter.site.open() as people:
        text = (await people.leader.get(path))["text"]
        assert any(needle in text for needle in NEEDLES)
        matter.site.later = YEARS
        await erase(people, matter)
        with pytest.raises(Refused) as refusal:
            await people.leader.get(path)
        assert refusal.value.problem["code"] == "subject-erased"
