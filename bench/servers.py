"""Private servers for one measurement: on a real disk, durable, gone afterwards."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rongcuo.embedded.kafka import Kafka
from rongcuo.embedded.postgres import Postgres


@contextmanager
def place() -> Iterator[Path]:
    """Yield a fresh directory on the disk of the temporary directory (TMPDIR), which should be a real one."""
    directory = Path(tempfile.mkdtemp(prefix="rongcuo-bench-"))
    directory.chmod(0o711)
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


@contextmanager
def postgres(directory: Path) -> Iterator[Postgres]:
    """Run a PostgreSQL with its defaults (fsync, synchronous_commit and full_page_writes on)."""
    with Postgres(directory / "postgres", password=secrets.token_hex(16), log=directory / "postgres.log") as server:
        yield server


@contextmanager
def kafka(directory: Path) -> Iterator[Kafka]:
    """Run an Apache Kafka of one node."""
    with Kafka(directory / "kafka", log=directory / "kafka.log") as broker:
        yield broker
