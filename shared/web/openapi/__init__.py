"""The OpenAPI 3.1 document of a service: FastAPI's own, with every problem, header and example of every operation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.authz.policy_engine import policies
from shared.kernel.decider import Decider
from shared.web.known_values import Codes
from shared.web.openapi import open_strings
from shared.web.openapi.answers import HEADERS, complete, problem_examples
from shared.web.openapi.examples import Composer
from shared.web.openapi.open_answers import METHODS, open_answers
from shared.web.openapi.parameters import complete_parameters
from shared.web.openapi.refusals import particular_modules, refused
from shared.web.openapi.security import SCHEMES, WAYS_IN
from shared.web.openapi.words import Words
from shared.web.problems import ProblemBody
from shared.web.routes import GuardedRoute

Json = dict[str, Any]
_CONTACT = {"name": "容错纠错与澄清正名平台"}


@dataclass(frozen=True)
class Described:
    """What a document is made of beside the application: its routes by name, its aggregates, codes and words."""

    routes: Mapping[str, GuardedRoute]
    aggregates: Sequence[Decider[Any]] = ()
    codes: Codes = field(default_factory=dict)
    words: Words = field(default_factory=Words)


def document(app: FastAPI, described: Described) -> Json:
    """Return the document."""
    spec = get_openapi(
        title=app.title,
        version=described.words.version,
        description=app.description,
        routes=app.routes,
        contact=_CONTACT,
        servers=[{"url": "/", "description": "本系统；路径以服务名开头。"}],
    )
    components: Json = spec.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    schemas: Json = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schema = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schema.pop("$defs", {}) | {"Problem": schema}
    _complete(spec, described)
    open_strings.tell(schemas, described.aggregates, described.codes)
    open_answers(spec)
    _keep_used(components, spec)
    return spec


def _complete(spec: Json, described: Described) -> None:
    schemas: Json = spec["components"]["schemas"]
    events = {name: event for decider in described.aggregates for name, event in decider.codec.types.items()}
    composer = Composer(schemas, described.words, events)
    particular = particular_modules(described.routes.values())
    for path, operations in spec["paths"].items():
        for method, operation in ((method, told) for method, told in operations.items() if method in METHODS):
            name = operation["operationId"]
            complete_parameters(method, operation)
            operation["security"] = WAYS_IN
            _tell_roles(operation, described.routes[name].action)
            complete(operation, refused(described.routes[name], operation, particular), schemas)
            if own := described.words.operations.get(name):
                operation["description"] = own.description
            composer.add(path, operation)
    tags = sorted(
        {tag for operations in spec["paths"].values() for told in operations.values() for tag in told["tags"]}
    )
    spec["tags"] = [{"name": tag, "description": described.words.tags.get(tag, tag)} for tag in tags]


def _keep_used(components: Json, spec: Json) -> None:
    """Keep the headers and the problems that some operation names."""
    text = str(spec["paths"])
    for kind, known in (("headers", HEADERS), ("examples", problem_examples())):
        components[kind] = {name: value for name, value in known.items() if f"#/components/{kind}/{name}'" in text}


def _tell_roles(operation: Json, action: str) -> None:
    """Name the roles each of which may, alone, do this to some thing; none where every valid token may."""
    if not policies().published(action):
        operation["x-roles"] = list(policies().roles(action))
