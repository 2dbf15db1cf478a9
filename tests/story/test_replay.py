"""The auditor's program agrees with an honest installation, and names the first thing that is wrong with another."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from rongcuo.demo.client import Json
from shared.database.databases import SERVICES
from tests.story.conftest import Told
from tests.story.evidence import feed
from tests.story.processes import HOST, ROOT, clean_environment

REPLAY = ROOT / "docs/audit/replay.py"
Alter = Callable[[list[Json]], None]


def replay(*arguments: str, token: str) -> subprocess.CompletedProcess[str]:
    """Run the program as an auditor does: with no path to our code, and with the token in the environment."""
    command = [sys.executable, "-I", str(REPLAY), *arguments]
    environment = clean_environment() | {"RONGCUO_TOKEN": token}
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("service", SERVICES)
def test_every_log_is_found_in_order(told: Told, service: str) -> None:
    installation = told.installation
    answer = replay(installation.base[service], service, token=installation.auditor_token())
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stdout.splitlines()[-1] == "结论:全部相符 · verdict: ok"
    assert answer.stdout.startswith(f"{service}: 事件 ")


def test_everything_that_the_api_shows_an_auditor_of_a_matter_equals_the_replay(told: Told, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(told.installation.auditor_token() + "\n")
    shown = {
        "intake": [f"parties/{told.zhong.party}", f"submissions/{told.applicant.submission}"],
        "adjudication": [f"tolerance-cases/{told.zhong.case}", f"tolerance-cases/{told.applicant.case}"],
        "archive": [f"dossiers/{told.zhong.case}"],
    }
    for service, resources in shown.items():
        compared = [argument for resource in resources for argument in ("--compare", f"/{service}/v1/{resource}")]
        address = told.installation.base[service]
        answer = replay(address, service, "--token-file", str(token), *compared, token="")
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert answer.stdout.count("equal to the replay") == len(resources)


def test_without_a_token_or_with_a_wrong_one_it_says_so(told: Told) -> None:
    address = told.installation.base["intake"]
    assert "no token" in replay(address, "intake", token=" ").stdout
    wrong = replay(address, "intake", token="wrong")
    assert (wrong.returncode, "HTTP 401" in wrong.stdout) == (1, True)


def test_a_document_that_differs_from_its_events_is_noticed(local_story: Told) -> None:
    path = f"/adjudication/v1/tolerance-cases/{local_story.zhong.case}"
    with copy_of(local_story, lambda _: None, {path: {"outcome": "refused"}}) as address:
        answer = replay(address, "adjudication", "--compare", path, token="any")
    assert answer.returncode == 1
    assert f"{path}: outcome: " in answer.stdout


def byte(items: list[Json]) -> None:
    items[4]["payload"] = items[4]["payload"].replace("2022-04-25", "2022-04-26", 1)


def hole(items: list[Json]) -> None:
    del items[4]


def gap_in_stream(items: list[Json]) -> None:
    items[4]["version"] += 1


def same_id(items: list[Json]) -> None:
    items[4]["event_id"] = items[3]["event_id"]


def clock_back(items: list[Json]) -> None:
    items[4]["recorded_at"] = items[3]["recorded_at"].replace("202", "201", 1)


def white_space(items: list[Json]) -> None:
    items[4]["payload"] = items[4]["payload"].replace(",", ", ", 1)


def floating(items: list[Json]) -> None:
    items[4]["payload"] = '{"a":1.5}'


def member_twice(items: list[Json]) -> None:
    items[4]["metadata"] = '{"a":1,"a":1}'


def other_log(items: list[Json]) -> None:
    items[4]["log"] = "intake"


def unknown_type(items: list[Json]) -> None:
    items[4]["type"] = "Invented"


def short(items: list[Json]) -> None:
    del items[4:]


def rehashed(alter: Alter) -> Alter:
    """Return a forger who knows how hashes are computed."""

    def forge(items: list[Json]) -> None:
        alter(items)
        for item in items:
            kept = ("event_id", "log", "position", "recorded_at", "schema_version", "stream", "type", "version")
            record = {name: item[name] for name in kept}
            for part in ("payload", "metadata"):
                record[f"{part}_sha256"] = hashlib.sha256(item[part].encode()).hexdigest()
            text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            item["hash"] = hashlib.sha256(text.encode()).hexdigest()

    return forge


@pytest.mark.parametrize(
    ("alter", "named"),
    [
        (byte, "#5 (InvestigationRecorded): 哈希不符"),
        (hole, "#6 (InvestigationRecorded): 位置不连续"),
        (rehashed(gap_in_stream), "#5 (InvestigationRecorded): 版本不连续"),
        (rehashed(same_id), "#5 (InvestigationRecorded): 事件编号重复"),
        (rehashed(clock_back), "#5 (InvestigationRecorded): 记录时间倒退"),
        (rehashed(white_space), "#5 (InvestigationRecorded): 字节不规范 payload"),
        (rehashed(floating), "#5 (InvestigationRecorded): 字节不规范 payload"),
        (rehashed(member_twice), "#5 (InvestigationRecorded): 字节不规范 metadata"),
        (rehashed(other_log), "#5 (InvestigationRecorded): 日志名"),
        (rehashed(unknown_type), "#5 (Invented): 事件类型未公布"),
        (short, "adjudication #5: 缺失"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_log_that_was_tampered_with_is_refused(local_story: Told, alter: Alter, named: str) -> None:
    with copy_of(local_story, alter) as address:
        answer = replay(address, "adjudication", token="any")
    assert answer.returncode == 1, answer.stdout
    assert "结论:不符 · verdict: DIFFERENT" in answer.stdout
    assert named in answer.stdout


@contextmanager
def copy_of(told: Told, alter: Alter, changed: dict[str, Json] | None = None) -> Iterator[str]:
    """Serve a copy of adjudication's pages in which somebody has altered the feed, or members of documents."""
    address = told.installation.base["adjudication"]
    headers = {"Authorization": f"Bearer {told.installation.auditor_token()}"}
    with httpx.Client(base_url=address, headers=headers, trust_env=False) as original:
        paths = ["/adjudication/v1/event-types", *(changed or {})]
        pages = {path: original.get(path).json() | (changed or {}).get(path, {}) for path in paths}
        page = original.get("/adjudication/v1/events", params={"limit": 1000}).json()
    alter(page["items"])
    page["next_after"] = page["items"][-1]["position"]
    with served(pages, page) as copy:
        yield copy


@contextmanager
def served(pages: dict[str, Json], events: Json) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            rest = events | {"items": []}
            found = pages.get(self.path) or (events if "after=0&" in self.path else rest)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{HOST}:{server.server_port}"
        server.shutdown()
        thread.join()


async def test_the_feed_has_the_size_that_the_program_counts(local_story: Told) -> None:
    installation = local_story.installation
    items = await feed(installation.cast.auditor, "/adjudication/v1/events")
    answer = replay(installation.base["adjudication"], "adjudication", token=installation.auditor_token())
    streams = len({item["stream"] for item in items})
    assert answer.stdout.startswith(f"adjudication: 事件 {len(items)} events, 流 {streams} streams: 无误 ok")
