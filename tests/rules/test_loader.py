"""The reader of packs refuses whatever it does not understand, and names the file and the place."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from shared.kernel.errors import Rejected
from shared.rules.loader import PACKS, RulesInvalid, load_pack, load_rulebook
from tests.support.given import RULES

REDUCED = "label: 容错减责, reference: S0"
ORIGINAL = (PACKS / "331123/2020-01-01.yaml").read_text("utf-8")


def pack_file(directory: Path, text: str = ORIGINAL, name: str = "331123/2020-01-01") -> Path:
    """Write a pack below `directory` and return its file."""
    file = directory / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("name: 遂昌县", "name: 遂昌县\nmotto: 容错", "/motto"),
        (REDUCED, "label: 容错减责", "/outcomes/1/reference"),
        (REDUCED, "label: 容错减责, reference: S9", "/outcomes/1/reference"),
        (f"{REDUCED}, status: seed", f"{REDUCED}, status: rumour", "/outcomes/1/status"),
        (f"{REDUCED}, status: seed", f"{REDUCED}, status: unknown", "/outcomes/1"),
        ("{code: SC.8, label: null", "{code: SC.8, label: 猜测", "/situations/7"),
        ("in_force_from: 2020-01-01", "in_force_from: 2021-01-01", "/in_force_from"),
        ('jurisdiction: "331123"', 'jurisdiction: "331124"', "/in_force_from"),
        ('jurisdiction: "331123"', 'jurisdiction: "３３１１２３"', "/jurisdiction"),
        ("policy: generally_exempt_when_all_met", "policy: eval(x)", "/conditions/policy"),
        ("breach: N.1", "breach: N.7", ""),
        ("name: 遂昌县", "name: 遂昌县\nname: 遂昌县", ""),
        ("code: reduced", "code: exempt", "/outcomes"),
        ("count: 9", "count: nine", "/decision/members/count"),
    ],
)
def test_a_pack_that_is_not_right_is_refused(tmp_path: Path, old: str, new: str, path: str) -> None:
    assert ORIGINAL.count(old) == 1
    file = pack_file(tmp_path, ORIGINAL.replace(old, new))
    with pytest.raises(RulesInvalid) as refusal:
        load_pack(file)
    assert (refusal.value.file, refusal.value.path) == (file, path)


@pytest.mark.parametrize("text", ["", "- a list", "a: [", "a: !!python/name:os.system"])
def test_what_is_no_pack_at_all_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RulesInvalid):
        load_pack(pack_file(tmp_path, text))


def test_bytes_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    file = pack_file(tmp_path)
    file.write_bytes(ORIGINAL.encode("gb18030"))
    with pytest.raises(RulesInvalid):
        load_pack(file)


class TestExtends:
    def test_names_a_pack_that_exists(self, tmp_path: Path) -> None:
        pack_file(tmp_path, ORIGINAL.replace("extends: null", "extends: 330000/2018-01-12"))
        with pytest.raises(RulesInvalid, match="330000/2018-01-12"):
            load_rulebook(tmp_path)

    def test_may_name_the_pack_of_the_upper_level(self, tmp_path: Path) -> None:
        upper = ORIGINAL.replace('"331123"', '"330000"').replace("2020-01-01\n", "2018-01-12\n", 1)
        pack_file(tmp_path, upper, "330000/2018-01-12")
        pack_file(tmp_path, ORIGINAL.replace("extends: null", "extends: 330000/2018-01-12"))
        assert load_rulebook(tmp_path).get("331123/2020-01-01").extends == "330000/2018-01-12"


class TestRulebook:
    def test_finds_the_pack_in_force_on_a_day(self, tmp_path: Path) -> None:
        pack_file(tmp_path)
        pack_file(tmp_path, ORIGINAL.replace("2020-01-01\n", "2024-07-01\n", 1), "331123/2024-07-01")
        rules = load_rulebook(tmp_path)
        days = [date(2019, 12, 31), date(2020, 1, 1), date(2024, 6, 30), date(2024, 7, 1)]
        found = [rules.in_force("331123", day) for day in days]
        assert [pack and pack.version for pack in found] == [
            None,
            "331123/2020-01-01",
            "331123/2020-01-01",
            "331123/2024-07-01",
        ]
        assert rules.in_force("610100", date(2024, 7, 1)) is None

    def test_refuses_a_version_that_it_does_not_hold(self) -> None:
        with pytest.raises(Rejected) as refusal:
            RULES.get("331123/1999-01-01")
        assert refusal.value.code == "rules-version-unknown"

    def test_lists_its_packs(self) -> None:
        assert [pack.version for pack in RULES] == ["331123/2020-01-01"]


def test_released_packs_are_frozen() -> None:
    locked = [line.split() for line in (PACKS / "released.lock").read_text().splitlines() if not line.startswith("#")]
    for digest, name in locked:
        assert sha256((PACKS / name).read_bytes()).hexdigest() == digest, name
