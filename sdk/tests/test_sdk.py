"""Both clients come out of the released documents and work."""

import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from sdk.documents import Document, merged, released
from sdk.kotlin import compile_kotlin, generate_kotlin
from sdk.python import PYTHON, GenerationFailed, generate_python
from shared.kernel.ids import new_id
from tests.story.installations import Installation, installed
from tests.story.processes import clean_environment
from tests.support.servers import Server, postgres_server

STORY = Path(__file__).with_name("story.py")
METHODS = {"get", "put", "post", "patch", "delete"}


@pytest.fixture(scope="module")
def document() -> Document:
    return merged(released())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres_server() as running:
        yield running


@pytest.fixture
async def installation(server: Server, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installed(tmp_path, server.dsn, None) as running:
        yield running


def operations(document: Document) -> set[str]:
    """Return the names of all operations."""
    return {
        each["operationId"] for item in document["paths"].values() for name, each in item.items() if name in METHODS
    }


def test_no_operation_and_no_model_is_lost(document: Document) -> None:
    documents = released().values()
    assert len(operations(document)) == sum(len(each["paths"][path]) for each in documents for path in each["paths"])
    models = {name for each in documents for name in each["components"]["schemas"]}
    assert set(document["components"]["schemas"]) == models


def test_a_model_that_differs_between_services_is_refused() -> None:
    documents = released()
    documents["archive"]["components"]["schemas"]["CommandResult"]["properties"]["version"]["type"] = "string"
    with pytest.raises(ValueError, match="archive: components/schemas/CommandResult"):
        merged(documents)


def test_a_document_with_a_hole_is_refused(document: Document, tmp_path: Path) -> None:
    torn = deepcopy(document)
    del torn["components"]["schemas"]["CommandResult"]
    with pytest.raises(GenerationFailed, match="CommandResult"):
        generate_python(torn, tmp_path)


async def test_the_python_client_plays_the_story(
    document: Document, installation: Installation, tmp_path: Path
) -> None:
    party = new_id()

    def token(*roles: str, **claims: Any) -> str:
        return installation.issuer.token(roles=roles, jurisdictions=["331123"], **claims)

    environment = {
        "PERSON": token("applicant_person", "subject", subject=f"person-{party}", party=party),
        "OFFICER": token("handling_office", subject="officer-17", organisation="331123-dic"),
        "LEADER": token("dic_leader", subject="leader-01", organisation="331123-dic"),
        "MEMBER": token("adjudication_committee", subject="member-01"),
    }
    environment |= {"PARTY": str(party), "API": installation.base["intake"]}
    environment |= {"PYTHONPATH": str(generate_python(document, tmp_path / "python"))}
    command = [PYTHON, STORY]
    done = subprocess.run(
        command, env=clean_environment() | environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    case = json.loads(done.stdout.splitlines()[-1])
    assert (case["state"], case["outcome"]) == ("fed_back", "exempt")


def test_the_python_client_reads_what_a_later_release_answers(document: Document, tmp_path: Path) -> None:
    later = {"id": str(new_id()), "href": "/adjudication/v1/tolerance-cases/1", "state": "of-tomorrow", "more": 1}
    program = f"""
import inspect
from rongcuo_client.api.drafts import list_drafts
from rongcuo_client.models import CaseLink
assert CaseLink.from_dict({later!r}).state == "of-tomorrow"
assert {{"rongcuo_purpose", "if_none_match"}} <= set(inspect.signature(list_drafts.sync_detailed).parameters)
"""
    environment = clean_environment() | {"PYTHONPATH": str(generate_python(document, tmp_path))}
    subprocess.run([PYTHON, "-c", program], env=environment, check=True, timeout=60)


def test_the_kotlin_client_compiles_with_every_operation(document: Document, tmp_path: Path) -> None:
    project = generate_kotlin(document, tmp_path / "kotlin")
    classes = compile_kotlin(project)
    apis = "".join(path.read_text() for path in project.glob("src/main/kotlin/**/apis/*.kt"))
    assert operations(document)
    assert [name for name in operations(document) if f"fun {camel(name)}(" not in apis] == []
    assert {path.stem for path in classes.glob("**/apis/*Api.class")} == {
        path.stem for path in project.glob("src/main/kotlin/**/apis/*.kt")
    }


def test_kotlin_that_is_wrong_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "src/main/kotlin/Wrong.kt"
    source.parent.mkdir(parents=True)
    source.write_text("val number: Int = 容错")
    with pytest.raises(GenerationFailed, match=r"Wrong\.kt:1:19"):
        compile_kotlin(tmp_path)


def camel(name: str) -> str:
    """Return `list_events` as `listEvents`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
