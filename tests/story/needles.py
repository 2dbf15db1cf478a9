"""Looks for texts in bytes of any origin: as UTF-8, UTF-16, JSON escapes, hexadecimal and base64 at every offset."""

from base64 import b64encode
from collections.abc import Iterable, Iterator

SHORTEST = 6  # bytes; anything shorter is found in random bytes by chance


def found_in(haystack: bytes, texts: Iterable[str]) -> list[str]:
    """Return which of the texts stand in `haystack` in any of these forms."""
    return [text for text in texts if any(form in haystack for form in forms(text))]


def forms(text: str) -> Iterator[bytes]:
    """Yield every form of `text` that is long enough not to occur by chance."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = text.encode(encoding)
        if len(raw) >= SHORTEST:
            yield raw
            yield raw.hex().encode()
            for plain in _base64(raw):
                yield plain
                yield plain.translate(bytes.maketrans(b"+/", b"-_"))
    yield text.encode("unicode_escape")


def _base64(raw: bytes) -> Iterator[bytes]:
    """Yield what is the same in the base64 of everything that holds `raw`, for each of the three offsets."""
    for offset in range(3):
        encoded = b64encode(bytes(offset) + raw).rstrip(b"=")
        spoilt_end = 1 if (offset + len(raw)) % 3 else 0
        yield encoded[(offset * 4 + 2) // 3 : len(encoded) - spoilt_end]
