"""Read-after tokens: opaque, ours, and for one log."""

import pytest

from shared.eventstore.read_after import ReadAfter

TOKENS = ReadAfter(b"s" * 32)


@pytest.mark.parametrize("position", [0, 1, 2**53])
def test_a_token_holds_its_position(position: int) -> None:
    token = TOKENS.token("intake", position)
    assert TOKENS.position(token, "intake") == position
    assert len(token) == 32


@pytest.mark.parametrize(
    "token",
    [
        "",
        "!",
        "é",
        "AAAA",
        ReadAfter(b"t" * 32).token("intake", 7),
        TOKENS.token("archive", 7),
        TOKENS.token("intake", 7)[:-4],
        TOKENS.token("intake", 7) + "AAAA",
        "A" + TOKENS.token("intake", 2**60)[1:],
    ],
)
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="not a read-after token"):
        TOKENS.position(token, "intake")


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        ReadAfter(b"short")
