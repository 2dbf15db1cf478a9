"""Problems (RFC 9457): the one shape of every refusal; internal text never gets into one."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.requests import Request

from shared.kernel.instants import Instant
from shared.web.catalogue import catalogue
from shared.web.language import preferred

MEDIA_TYPE = "application/problem+json"


class Fault(BaseModel):
    """One thing that is wrong with the content; `pointer` is a JSON Pointer (RFC 6901) into the body."""

    pointer: str
    code: str
    detail: str


class Wrong(NamedTuple):
    """A fault before the language is known in which it is told."""

    pointer: str
    code: str
    zh: str
    en: str

    def fault(self, language: str) -> Fault:
        """Return it in `zh` or `en`."""
        return Fault(pointer=self.pointer, code=self.code, detail=self.en if language == "en" else self.zh)


class Happened(BaseModel):
    """An event that was written since the caller read."""

    version: int
    type: str
    occurred_at: Instant


class ProblemBody(BaseModel):
    """The body of every refusal, `application/problem+json`."""

    type: str = Field(examples=["/problems/etag-stale"])
    title: str
    status: int
    code: str
    detail: str
    reference: str | None = Field(default=None, description="The rule that stands behind the refusal.")
    errors: list[Fault] | None = None
    trace_id: str | None = None
    current_version: int | None = Field(default=None, description="Only with etag-stale.")
    head: int | None = Field(default=None, description="Only with position-beyond-head: the last position there is.")
    since: list[Happened] | None = Field(
        default=None, description="Only with etag-stale: what the caller has not seen."
    )


class Problem(HTTPException):
    """A refusal with a code of the catalogue; the status follows from the code.

    `detail` is for the user, in Chinese, and `english` the same, without personal data; without them the catalogue's
    remedy is told. `extra` holds `current_version` and `since`.
    """

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        english: str | None = None,
        reference: str | None = None,
        errors: Sequence[Wrong] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(catalogue()[code].status, detail=code, headers=headers)
        self.code = code
        self.texts = {"zh": detail, "en": english}
        self.reference = reference
        self.errors = list(errors)
        self.extra = extra

    def body(self, language: str, trace_id: str | None) -> ProblemBody:
        """Return the body in `zh` or `en`."""
        entry = catalogue()[self.code]
        return ProblemBody(
            type=f"/problems/{self.code}",
            title=entry.title(language),
            status=entry.status,
            code=self.code,
            detail=self.texts[language] or entry.remedy(language),
            reference=self.reference or entry.reference,
            errors=[wrong.fault(language) for wrong in self.errors] or None,
            trace_id=trace_id,
            **self.extra,
        )


def problem_response(request: Request, problem: Problem) -> JSONResponse:
    """Return the answer that tells `problem` in the caller's language."""
    language = preferred(request.headers.get("accept-language"))
    body = problem.body(language, getattr(request.state, "trace_id", None))
    headers = {"Content-Language": "en" if language == "en" else "zh-CN", **(problem.headers or {})}
    return JSONResponse(body.model_dump(mode="json", exclude_none=True), body.status, headers, MEDIA_TYPE)
