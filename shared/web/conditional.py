"""Conditional reads: 304 only to whoever holds the very bytes that he would be sent.

The tag of a thing is `"v<version>-<digest>"`. The version is what commands match; the digest is taken over the body as
this caller is shown it, so that another role, another language, a masked or an erased text makes another tag.
"""

from hmac import digest

from starlette.requests import Request
from starlette.responses import Response

from shared.web.resources import resources

_DIGEST_BYTES = 12


def conditional(request: Request, response: Response) -> Response:
    """Return the answer to a GET with its strong ETag, or 304 if the caller's If-None-Match names it.

    An ETag `"v3"` that the answer has already becomes `"v3-<digest>"`; an answer that is streamed stays as it is.
    """
    body = getattr(response, "body", None)
    if response.status_code != 200 or not isinstance(body, bytes):
        return response
    key = resources(request).key("etag")
    seen = digest(key, request.url.path.encode() + b"\0" + body, "sha256")[:_DIGEST_BYTES].hex()
    version = response.headers.get("etag", "").strip('"')
    tag = f'"{version}-{seen}"' if version else f'"{seen}"'
    response.headers["ETag"] = tag
    if tag not in _held(request):
        return response
    kept = {name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")}
    return Response(status_code=304, headers=kept)


def _held(request: Request) -> set[str]:
    """Return the tags of If-None-Match, compared weakly as RFC 9110 §13.1.2 says; `*` names no bytes and is none."""
    tags = ",".join(request.headers.getlist("if-none-match")).split(",")
    return {tag.strip().removeprefix("W/") for tag in tags}
