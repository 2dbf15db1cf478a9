"""Asks Cedar: who may do what is in the policy files beside this module, and nowhere else (docs/authorisation.md).

Cedar takes 80 µs for an answer. It depends on nothing but roles, operation, class of data and facts, so it is kept.
"""

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import cedarpy

from shared.authz.conditions import FALSE, TRUE, Condition, condition_of
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.roles import Role

KEPT = 65_536


class PoliciesRefused(Exception):
    """The policies do not fit their schema; the message is Cedar's."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer, and the ids of the policies that led to it: of those that permit, or of those that forbid."""

    permitted: bool
    policies: tuple[str, ...]


class PolicyEngine:
    """The policies of this build, parsed once; `digest` (SHA-256, hexadecimal) names them."""

    def __init__(self, policies: str, schema: str) -> None:
        """Raise PoliciesRefused unless every policy fits the schema and has an id of its own."""
        checked = cedarpy.validate_policies(policies, schema)
        if not checked.validation_passed:
            raise PoliciesRefused("; ".join(map(str, checked.errors)))
        _check_ids(policies)
        self.digest = sha256(f"{schema}\0{policies}".encode()).hexdigest()
        self._policies = cedarpy.PolicySet.from_str(policies)
        self._schema = cedarpy.Schema.from_str(schema)
        self._entities = lru_cache(KEPT)(self._who_and_what)
        self.decide = lru_cache(KEPT)(self._decide)
        self.condition = lru_cache(KEPT)(self._condition)
        self.ever = lru_cache(KEPT)(self._ever)
        self.grounds = lru_cache(KEPT)(self._grounds)

    def knows(self, action: str) -> bool:
        """Tell whether the schema has an operation of this name."""
        request = _request(action) | {"context": Facts()._asdict()}
        answer = cedarpy.is_authorized(
            request, self._policies, self._entities(frozenset(), DataClass.RECORD), self._schema
        )
        return answer.decision is not cedarpy.Decision.NoDecision

    def _decide(self, roles: frozenset[str], action: str, facts: Facts, data: DataClass) -> Decision:
        """Return what the policies say of `action` on content of class `data`; an error in one of them is a no."""
        request = _request(action) | {"context": facts._asdict()}
        answer = cedarpy.is_authorized(request, self._policies, self._entities(roles, data), self._schema)
        named = answer.diagnostics.id_annotations_by_reason
        ids = tuple(sorted(named[reason] for reason in answer.diagnostics.reasons))
        return Decision(answer.allowed and not answer.diagnostics.errors, ids)

    def _condition(self, roles: frozenset[str], action: str, data: DataClass) -> Condition:
        """Return what has to be true of a thing for `decide` to permit: the form from which list filters are made."""
        answer = cedarpy.is_authorized_partial(
            _request(action), self._policies, self._entities(roles, data), self._schema
        )
        return condition_of(answer.residuals.values())

    def _ever(self, roles: frozenset[str], action: str) -> bool:
        """Tell whether there can be a thing on which `action` is permitted to these roles."""
        request = _request(action) | {"resource": None}
        entities = self._entities(roles, DataClass.RECORD)
        answer = cedarpy.is_authorized_partial(request, self._policies, entities, self._schema)
        return answer.decision is not cedarpy.Decision.Deny

    def _grounds(self, roles: frozenset[str], action: str) -> frozenset[str]:
        """Return the ids of the policies from which the filter of a list is made."""
        answer = cedarpy.is_authorized_partial(
            _request(action), self._policies, self._entities(roles, DataClass.RECORD), self._schema
        )
        permits = [each for each in answer.residuals.values() if each["effect"] == "permit"]
        return frozenset(each["annotations"]["id"] for each in permits if condition_of([each]) != FALSE)

    def published(self, action: str) -> bool:
        """Tell whether everybody may do `action` on everything."""
        return all(self.condition(frozenset(), action, data) == TRUE for data in DataClass)

    def roles(self, action: str) -> tuple[Role, ...]:
        """Return the roles each of which is, alone, at times permitted `action`."""
        return tuple(role for role in sorted(Role) if self.ever(frozenset({role.value}), action))

    def _who_and_what(self, roles: frozenset[str], data: DataClass) -> cedarpy.Entities:
        """Return the entities of a question; those of the operations come from the schema."""
        named = [{"type": "Role", "id": role} for role in sorted(roles)]
        entities = [
            {"uid": {"type": "Person", "id": "caller"}, "attrs": {}, "parents": named},
            {"uid": {"type": "Content", "id": "content"}, "attrs": {"class": data.value}, "parents": []},
            *({"uid": role, "attrs": {}, "parents": []} for role in named),
        ]
        return cedarpy.Entities.from_json_str(json.dumps(entities), self._schema)


@cache
def policies() -> PolicyEngine:
    """Return the engine with the policies that this build carries."""
    folder = sorted(files("shared.authz").joinpath("policies").iterdir(), key=lambda file: file.name)

    def text(ending: str) -> str:
        return "\n".join(file.read_text("utf-8") for file in folder if file.name.endswith(ending))

    return PolicyEngine(text(".cedar"), text(".cedarschema"))


def _check_ids(policies: str) -> None:
    """What permitted a command is kept for ever by its id."""
    parsed = json.loads(cedarpy.policies_to_json_str(policies))["staticPolicies"].values()
    ids = [policy.get("annotations", {}).get("id") for policy in parsed]
    if None in ids or len(ids) != len(set(ids)):
        raise PoliciesRefused("every policy needs an @id that no other has")


def _request(action: str) -> dict[str, Any]:
    return {
        "principal": 'Person::"caller"',
        "action": f'Action::"{action}"',
        "resource": 'Content::"content"',
    }
