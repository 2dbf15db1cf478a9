"""Who asks: for each relation of the tables the token that puts a caller into it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from shared.authz.development import DevelopmentIssuer

COUNTY, CITY, ELSEWHERE = "331123", "331100", "331127"
SUBTREE, EVERYWHERE = f"{CITY}*", "000000*"
OFFICE, OTHER_OFFICE, TEAM = "331123-dic-3", "331123-dic-4", "331123-dic-inspection"
ASKERS = ("dic_head", "handling_office")
"""The roles that may ask for an identity."""
CLERK, OFFICER = "officer-17", "officer-23"
"""Who took the cases, and who is named as investigator beside him."""


@dataclass(frozen=True)
class Who:
    """What a token says beside the role. `subject` is completed with the role: grants name persons."""

    jurisdiction: str = COUNTY
    organisation: str | None = OFFICE
    subject: str = "{role}-granted"
    party: str | None = None


def _writer(role: str, names: Mapping[str, str]) -> Who:
    """Return who wrote the drafts of a role."""
    party = {"applicant_person": names["applicant"], "applicant_unit": names["unit"]}.get(role)
    return Who(organisation=None if party else TEAM, subject="{role}-writer", party=party)


Asking = Callable[[str, Mapping[str, str]], Who]


def _always(who: Who) -> Asking:
    return lambda _role, _names: who


def _party(name: str, jurisdiction: str = COUNTY) -> Asking:
    return lambda _role, names: Who(jurisdiction, None, "{role}-party", names[name])


def _asker(jurisdiction: str) -> Asking:
    """Whoever asks to see an identity: a person for each role that may, for any other role the first of them."""
    return lambda role, _names: Who(jurisdiction, subject=f"{role if role in ASKERS else ASKERS[0]}-asker")


def _author(jurisdiction: str) -> Asking:
    return lambda role, names: replace(_writer(role, names), jurisdiction=jurisdiction)


_COMMON: Mapping[str, Asking] = {
    "own": _always(Who()),
    "any": _always(Who()),
    "named": _always(Who(organisation=OTHER_OFFICE, subject=OFFICER)),
    "unassigned": _always(Who()),
    "elsewhere": _always(Who(organisation=OTHER_OFFICE)),
    "other": _always(Who(ELSEWHERE)),
    "upper": _always(Who()),
    "everywhere": _always(Who(EVERYWHERE)),
    "lower": _always(Who(CITY)),
    "subtree": _always(Who(SUBTREE)),
    "recused": _always(Who(subject="{role}-recused")),
    "recused_before": _always(Who(subject="{role}-recused")),
    "ungranted": _always(Who(subject="{role}-ungranted")),
    "ended": _always(Who(subject="{role}-ended")),
    "expired": _always(Who(subject="{role}-expired")),
    "misgranted": _always(Who(subject="{role}-misgranted")),
    "sent_up": _always(Who()),
    "concluded": _always(Who(subject="{role}-ungranted")),
    "concluded_granted": _always(Who()),
    "concluded_recused": _always(Who(subject="{role}-recused")),
    "concerned": lambda _role, names: replace(Who(), party=names["cadre"]),
    "concerned_other": _party("cadre", ELSEWHERE),
    "applicant": lambda _role, names: replace(Who(), party=names["applicant"]),
    "applicant_other": _party("applicant", ELSEWHERE),
    "stranger": lambda _role, names: replace(Who(), party=names["bystander"]),
}
_PARTICULAR: Mapping[tuple[str, str], Asking] = {
    ("submission", "named"): _always(Who(organisation=OTHER_OFFICE, subject=CLERK)),
    ("submission", "author"): _always(Who(organisation=TEAM)),
    ("draft", "author"): _author(COUNTY),
    ("draft", "author_other"): _author(ELSEWHERE),
    ("draft", "author_lower"): _author(CITY),
    ("draft", "author_subtree"): _author(SUBTREE),
    ("draft", "colleague"): lambda role, names: replace(_writer(role, names), subject="{role}-colleague"),
    ("draft", "stranger"): _party("bystander"),
    ("registration", "self"): _party("newcomer"),
    ("registration", "self_other"): _party("newcomer", ELSEWHERE),
    ("party", "self"): lambda _role, names: replace(Who(), party=names["cadre"]),
    ("party", "self_other"): _party("cadre", ELSEWHERE),
    ("report", "concerned"): lambda _role, names: replace(Who(), party=names["cadre"]),
    ("unmasking", "asker"): _asker(COUNTY),
    ("unmasking", "asker_other"): _asker(ELSEWHERE),
    ("unmasking", "asker_recused"): _asker(COUNTY),
    ("unmasking", "approved"): _asker(COUNTY),
    ("notice", "addressee"): lambda _role, names: replace(Who(), party=names["cadre"]),
    ("notice", "addressee_other"): _party("cadre", ELSEWHERE),
}


class Tokens:
    """Makes each token once."""

    def __init__(self, issuer: DevelopmentIssuer, names: Mapping[str, str]) -> None:
        self._issuer = issuer
        self._names = names
        self._made: dict[tuple[Who, tuple[str, ...]], str] = {}

    def who(self, thing: str, relation: str, role: str) -> Who:
        """Return who stands in this relation; raises KeyError for a relation that nobody plays."""
        asking = _PARTICULAR.get((thing, relation)) or _COMMON[relation]
        who = asking(role, self._names)
        return replace(who, subject=who.subject.format(role=role))

    def token(self, who: Who, *roles: str) -> str:
        """Return a token."""
        if (who, roles) not in self._made:
            self._made[who, roles] = self._issuer.token(
                roles=roles,
                subject=who.subject,
                jurisdictions=(who.jurisdiction,),
                organisation=who.organisation,
                party=UUID(who.party) if who.party else None,
            )
        return self._made[who, roles]
