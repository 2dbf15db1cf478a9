"""What Kafka itself does not tell: a property that it does not know it ignores, a right for nobody it keeps."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from shared.database.databases import SERVICES
from shared.messaging.erasure_topic import ERASURES

REQUIRED = (
    "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found=false",
    "super.users=User:admin",
    "auto.create.topics.enable=false",
    "log.retention.ms=-1",
    "log.retention.bytes=-1",
    "listener.security.protocol.map=BROKER:SASL_SSL,CONTROLLER:SASL_SSL",
    "sasl.enabled.mechanisms=SCRAM-SHA-512",
)
OPERATIONS = {"Read", "Write", "DescribeConfigs"}


def wrong(root: Path) -> Iterator[str]:
    """Yield what the broker's configuration lacks, and lines of acls.csv about nobody or nothing."""
    lines = (root / "deploy/kafka/secured.properties").read_text().splitlines()
    yield from (f"secured.properties lacks {each}" for each in REQUIRED if each not in lines)
    with (root / "deploy/kafka/acls.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    yield from (f"acls.csv: {row}" for row in rows if not _holds(row))


def _holds(row: dict[str, str]) -> bool:
    service, operations = row["principal"].removeprefix("User:"), set(row["operations"].split())
    names = "|".join(SERVICES)
    shape = {"topic": rf"rongcuo\.({names}|{ERASURES})\.v1", "group": rf"rongcuo\.{service}\.[a-z]+"}.get(
        row["resource"], ""
    )
    written = [service, ERASURES] if service == "archive" else [service]
    own = "Write" not in operations or row["name"] in {f"rongcuo.{each}.v1" for each in written}
    return service in SERVICES and re.fullmatch(shape, row["name"]) is not None and own and operations <= OPERATIONS
