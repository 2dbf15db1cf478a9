"""The document of the bus is current, valid, and says what services, rights and topics really are."""

import json
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from rongcuo.asyncapi.document import PRIVATE, document, public_events
from rongcuo.cli import asyncapi
from rongcuo.programs import PROGRAMS
from shared.authz.tokens import TokenVerifier
from shared.contracts import adjudication, archive, intake, notification
from shared.database.databases import SERVICES, Databases
from shared.hosting.installation import Installation
from shared.hosting.opened import Opened
from shared.hosting.worker import Worker, open_worker
from shared.keyring.key_service import FileKeyService
from shared.messaging.acls import read_acls
from shared.messaging.consumer import Consumer, Sink
from shared.rules.loader import load_rulebook
from shared.settings import Settings
from tests.support.node import FOLDER, node, package

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "docs/api/asyncapi.json"
CONTRACTS = {"intake": intake, "adjudication": adjudication, "archive": archive, "notification": notification}
OLDER_VERSION = "asyncapi-latest-version"
Mistake = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def parser() -> Path:
    """The folder in which the parser is installed."""
    package("@asyncapi/parser", "3.6.3")
    return FOLDER


def parsed(parser: Path, told: dict[str, Any]) -> dict[str, Any]:
    """Return what the parser says of a document."""
    command: list[str | Path] = [node(), Path(__file__).with_name("parse.mjs"), parser]
    said = subprocess.run(command, input=json.dumps(told), capture_output=True, text=True, timeout=60, check=True)
    answer: dict[str, Any] = json.loads(said.stdout)
    return answer


def test_the_released_document_is_the_generated_one(capsys: pytest.CaptureFixture[str]) -> None:
    asyncapi()
    told = "rongcuo asyncapi > docs/api/asyncapi.json writes it; raise VERSION, say what is new in CHANGELOG.md"
    assert capsys.readouterr().out == RELEASED.read_text(), told


def test_the_parser_of_asyncapi_finds_no_fault_and_every_operation(parser: Path) -> None:
    answer = parsed(parser, document())
    assert [found for found in answer["diagnostics"] if found["code"] != OLDER_VERSION] == []
    assert answer["operations"] == list(document()["operations"])


def misspelt(told: dict[str, Any]) -> None:
    told["operations"]["intake.relay"]["action"] = "recieve"


def dangling(told: dict[str, Any]) -> None:
    del told["components"]["messages"]["SubmissionAccepted"]


def foreign(told: dict[str, Any]) -> None:
    told["operations"]["intake.adjudication"]["messages"][0]["$ref"] = "#/channels/intake/messages/SubmissionAccepted"


def no_such_type(told: dict[str, Any]) -> None:
    told["components"]["schemas"]["Headers"]["properties"]["ce_id"]["type"] = "uuid"


@pytest.mark.parametrize("mistake", [misspelt, dangling, foreign, no_such_type])
def test_the_parser_refuses_a_planted_mistake(parser: Path, mistake: Mistake) -> None:
    told = deepcopy(document())
    mistake(told)
    assert [found for found in parsed(parser, told)["diagnostics"] if found["severity"] == 0]


@pytest.mark.parametrize("service", SERVICES)
def test_every_contract_is_a_message_of_its_channel(service: str) -> None:
    contracts = {event.__name__ for event in CONTRACTS[service].EVENTS}
    assert set(public_events(service)) == contracts
    assert set(document()["channels"][service]["messages"]) == contracts | {PRIVATE}


async def test_services_receive_what_their_consumers_handle(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = Installation(
        settings=Settings(data=tmp_path),
        given=databases,
        verifier=TokenVerifier({}),
        key_service=FileKeyService.at(tmp_path / "kek"),
        rulebook=load_rulebook(),
        secret=b"s" * 32,
    )
    running: list[Consumer | Sink] = []

    @asynccontextmanager
    async def noted(opened: Opened, consumers: Sequence[Consumer | Sink], models: Any) -> AsyncIterator[Worker]:
        running.extend(consumers)
        async with open_worker(opened, consumers, models) as worker:
            yield worker

    for service in SERVICES:
        monkeypatch.setattr(f"services.{service}.worker.open_worker", noted)
        async with PROGRAMS[service].worker(installation):
            pass
    handled = {each.name: {event.__name__ for event in each.handlers} for each in running if isinstance(each, Consumer)}
    sinks = {(each.name, log) for each in running if isinstance(each, Sink) for log in each.logs}
    operations = {name: each for name, each in document()["operations"].items() if "bindings" in each}
    told_sinks = {(group_of(each), channel_of(each)) for name, each in operations.items() if name not in handled}
    assert set(handled) <= set(operations)
    assert told_sinks == sinks
    for name, events in handled.items():
        told = {message["$ref"].rpartition("/")[2] for message in operations[name]["messages"]}
        assert told == events, name


def user_of(operation: dict[str, Any]) -> str:
    return f"User:{operation['tags'][0]['name']}"


def channel_of(operation: dict[str, Any]) -> str:
    return str(operation["channel"]["$ref"].rpartition("/")[2])


def group_of(operation: dict[str, Any]) -> str:
    """Return the consumer, without the prefix of the topics."""
    return str(operation["bindings"]["kafka"]["groupId"]["enum"][0]).removeprefix("rongcuo.")


def test_groups_and_directions_are_those_of_the_rights_at_the_brokers() -> None:
    acls = read_acls(ROOT / "deploy/kafka/acls.csv")
    operations = document()["operations"].values()
    groups = {(user_of(each), f"rongcuo.{group_of(each)}") for each in operations if "bindings" in each}
    topics = {(each["action"], user_of(each), f"rongcuo.{channel_of(each)}.v1") for each in operations}
    senders = {(who, topic) for action, who, topic in topics if action == "send"}
    readers = {(who, topic) for _, who, topic in topics}  # who publishes looks at the topic, too
    assert groups == {(acl.principal, acl.name) for acl in acls if acl.resource == "group"}
    assert senders == {(acl.principal, acl.name) for acl in acls if acl.operation == "Write"}
    assert readers == {(acl.principal, acl.name) for acl in acls if (acl.resource, acl.operation) == ("topic", "Read")}
