"""Which exception is answered with which problem; what is not listed here is `internal-error` (see shell)."""

import logging
from collections.abc import Awaitable, Callable
from math import ceil
from typing import Any

import asyncpg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from shared.eventstore.errors import AppendRefused, LogStopped, LogUnavailable, Overloaded, VersionConflict
from shared.eventstore.readmodels import NotBuilt
from shared.kernel.canonical import NotCanonical
from shared.kernel.errors import Rejected
from shared.keyring.data_keys import KeyDestroyed
from shared.web.catalogue import catalogue
from shared.web.problems import Problem, Wrong, problem_response
from shared.web.validation import problem_of

_ERRORS = logging.getLogger("rongcuo.errors")
_UNREACHABLE = (
    LogUnavailable,
    ConnectionError,
    TimeoutError,
    PoolTimeout,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
_BY_STATUS = {404: "not-found", 413: "body-too-large", 415: "content-type-unsupported"}


def install(app: FastAPI, allowed: Callable[[str], set[str]]) -> None:
    """Give `app` its exception handlers; `allowed(path)` are the methods that a path has."""
    answers: dict[type[Exception], Callable[[Any], Problem]] = {
        Problem: lambda problem: problem,
        Rejected: _rejected,
        RequestValidationError: problem_of,
        VersionConflict: lambda _: Problem("version-contended", headers={"Retry-After": "1"}),
        AppendRefused: lambda _: Problem("content-too-large"),
        NotCanonical: lambda _: Problem("content-invalid"),
        NotBuilt: lambda _: Problem("read-model-behind", headers={"Retry-After": "1"}),
        KeyDestroyed: lambda _: Problem("subject-erased"),
        LogStopped: lambda _: Problem("log-stopped", headers={"Retry-After": "30"}),
        Overloaded: lambda busy: Problem("log-overloaded", headers={"Retry-After": str(ceil(busy.retry_after_s))}),
        **dict.fromkeys(_UNREACHABLE, lambda _: Problem("log-unavailable", headers={"Retry-After": "2"})),
        DBAPIError: _database,
    }
    for kind, answer in answers.items():
        app.add_exception_handler(kind, _handler(answer))
    app.add_exception_handler(HTTPException, _http(allowed))


def _handler(answer: Callable[[Any], Problem]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        return problem_response(request, answer(error))

    return handle


def _rejected(rejected: Rejected) -> Problem:
    """A code that nobody listed is our mistake, not the caller's."""
    if rejected.code not in catalogue():
        _ERRORS.error("rejection %s is not in the catalogue", rejected.code)
        return Problem("internal-error")
    english, pointer = catalogue()[rejected.code].english(rejected.named), rejected.pointer
    errors = [] if pointer is None else [Wrong(pointer, rejected.code, rejected.detail, english)]
    return Problem(rejected.code, rejected.detail, english=english, reference=rejected.reference, errors=errors)


def _database(error: DBAPIError) -> Problem:
    """SQLAlchemy wraps the driver's own error twice, also that of a server which is still starting."""
    reason = error.orig and error.orig.__cause__
    if not (error.connection_invalidated or isinstance(reason, _UNREACHABLE)):
        raise error
    return Problem("log-unavailable", headers={"Retry-After": "2"})


def _http(allowed: Callable[[str], set[str]]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 405:
            methods = ", ".join(sorted(allowed(request.url.path)))
            return problem_response(request, Problem("method-not-allowed", headers={"Allow": methods}))
        if status >= 500:
            return problem_response(request, Problem("internal-error"))
        return problem_response(request, Problem(_BY_STATUS.get(status, "request-malformed")))

    return handle
