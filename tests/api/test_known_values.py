"""The codes that a client must send, or is told, are listed: in the documents, of requests too, and in known values."""

from typing import Any

import pytest

from services.adjudication.domain.tolerance_case.responsibility import GRANTABLE
from services.notification.application.templates import templates
from shared.contracts.intake import SOURCES
from shared.rules.recusal import GROUNDS
from tests.api.generated import generated

LISTED: dict[tuple[str, str, str], Any] = {
    ("adjudication", "Grant", "role"): GRANTABLE,
    ("adjudication", "GrantView", "role"): GRANTABLE,
    ("adjudication", "Recusal", "ground"): GROUNDS,
    ("adjudication", "RecusalView", "ground"): GROUNDS,
    ("adjudication", "ToleranceCaseView", "source"): SOURCES,
    ("intake", "Recusal", "ground"): GROUNDS,
    ("intake", "RecusalView", "ground"): GROUNDS,
    ("notification", "NoticeView", "template"): templates(),
    ("notification", "InboxItem", "template"): templates(),
}


@pytest.mark.parametrize(("service", "schema", "member"), LISTED)
def test_a_code_of_the_domain_is_listed(service: str, schema: str, member: str) -> None:
    told = generated()[service]["components"]["schemas"][schema]["properties"][member]
    assert told["x-known-values"] == list(LISTED[service, schema, member])
    assert not {"enum", "const"} & told.keys()
