"""The AsyncAPI 3.0 document: topics, public events, who sends and who receives them, headers as they are on the wire.

Outsiders do not get at the topics (they use the event feed); the document is for those who run and review the bus.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel

from rongcuo.programs import PROGRAMS
from services.adjudication.domain import AGGREGATES as ADJUDICATION
from services.archive.domain import AGGREGATES as ARCHIVE
from services.intake.domain import AGGREGATES as INTAKE
from services.notification.domain import AGGREGATES as NOTIFICATION
from shared.contracts.archive import SubjectErased
from shared.kernel.decider import Decider
from shared.kernel.events import Event
from shared.kernel.metadata import Metadata
from shared.messaging.erasure_topic import ERASURES
from shared.messaging.topics import FOREVER, PARTITIONS, topic_name

VERSION = "1.1.0"
"""Of the document: MAJOR when a reader of today would break, MINOR for what is new, PATCH for words."""
PRIVATE = "PrivateEvent"
_PREFIX = "{topic_prefix}"
_SCHEMA = "#/components/schemas/{model}"
_BINDING = {"bindingVersion": "0.5.0"}
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_AGGREGATES: Mapping[str, Mapping[str, Decider[Any]]] = {
    "intake": INTAKE,
    "adjudication": ADJUDICATION,
    "archive": ARCHIVE,
    "notification": NOTIFICATION,
}
_TITLES = {"intake": "受理", "adjudication": "裁定", "archive": "归档", "notification": "送达", ERASURES: "清除名单"}
_HEADERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "content-type": ("总是 JSON。 Always JSON.", {"const": "application/json"}),
    "ce_specversion": ("CloudEvents 版本。 Version of CloudEvents.", {"const": "1.0"}),
    "ce_id": ("事件编号(UUIDv7)。 The event's id.", {"format": "uuid"}),
    "ce_source": ("发出事件的日志。 The log.", {"pattern": f"^/rongcuo/({'|'.join(_AGGREGATES)})$"}),
    "ce_type": ("事件类型。 The event's type.", {}),
    "ce_dataschema": (
        "载荷的结构版本;GET /<服务>/v1/event-types 给出 JSON Schema。 The payload's schema and its version.",
        {"pattern": r"^/[a-z]+/v1/event-types/[A-Za-z]+/[1-9][0-9]*$"},
    ),
    "ce_subject": ("事件所在的流，与记录的键相同。 The stream; equals the record's key.", {}),
    "ce_time": ("记入日志的时刻(UTC)。 When it was recorded.", {"format": "date-time"}),
    "ce_logposition": ("在日志中的位置。 Position in the log.", {"pattern": "^[1-9][0-9]*$"}),
    "ce_streamversion": ("在流中的版本。 Version in the stream.", {"pattern": "^[1-9][0-9]*$"}),
    "metadata": ("元数据的原始字节，见 Metadata。 The metadata as stored.", {"contentMediaType": "application/json"}),
    "traceparent": ("W3C Trace Context，可缺。 May be missing.", {"pattern": "^[0-9a-f]{2}(-[0-9a-f]+){3}$"}),
}


@cache
def document() -> dict[str, Any]:
    """Return the document of the whole installation."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "容错纠错平台事件总线 rongcuo event bus",
            "version": VERSION,
            "description": (
                "每个服务的事件日志原样发布到一个主题：载荷和元数据与存储的字节相同，其余为 CloudEvents 1.0 (二进制)"
                "消息头。只列公开事件：别的服务可据以行动，只含编号、代码和日期，不含密封字段。主题仅供内部使用；"
                "外部系统和审计员使用 HTTP 事件流 GET /<服务>/v1/events。\n\n"
                "Each log is published as stored to a topic of its own; the rest travels as CloudEvents 1.0 headers "
                "(binary mode). Readers ignore members that they do not know. Topics are internal: outsiders use the "
                "feed over HTTP."
            ),
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {name: _channel(name, messages) for name, messages in _CHANNELS.items()},
        "operations": dict(_operations()),
        "components": {
            "messages": dict(_messages()),
            "schemas": {"Headers": _headers(), **_schemas(Metadata), **_members()},
            "securitySchemes": {
                "scram": {"type": "scramSha512", "description": "每个服务一个用户，权限见 deploy/kafka/acls.csv。"}
            },
        },
    }


def public_events(log: str) -> dict[str, tuple[str, type[Event]]]:
    """Return the public events of a log: name → category of its streams and class."""
    return {
        name: (category, event)
        for category, decider in _AGGREGATES[log].items()
        for name, event in decider.codec.types.items()
        if event.public
    }


_CHANNELS: Mapping[str, Sequence[str]] = {
    **{log: [*public_events(log), PRIVATE] for log in _AGGREGATES},
    ERASURES: [SubjectErased.__name__],
}


def _servers() -> dict[str, Any]:
    return {
        "production": {
            "host": "{bootstrap}",
            "protocol": "kafka-secure",
            "description": "RONGCUO_KAFKA：TLS 与 SCRAM-SHA-512。 TLS, a user for each service.",
            "variables": {"bootstrap": {"default": "kafka:9092", "description": "host:port of a broker"}},
            "security": [{"$ref": "#/components/securitySchemes/scram"}],
        },
        "embedded": {
            "host": "127.0.0.1:{port}",
            "protocol": "kafka",
            "description": "rongcuo up --bus kafka：本机试用，不加密。 On this machine only.",
            "variables": {"port": {"default": "9092"}},
        },
    }


