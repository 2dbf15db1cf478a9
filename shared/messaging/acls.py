"""Who may do what at the brokers: the list in a file, and how a cluster is made to agree with it.

One line for each principal and resource: `principal,resource,name,operations` (see deploy/kafka/acls.csv). A right that
stands in the cluster for one of these principals and not in the file is taken away; other principals are left alone.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest_v1
from aiokafka.protocol.api import Request

from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.topics import administrator

_COLUMNS = ["principal", "resource", "name", "operations"]
# Numbers of the protocol: org.apache.kafka.common.resource.ResourceType, …acl.AclOperation and the other enumerations.
_RESOURCES = {"topic": 2, "group": 3}
_OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Delete": 6, "Alter": 7, "Describe": 8, "DescribeConfigs": 10}
_ANY, _LITERAL, _ALLOW = 1, 3, 3
_ANYWHERE = "*"


class AclsRefused(ValueError):
    """A file of rights that cannot be meant, or a cluster that does not take it; the message says where and why."""


@dataclass(frozen=True, order=True)
class Acl:
    """One right: `principal` may do `operation` on the topic or group `name`."""

    principal: str
    resource: str
    name: str
    operation: str

    @property
    def wire(self) -> tuple[int, str, int, str, str, int, int]:
        """The right as the protocol writes it."""
        resource, operation = _RESOURCES[self.resource], _OPERATIONS[self.operation]
        return resource, self.name, _LITERAL, self.principal, _ANYWHERE, operation, _ALLOW


@dataclass(frozen=True)
class Changes:
    """What was done to the cluster: the rights that were given and taken, and how many stood already."""

    given: list[Acl]
    taken: list[Acl]
    standing: int


def read_acls(path: Path) -> set[Acl]:
    """Return the rights in a file; raises AclsRefused with the number of a line that cannot be meant."""
    try:
        with path.open(newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise AclsRefused(f"{path}: {error}") from None
    if not rows or rows[0] != _COLUMNS:
        raise AclsRefused(f"{path}: the first line has to be {','.join(_COLUMNS)}")
    return {acl for number, row in enumerate(rows[1:], 2) for acl in _rights(path, number, row)}


async def apply_acls(settings: KafkaSettings, wanted: set[Acl]) -> Changes:
    """Make the rights of the principals in `wanted` those and no others; new ones are given before old ones are taken.

    `settings` are an administrator's. Raises AclsRefused when the cluster does not take them.
    """
    async with administrator(settings) as admin:
        standing = await _standing(admin, {acl.principal for acl in wanted})
        given, taken = sorted(wanted - standing), sorted(standing - wanted)
        for acl in given:
            _check((await _send(admin, CreateAclsRequest(*acl.wire))).creation_responses, acl)
        for acl in taken:
            _check((await _send(admin, DeleteAclsRequest(*acl.wire))).filter_responses, acl)
    return Changes(given, taken, len(wanted & standing))


def _rights(path: Path, number: int, row: list[str]) -> list[Acl]:
    if len(row) != len(_COLUMNS):
        raise AclsRefused(f"{path}, line {number}: has {len(row)} columns of {len(_COLUMNS)}")
    principal, resource, name, operations = row
    if not principal.startswith("User:") or resource not in _RESOURCES or not name:
        raise AclsRefused(f"{path}, line {number}: wants User:<name>, then one of {', '.join(_RESOURCES)}, then a name")
    if not operations.split() or set(operations.split()) - set(_OPERATIONS):
        raise AclsRefused(f"{path}, line {number}: wants some of {', '.join(_OPERATIONS)}")
    return [Acl(principal, resource, name, operation) for operation in operations.split()]


async def _standing(admin: AIOKafkaAdminClient, principals: Iterable[str]) -> set[Acl]:
    found = set()
    resources, operations = _names(_RESOURCES), _names(_OPERATIONS)
    for principal in principals:
        answer = await _send(admin, _Describe(principal))
        if answer.error_code:
            raise AclsRefused(f"Kafka: {for_code(answer.error_code).__name__}: {answer.error_message}")
        for kind, name, _, acls in answer.resources:
            if kind in resources:
                found |= {Acl(principal, resources[kind], name, operations[what]) for _, _, what, _ in acls}
    return found


class _Describe(Request[DescribeAclsRequest_v1]):  # type: ignore[misc]  # aiokafka has no types
    """Asks for all rights of a principal; aiokafka's own request offers a version 2 that it does not write."""

    API_KEY = DescribeAclsRequest_v1.API_KEY

    def __init__(self, principal: str) -> None:
        self._principal = principal

    def build(self, request_struct_class: type[DescribeAclsRequest_v1]) -> DescribeAclsRequest_v1:
        return request_struct_class(_ANY, None, _ANY, self._principal, None, _ANY, _ANY)


async def _send(admin: AIOKafkaAdminClient, request: Any) -> Any:
    return await admin._send_to_controller(request)


def _check(answers: Iterable[Any], acl: Acl) -> None:
    for code, message, *_ in answers:
        if code:
            raise AclsRefused(f"{acl}: {for_code(code).__name__}: {message}")


def _names(numbers: dict[str, int]) -> dict[int, str]:
    return {number: name for name, number in numbers.items()}
