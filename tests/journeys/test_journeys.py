"""Every journey works in every language, and ends as its page says."""

import json
import re

from tests.journeys.conftest import Reader
from tests.journeys.pages import journeys

CASE = [
    *("ToleranceInitiated", "InvestigationOpened", "InvestigationRecorded", "DefenceHeard", "ReportFiled"),
    *("AccessGranted", "ToleranceConcluded", "ConclusionIssued", "FedBack"),
]
"""What the page does to the case, in order; other events may stand between."""


def test_a_persons_application_ends_with_a_notice(reader: Reader, language: str) -> None:
    case = json.loads(reader.run(journeys()[0], language)[-1])
    assert (case["state"], case["outcome"]) == ("fed_back", "exempt")


def test_a_finding_is_supplemented_tried_out_and_concluded(reader: Reader, language: str) -> None:
    *before, history = reader.run(journeys()[1], language)
    printed = "\n".join(before)
    assert "etag-stale" in printed
    tried = next(line for line in before if "ConclusionIssued" in line)
    assert "ToleranceConcluded" in tried
    assert [event["type"] for event in json.loads(history)["items"] if event["type"] in CASE] == CASE


def test_a_retry_is_answered_as_before_and_changes_are_told(reader: Reader, language: str) -> None:
    *before, changes = reader.run(journeys()[2], language)
    printed = "\n".join(before)
    assert printed.count("etag-stale") == 1
    assert len(re.findall("(?i)idempotent-replayed: true", printed)) == 1
    told = json.loads(changes)
    assert [item["state"] for item in told["items"]] == ["accepted"]
    assert (told["tombstones"], told["next"]) == ([], None)


def test_an_auditor_finds_every_hash_and_every_number(reader: Reader, language: str) -> None:
    printed = reader.run(journeys()[3], language)
    expected = {
        "curl": r"结论:全部相符 · verdict: ok",
        "Python": r"replayed (\w+) shown \1",
        "Java": r"events \d+, streams \d+: all hashes hold, nothing is missing",
    }
    assert re.fullmatch(expected[language], printed[-1]), printed
    (events,) = {int(count) for line in printed for count in re.findall(r"events (\d+)", line)}
    assert events > 1


def test_a_system_signs_reports_and_reads_back(reader: Reader, language: str) -> None:
    printed = reader.run(journeys()[4], language)
    everything = "\n".join(printed)
    assert re.search("(?i)idempotent-replayed\\W+true", everything)
    assert re.search("(?i)x-request-id", everything)
    assert "jurisdiction-not-permitted" in everything
    submitted = re.findall(r"[0-9a-f-]{36}", printed[-1])[-1]
    assert everything.count(submitted) >= 1
    assert language == "curl" or printed[-1] in {f"True {submitted}", f"true {submitted}"}
