"""The layout in docs/sealed-fields.md is the one that the code writes."""

import re
from pathlib import Path

from shared.kernel.sealed import Sealed
from shared.keyring.envelope import DataKey, open_text, seal_text

DOCUMENT = (Path(__file__).parents[2] / "docs/sealed-fields.md").read_text()


def test_the_documented_vector_is_what_is_sealed_and_opens() -> None:
    [printed] = re.findall(r"```json\n(.+?)```", DOCUMENT, re.DOTALL)
    vector = Sealed[str].model_validate_json(printed)
    key = DataKey(vector.key, vector.subject, vector.matter, bytes(range(32)))
    sealed = seal_text("某某的陈述", key, vector.label, nonce=bytes(range(12)), salt=bytes(range(32, 64)))
    assert sealed == vector
    assert open_text(vector, key) == "某某的陈述"
