"""The catalogue of a service's event types: with the feed, all that is needed to fold the log with other code."""

from collections.abc import Sequence
from datetime import date
from typing import Any, get_args

from fastapi import APIRouter
from pydantic import BaseModel

from shared.kernel.decider import Decider
from shared.kernel.events import Event
from shared.kernel.sealed import Sealed
from shared.web.authentication import permitted
from shared.web.routes import router


class DeprecatedVersion(BaseModel):
    """A schema version that is written no more after the day `sunset`; what has been written stays for ever."""

    schema_version: int
    since: date
    sunset: date
    successor: str | None


class EventType(BaseModel):
    """What is published about one event type; `sealed` names the fields whose value is closed."""

    type: str
    aggregate: str
    schema_version: int
    public: bool
    leads_to: str | None
    sets: tuple[str, ...]
    appends_to: str | None
    sealed: tuple[str, ...]
    deprecations: tuple[DeprecatedVersion, ...]
    json_schema: dict[str, Any]


class EventTypes(BaseModel):
    """All event types of the service."""

    items: list[EventType]


def event_types(aggregates: Sequence[Decider[Any]]) -> APIRouter:
    """Return the route that serves the event types of `aggregates`."""
    known = EventTypes(
        items=[
            _described(decider.category, event)
            for decider in aggregates
            for _, event in sorted(decider.codec.types.items())
        ]
    )
    routes = router("审计 Audit")

    @routes.get("/event-types", summary="事件类型", dependencies=[permitted()])
    async def list_event_types() -> EventTypes:
        """Return every event type of this service with its JSON Schema."""
        return known

    return routes


def _described(aggregate: str, event: type[Event]) -> EventType:
    return EventType(
        type=event.__name__,
        aggregate=aggregate,
        schema_version=event.schema_version,
        public=event.public,
        leads_to=event.leads_to,
        sets=event.sets,
        appends_to=event.appends_to,
        sealed=tuple(name for name, field in event.model_fields.items() if _holds_sealed(field.annotation)),
        deprecations=tuple(
            DeprecatedVersion(schema_version=version, **vars(deprecation))
            for version, deprecation in sorted(event.deprecations.items())
        ),
        json_schema=event.model_json_schema(mode="serialization"),
    )


def _holds_sealed(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, Sealed):
        return True
    return any(_holds_sealed(argument) for argument in get_args(annotation))
