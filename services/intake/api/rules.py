"""Routes of rule packs 规则册: which codes a client may name, where each comes from, and what was never published."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from services.intake.application.service import Intake
from shared.authz.access import Access
from shared.rules.pack import RulePack
from shared.web.authentication import permitted
from shared.web.problems import Problem
from shared.web.resources import provided
from shared.web.routes import router

routes = router("规则册 Rule packs")
Service = Annotated[Intake, provided(Intake)]
Anybody = Annotated[Access, permitted()]


class RulePackRow(BaseModel):
    """One pack; decisions pin its `version`."""

    version: str
    href: str
    jurisdiction: str
    name: str
    in_force_from: date


class RulePackList(BaseModel):
    """All packs of the installation."""

    items: list[RulePackRow]


@routes.get("/rule-packs", summary="规则册列表")
async def list_rule_packs(_access: Anybody, service: Service) -> RulePackList:
    """List the packs that this installation holds."""
    return RulePackList(
        items=[
            RulePackRow(
                version=pack.version,
                href=f"/intake/v1/rule-packs/{pack.version}",
                jurisdiction=pack.jurisdiction,
                name=pack.name,
                in_force_from=pack.in_force_from,
            )
            for pack in service.rules
        ]
    )


@routes.get("/rule-packs/{jurisdiction}/{in_force_from}", summary="规则册")
async def read_rule_pack(
    jurisdiction: Annotated[str, Field(pattern=r"^[0-9]{6}$")], in_force_from: date, _access: Anybody, service: Service
) -> RulePack:
    """Read a pack: every entry with its reference and status.

    Status `unknown` means 未公布: the entry or section exists, its text was never published, and nothing is demanded
    on its ground; it is not the same as empty.
    """
    version = f"{jurisdiction}/{in_force_from.isoformat()}"
    pack = next((pack for pack in service.rules if pack.version == version), None)
    if pack is None:
        raise Problem("not-found")
    return pack
