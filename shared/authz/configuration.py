"""Reads the YAML files that say whom an installation trusts, strictly: what is not understood is refused at once."""

import json
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from shared.rules.strict_yaml import load_strict

M = TypeVar("M", bound=BaseModel)


class ConfigurationRefused(RuntimeError):
    """A file cannot be used: names it, the place in it and the reason in one line, and shows no value."""


def read_configuration(file: Path, model: type[M]) -> M:
    """Return what `file` holds; raises ConfigurationRefused for the first thing that is not right."""
    try:
        return model.model_validate_json(json.dumps(load_strict(file.read_text("utf-8"))))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = "/".join(map(str, first["loc"]))
        raise ConfigurationRefused(f"{file}: /{place}: {first['msg'].removeprefix('Value error, ')}") from None
    except OSError as error:
        raise ConfigurationRefused(f"{file}: {error.strerror}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationRefused(f"{file}: line {line}: {error.problem or 'no YAML'}") from None
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, ValueError):
        raise ConfigurationRefused(f"{file}: no YAML of texts, numbers, lists and names") from None
