"""What is signed and how: published vectors, our own, and the Java sample against both and against the services."""

import ast
import asyncio
import hashlib
import json
import socket
from base64 import b64encode
from hmac import digest
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_to_bytes

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from rongcuo.embedded.artifacts import jars
from rongcuo.platform import application
from shared.authz.configuration import ConfigurationRefused
from shared.authz.signed_requests import canonical_path, canonical_query, canonical_string, sign
from shared.authz.systems import load_systems
from tests.authz.doors import SECRET, Doors
from tests.journeys.pages import journeys, program
from tests.support.java import compile_java, run_java

DOCUMENTS = Path(__file__).parents[2] / "docs"
VECTORS: list[dict[str, Any]] = json.loads((DOCUMENTS / "signed-request-vectors.json").read_text())["vectors"]
SAMPLE = DOCUMENTS / "signed-requests" / "SignedRequest.java"
LIBRARY = Path(__file__).parents[1] / "support" / "bcprov.lock"
WYCHEPROOF = [
    (
        "1e225cafb90339bba1b24076d4206c3e79c355805d851682bc818baa4f5a7779",
        "",
        "f9938b1b2515117f25dcd636c9a6a0e7f00bccaf5347e0e0df435cfca736cfc1",
    ),
    (
        "8159fd15133cd964c9a6964c94f0ea269a806fd9f43f0da58b6cd1b33d189b2a",
        "77",
        "51aaf64843b6d2fc7a244ab9cda9b7b57164ce6a865f9808c01931b46195411d",
    ),
    (
        "6fa353868c82e5deeedac7f09471a61bf749ab5498239e947e012eee3c82d7c4",
        "aeed3e4d4cb9bbb60d482e98c126c0f5",
        "d92d6e7f3f9d0158602c327f075e27226c8591f3a667d768a25e4a6dd491b754",
    ),
    (
        "28855c7efc8532d92567300933cc1ca2d0586f55dcc9f054fcca2f05254fbf7f",
        "9c09207ff0e6e582cb3747dca954c94d45c05e93f1e6f21179cf0e25b4cede74b5479d32f5166935c86f0441905865",
        "3ced1794d623cea2d09ab1e9dfd912b3cc53f6a517143d051301287cbf5dce4d",
    ),
]
"""Key, message and tag: tests 1, 2, 17 and 21 of testvectors_v1/hmac_sm3_test.json of Project Wycheproof."""
SM3_OF_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
"""GB/T 32905-2016, annex A.1."""


def members(vector: dict[str, Any]) -> tuple[str, str, str, bytes, str, str]:
    body = str(vector["body"]).encode()
    return (vector["method"], vector["path"], vector["query"], body, vector["timestamp"], vector["nonce"])


def hmac_by_hand(key: bytes, message: bytes) -> bytes:
    """HMAC (RFC 2104 §2) as it is written, over the SM3 of another library."""
    padded = key.ljust(64, b"\0")
    inner = hashlib.new("sm3", bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return hashlib.new("sm3", bytes(byte ^ 0x5C for byte in padded) + inner).digest()


@pytest.mark.parametrize(("key", "message", "tag"), WYCHEPROOF)
def test_hmac_sm3_is_that_of_the_published_vectors(key: str, message: str, tag: str) -> None:
    assert hmac_by_hand(bytes.fromhex(key), bytes.fromhex(message)).hex() == tag
    assert digest(bytes.fromhex(key), bytes.fromhex(message), "sm3").hex() == tag


def test_sm3_is_that_of_the_standard() -> None:
    assert canonical_string("GET", "/", "", b"abc", "1", "n").split("\n")[3] == SM3_OF_ABC


@given(st.binary(min_size=1, max_size=64), st.text())
def test_a_signature_is_hmac_sm3(secret: bytes, text: str) -> None:
    message = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    assert sign(secret, message) == hmac_by_hand(secret, message.encode())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_published_vectors_hold(vector: dict[str, Any]) -> None:
    text = canonical_string(*members(vector))
    assert text == vector["canonical"]
    assert b64encode(sign(vector["secret"].encode(), text)).decode() == vector["signature"]


def test_what_means_the_same_is_signed_the_same() -> None:
    assert canonical_path("/a%2db/%7e/%e5%b7%a5") == canonical_path("/a-b/~/%E5%B7%A5") == "/a-b/~/%E5%B7%A5"
    assert canonical_query("b=2&a=%31&a=") == canonical_query("a=&b=2&a=1") == "a=&a=1&b=2"
    assert canonical_query("q=a+b&&x") == canonical_query("x=&q=a%20b") == "q=a%20b&x="
    different = {canonical_query(query) for query in ("a=1&b=2", "a=1%26b=2", "a=1%26b%3D2", "a%3D1=&b=2", "a=2&b=1")}
    assert len(different) == 5 - 1, "an equals sign in a value may be escaped or not"
    assert canonical_path("/a%2Fb") != canonical_path("/a/b")


@given(st.binary())
def test_every_byte_counts(content: bytes) -> None:
    escaped = "".join(f"%{byte:02x}" for byte in content)
    assert unquote_to_bytes(canonical_path(escaped)) == content
    assert unquote_to_bytes(canonical_query(f"a={escaped}").removeprefix("a=")) == content


@given(st.lists(st.tuples(st.text(), st.text())))
def test_the_order_of_parameters_does_not_matter(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in pairs)
    backwards = "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in reversed(pairs))
    assert canonical_query(query) == canonical_query(backwards)
    assert canonical_query(canonical_query(query)) == canonical_query(query)


def _escaped(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))


