"""The table of roles in docs/tokens.md is complete."""

import re
from pathlib import Path

from shared.authz.roles import Role

DOCUMENT = (Path(__file__).parents[2] / "docs/tokens.md").read_text()


def test_every_role_is_documented_with_its_label() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| ([^ |]+) \|$", DOCUMENT.split("## Who the caller is")[1], re.MULTILINE))
    assert rows == {role.value: role.label for role in Role}