def _channel(name: str, messages: Sequence[str]) -> dict[str, Any]:
    listed = "归档的清除事件，启动时先整表读取。 What was erased; read whole before anything is served."
    log = f"{name} 的全部事件，永久保存，以流为键。 Every event, kept for ever, keyed by stream."
    return {
        "address": topic_name(_PREFIX, name),
        "title": f"{_TITLES[name]} {name}",
        "description": listed if name == ERASURES else log,
        "parameters": {"topic_prefix": {"default": "rongcuo", "description": "RONGCUO_TOPIC_PREFIX"}},
        "messages": {message: {"$ref": f"#/components/messages/{message}"} for message in messages},
        "bindings": {
            "kafka": {
                "partitions": PARTITIONS,
                "topicConfiguration": {
                    "cleanup.policy": [FOREVER["cleanup.policy"]],
                    "retention.ms": int(FOREVER["retention.ms"]),
                    "retention.bytes": int(FOREVER["retention.bytes"]),
                },
                **_BINDING,
            }
        },
    }


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for service, program in PROGRAMS.items():
        yield f"{service}.relay", _operation("send", service, service, _CHANNELS[service])
        yield f"{service}.{ERASURES}", _operation("receive", service, ERASURES, _CHANNELS[ERASURES])
        for source, events in program.receives.items():
            name = f"{service}.{source}"
            yield name, _operation("receive", service, source, [event.__name__ for event in events], group=name)
        for sink in program.sinks:
            for log in sink.logs:
                yield f"{sink.name}.{log}", _operation("receive", service, log, _CHANNELS[log], group=sink.name)
    yield "archive.destruction", _operation("send", "archive", ERASURES, _CHANNELS[ERASURES])


def _operation(
    action: str, service: str, log: str, messages: Sequence[str], *, group: str | None = None
) -> dict[str, Any]:
    told = {"send": "发布 publishes", "receive": "据以行动 acts on"}[action]
    operation = {
        "action": action,
        "channel": {"$ref": f"#/channels/{log}"},
        "summary": f"{_TITLES[service]} {service}: {told} {log}",
        "tags": [{"name": service}],
        "messages": [{"$ref": f"#/channels/{log}/messages/{name}"} for name in messages],
    }
    if group:
        allowed = {"type": "string", "enum": [f"rongcuo.{group}"], "description": "rongcuo = RONGCUO_TOPIC_PREFIX"}
        operation["bindings"] = {"kafka": {"groupId": allowed, **_BINDING}}
    return operation


def _messages() -> Iterator[tuple[str, dict[str, Any]]]:
    for log in _AGGREGATES:
        for name, (category, event) in public_events(log).items():
            dataschema = f"/{log}/v1/event-types/{name}/{event.schema_version}"
            fixed = {"ce_source": f"/rongcuo/{log}", "ce_type": name, "ce_dataschema": dataschema}
            headers = {header: {"type": "string", "const": text} for header, text in fixed.items()}
            title, _, summary = (event.__doc__ or name).partition("\n")[0].partition(": ")
            yield name, _message(name, title, summary, headers, f"{category}-{_UUID}", _payload(event))
    told = "各服务自己的事件，别的服务只移动水位线。 Of no concern to others, who only move their watermark."
    yield PRIVATE, _message(PRIVATE, "非公开事件", told, {}, f"[a-z_]+-{_UUID}", {"type": "object"})


def _message(
    name: str, title: str, summary: str, headers: Mapping[str, Any], key: str, payload: Mapping[str, Any]
) -> dict[str, Any]:
    subject = {"type": "string", "pattern": f"^{key}$"}
    own = {**headers, "ce_subject": subject}
    return {
        "name": name,
        "title": title,
        "summary": summary,
        "contentType": "application/json",
        "headers": {"type": "object", "allOf": [{"$ref": "#/components/schemas/Headers"}], "properties": own},
        "payload": payload,
        "bindings": {"kafka": {"key": subject, **_BINDING}},
    }


def _payload(event: type[Event]) -> dict[str, Any]:
    """Return the schema for readers: later members are no mistake, so that nothing is said against them."""
    schema = event.model_json_schema(mode="serialization", ref_template=_SCHEMA)
    return {name: part for name, part in schema.items() if name not in {"additionalProperties", "$defs"}}


def _headers() -> dict[str, Any]:
    properties = {name: {"type": "string", "description": told, **more} for name, (told, more) in _HEADERS.items()}
    return {
        "type": "object",
        "description": "值是 UTF-8 字节。 Values are UTF-8 bytes.",
        "properties": properties,
        "required": [name for name in properties if name != "traceparent"],
    }


def _members() -> dict[str, Any]:
    """Return the schemas of what public events have as members."""
    told = [_schemas(event) for log in _AGGREGATES for _, event in public_events(log).values()]
    return {name: schema for schemas in told for name, schema in list(schemas.items())[:-1]}


def _schemas(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of a model and those of its members, each under its own name."""
    schema = model.model_json_schema(mode="serialization", ref_template=_SCHEMA)
    return {**schema.pop("$defs", {}), model.__name__: schema}