def test_the_python_sample_signs_the_queries_of_the_vectors() -> None:
    tree = ast.parse(program(journeys()[-1], "Python"))
    (sample,) = (each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == "canonical")
    known: dict[str, Any] = {"parse_qsl": parse_qsl, "quote": quote}
    exec(ast.unparse(sample), known)
    for vector in VECTORS:
        assert known["canonical"](vector["query"]) == vector["canonical"].split("\n")[2], vector["name"]


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample and the reader of vectors, compiled."""
    into = tmp_path_factory.mktemp("java")
    compile_java([SAMPLE, Path(__file__).parent / "java" / "Vectors.java"], into, jars(LIBRARY))
    return into


def test_the_java_sample_signs_the_vectors(classes: Path) -> None:
    lines = []
    for vector in VECTORS:
        told = [part if isinstance(part, bytes) else part.encode() for part in members(vector)]
        lines.append(" ".join(b64encode(part).decode() for part in [*told, vector["secret"].encode()]))
    ran = run_java(classes, "Vectors", libraries=jars(LIBRARY), given="\n".join(lines) + "\n")
    assert ran.returncode == 0, ran.stderr
    expected = [f"{b64encode(each['canonical'].encode()).decode()} {each['signature']}" for each in VECTORS]
    assert ran.stdout.splitlines() == expected


async def test_the_java_sample_is_admitted_by_a_running_service(classes: Path, doors: Doors) -> None:
    app = application(doors.installation, ["intake"], [])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        base = f"http://127.0.0.1:{listening.getsockname()[1]}/intake/v1"
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        serving = asyncio.create_task(server.serve(sockets=[listening]))

        async def ask(*arguments: str, secret: str = SECRET.decode()) -> list[str]:
            environment = {"APP_SECRET": secret}
            ran = await asyncio.to_thread(
                run_java, classes, "SignedRequest", *arguments, environment=environment, libraries=jars(LIBRARY)
            )
            assert ran.returncode == 0, ran.stderr
            return ran.stdout.splitlines()

        party = (
            '{"party_id":"0190f1c0-0000-7000-8000-00000000000a","kind":"unit","jurisdiction":"331123","name":"某局"}'
        )
        assert (await ask("province-01", "GET", f"{base}/drafts?limit=5"))[0] == "200"
        assert (await ask("province-01", "get", f"{base}/drafts?limit=%35"))[0] == "200"
        chinese = await ask("province-01", "GET", f"{base}/drafts?limit=2&of=容错&of=%e7%ba%a0")
        assert json.loads(chinese[1])["code"] == "query-parameter-unknown", "it is admitted, and read as it was meant"
        assert (await ask("province-01", "post", f"{base}/parties", party))[0] == "201"
        refused = await ask("province-01", "GET", f"{base}/drafts", secret="x" * 32)
        assert (refused[0], json.loads(refused[1])["code"]) == ("401", "signature-invalid")
        server.should_exit = True
        await serving


GOOD = """
systems:
  - app_id: province-01
    secrets: [{secret}, {secret}]
    roles: [inspection_team]
    services: [intake]
    jurisdictions: ["331100*"]
"""


def test_systems_are_read_strictly(tmp_path: Path) -> None:
    file, text = tmp_path / "systems.yaml", GOOD.format(secret="某" * 32)
    file.write_text(text)
    (system,) = load_systems(file).values()
    assert system.caller.subject == "system:province-01"
    assert system.caller.roles == {"inspection_team"}
    assert system.caller.jurisdictions == ("331100*",)
    assert system.secrets == (("某" * 32).encode(),) * 2
    assert "某" not in repr(system)
    for wrong in (
        text.replace("某" * 32, "某" * 31),
        text.replace("province-01", "p"),
        text.replace("inspection_team", "superuser"),
        text.replace("[intake]", "[everything]"),
        text.replace("roles: [inspection_team]", "roles: []"),
        text.replace('"331100*"', "331100"),
        text + text.split("systems:")[1],
        "systems: []",
    ):
        file.write_text(wrong)
        with pytest.raises(ConfigurationRefused) as refused:
            load_systems(file)
        assert "某" not in str(refused.value)
        assert "\n" not in str(refused.value)
