"""Who stays out of a matter's erasures and holds, written down when one is asked for or placed."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Excluded(BaseModel):
    """当事人与回避人员: whom the matter is about, who applied, who is recused (pseudonyms), as its dossiers say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    concerned: tuple[UUID, ...] = ()
    applicants: tuple[UUID, ...] = ()
    recused: tuple[str, ...] = ()


NOBODY = Excluded()
