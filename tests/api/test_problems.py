"""No code of the catalogue is forgotten in the documents."""

from shared.web.catalogue import catalogue
from tests.api.generated import generated

NO_OPERATION = {
    *("request-malformed", "method-not-allowed"),  # of requests that no operation describes
    *("submission-unknown", "case-unknown", "dossier-unknown", "unmasking-unknown", "erasure-unknown"),  # 404 before
    *("withdrawal-unknown", "rules-version-unknown"),
    *("submission-not-accepted", "case-mismatch", "case-already-initiated", "erasure-not-executed"),  # of consumers
    *("dossier-already-open", "paper-unknown", "notice-already-issued", "template-unknown"),
}
"""Codes that no operation answers."""


def test_every_code_is_named_by_an_operation() -> None:
    named = {code for document in generated().values() for code in document["components"]["examples"]}
    assert set(catalogue()) - named == NO_OPERATION


def test_a_refusal_of_the_domain_is_named_by_its_own_command_only() -> None:
    naming = {
        operation["operationId"]
        for document in generated().values()
        for operations in document["paths"].values()
        for operation in operations.values()
        for answer in operation["responses"].values()
        if "legality-not-confirmed" in answer.get("content", {}).get("application/problem+json", {}).get("examples", ())
    }
    assert naming == {"conclude"}
