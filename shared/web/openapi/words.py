"""The words of a document: what its operations are for, in Chinese, and the values of which its examples are made."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field


class OperationWords(BaseModel):
    """One operation: what it is for, and what in its examples differs from the words of the members.

    `events` are the types that a command writes when it answers `answer`: what its dry run plans.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str
    request: Mapping[str, Any] = Field(default_factory=dict)
    answer: Mapping[str, Any] = Field(default_factory=dict)
    events: tuple[str, ...] = ()


class Words(BaseModel):
    """The words of one service, from `document.yaml` beside its routes, with those that all services share.

    `version` is the document's; `members` gives a value to every member of that name, or, named `Schema.member`, to the
    member of one schema.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = Field(default="1.0.0", pattern=r"^\d+\.\d+\.\d+$")
    tags: Mapping[str, str] = Field(default_factory=dict)
    members: Mapping[str, Any] = Field(default_factory=dict)
    operations: Mapping[str, OperationWords] = Field(default_factory=dict)


def words(package: str | None = None) -> Words:
    """Return the words of the service whose routes are in `package`; None: the shared ones alone."""
    shared = _read("shared.web.openapi")
    if package is None:
        return shared
    own = _read(package)
    return Words(
        version=own.version,
        tags={**shared.tags, **own.tags},
        members={**shared.members, **own.members},
        operations={**shared.operations, **own.operations},
    )


def _read(package: str) -> Words:
    return Words.model_validate(yaml.safe_load(files(package).joinpath("document.yaml").read_text("utf-8")))
