"""Routes of drafts 草稿: written, rewritten and deleted by their writer alone; no event comes of them."""

from typing import Annotated
from uuid import UUID

from fastapi import Response

from services.intake.api.views import DraftRow, DraftView
from services.intake.application import requests
from services.intake.application.drafts import Draft
from services.intake.application.service import Intake
from shared.authz.access import Access
from shared.web.authentication import permitted
from shared.web.commands import IfMatch
from shared.web.pages import Page, PagedDirect
from shared.web.reads import etag
from shared.web.resources import provided
from shared.web.routes import router
from shared.web.text import ClientId

routes = router("草稿 Drafts")
Service = Annotated[Intake, provided(Intake)]
Writer = Annotated[Access, permitted()]


@routes.put("/drafts/{draft_id}", summary="写草稿")
async def write_draft(
    draft_id: ClientId, body: requests.Draft, access: Writer, service: Service, if_match: IfMatch, response: Response
) -> DraftView:
    """Write a draft under an id of the client's own (UUIDv7), new or anew; with If-Match only over that version.

    The same over the same version again is answered as it was the first time.
    """
    return await _view(await service.drafts.put(access, draft_id, body, if_match), access, service, response)


@routes.get("/drafts", summary="我的草稿")
async def list_drafts(access: Writer, service: Service, read: PagedDirect) -> Page[DraftRow]:
    """List one's own drafts."""
    after = UUID(str(read.after[0])) if read.after else None
    drafts = await service.drafts.mine(access, after, read.limit + 1)
    items = [
        DraftRow(id=draft.id, href=_href(draft), version=draft.version, kind=draft.content.kind) for draft in drafts
    ]
    return read.page(items, lambda row: [str(row.id)])


@routes.get("/drafts/{draft_id}", summary="读草稿")
async def read_draft(draft_id: UUID, access: Writer, service: Service, response: Response) -> DraftView:
    """Read a draft of one's own."""
    return await _view(await service.drafts.read(access, draft_id), access, service, response)


@routes.delete("/drafts/{draft_id}", status_code=204, summary="删草稿")
async def delete_draft(draft_id: UUID, access: Writer, service: Service, if_match: IfMatch) -> None:
    """Forget a draft of one's own; with If-Match only in that version."""
    await service.drafts.remove(access, draft_id, if_match)


async def _view(draft: Draft, access: Access, service: Intake, response: Response) -> DraftView:
    response.headers["ETag"] = etag(draft.version)
    content = await draft.shown(service.drafts.edge, access)
    return DraftView(id=draft.id, href=_href(draft), version=draft.version, matter=draft.matter, **content)


def _href(draft: Draft) -> str:
    return f"/intake/v1/drafts/{draft.id}"
