"""Follows a route through the code that it runs, and finds the texts that stand in it."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType
from typing import Any, get_type_hints

_EDGE = ("shared.web", "shared.authz", "shared.eventstore", "shared.kernel", "shared.keyring", "shared.database")


def texts(endpoint: Callable[..., Any]) -> set[str]:
    """Return every string literal in `endpoint` and in what it calls, without the machinery that all routes share.

    Followed are functions by name, methods by the annotated type of what they are called on, and from a class of
    commands every function of its package that takes one: the domain dispatches on the command's class.
    """
    first = inspect.unwrap(endpoint)
    found: set[str] = set()
    seen: set[FunctionType] = set()
    left: list[Any] = [first]
    while left:
        function = left.pop()
        if isinstance(function, FunctionType) and function not in seen and _is_followed(function, first.__module__):
            seen.add(function)
            found |= literals(_tree(function))
            left += _called(function)
    return found


def literals(tree: ast.AST) -> set[str]:
    """Return every string literal of a syntax tree."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _is_followed(function: FunctionType, home: str) -> bool:
    name = function.__module__
    return name == home or (name.startswith(("services.", "shared.")) and not name.startswith(_EDGE))


@cache
def _tree(function: FunctionType) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def _called(function: FunctionType) -> Iterator[Any]:
    scope = sys.modules[function.__module__].__dict__
    types = _types(function)
    for node in ast.walk(_tree(function)):
        named: Any = None
        if isinstance(node, ast.Name):
            named = scope.get(node.id)
        elif isinstance(node, ast.Attribute):
            named = _member(node, types, scope)
        yield named
        if _is_command(named):
            yield from _judges(named)


def _is_command(named: object) -> bool:
    return inspect.isclass(named) and named.__module__.endswith(".commands")


def _types(function: FunctionType) -> dict[str, Any]:
    try:
        hints = get_type_hints(function)
    except NameError:
        return {}
    owner = function.__qualname__.rpartition(".")[0]
    if owner and "<" not in owner:
        hints["self"] = getattr(sys.modules[function.__module__], owner, None)
    return hints


def _member(node: ast.Attribute, types: dict[str, Any], scope: dict[str, Any]) -> Any:
    """Return the method that `a.b.c` names when the type of `a` is known, or the function of a module `a`."""
    steps: list[str] = []
    root: ast.expr = node
    while isinstance(root, ast.Attribute):
        steps.insert(0, root.attr)
        root = root.value
    if not isinstance(root, ast.Name):
        return None
    if root.id not in types:
        return getattr(scope.get(root.id), steps[0], None) if inspect.ismodule(scope.get(root.id)) else None
    kind = types[root.id]
    for step in steps[:-1]:
        kind = get_type_hints(kind).get(step) if inspect.isclass(kind) else None
    return getattr(kind, steps[-1], None) if inspect.isclass(kind) else None


@cache
def _judges(command: Any) -> tuple[FunctionType, ...]:
    """Return the functions of the aggregate that take this command, except the one that takes every command."""
    package = command.__module__.rpartition(".")[0]
    modules = [module for name, module in sys.modules.items() if name.startswith(f"{package}.")]
    functions = {value for module in modules for value in vars(module).values() if isinstance(value, FunctionType)}
    return tuple(function for function in functions if command in _types(function).values())
