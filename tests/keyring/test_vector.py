"""The layout in docs/sealed-fields.md is the one that the code writes."""

import re
from pathlib import Path

from shared.kernel.sealed import Sealed
from shared.keyring.envelope import DataKey, open_text, seal_text
from shared.keyring.suites import SUITES, suite

DOCUMENT = (Path(__file__).parents[2] / "docs/sealed-fields.md").read_text()


def test_the_documented_vectors_are_what_is_sealed_and_open() -> None:
    printed = re.findall(r"```json\n(.+?)```", DOCUMENT, re.DOTALL)
    vectors = [Sealed[str].model_validate_json(one) for one in printed]
    assert [vector.suite for vector in vectors] == list(SUITES)
    for vector in vectors:
        key = DataKey(vector.key, vector.subject, vector.matter, bytes(range(32)), suite(vector.suite))
        sealed = seal_text("某某的陈述", key, vector.label, nonce=bytes(range(12)), salt=bytes(range(32, 64)))
        assert sealed.model_dump() == vector.model_dump()
        assert open_text(vector, key) == "某某的陈述"
