"""Looks for texts in bytes of any origin, in whatever way a program may have written them."""

import json
from base64 import b32encode, b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote

SHORTEST = 6  # bytes; anything shorter is found in random bytes by chance


def found_in(haystack: bytes, texts: Iterable[str]) -> list[str]:
    """Return which of the texts stand in `haystack` in any of these forms."""
    return [text for text in texts if any(form in haystack for form in forms(text))]


def forms(text: str) -> Iterator[bytes]:
    """Yield every form of `text` that is long enough not to occur by chance."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "gb18030"):
        raw = text.encode(encoding)
        if len(raw) >= SHORTEST:
            yield raw
            yield raw.hex().encode()
            yield raw.hex().upper().encode()
            for plain in _base64(raw):
                yield plain
                yield plain.translate(bytes.maketrans(b"+/", b"-_"))
            yield from _base32(raw)
    yield from _escaped(text)


def _escaped(text: str) -> Iterator[bytes]:
    """Yield what JSON, Python, URLs, mails and HTML make of the text."""
    raw = text.encode()
    yield text.encode("unicode_escape")
    yield json.dumps(text)[1:-1].upper().replace("\\U", "\\u").encode()
    if len(raw) >= SHORTEST:
        yield repr(raw)[2:-1].encode()
        yield "".join(f"\\{byte:03o}" for byte in raw).encode()
        for percent in ("".join(f"%{byte:02X}" for byte in raw), quote(text, safe="")):
            yield percent.encode()
            yield percent.lower().encode()
        yield "".join(f"={byte:02X}" for byte in raw).encode()
        yield "".join(f"&#{ord(sign)};" for sign in text).encode()
        yield "".join(f"&#x{ord(sign):x};" for sign in text).encode()


def _base64(raw: bytes) -> Iterator[bytes]:
    """Yield what is the same in the base64 of everything that holds `raw`, for each of the three offsets."""
    for offset in range(3):
        encoded = b64encode(bytes(offset) + raw).rstrip(b"=")
        spoilt_end = 1 if (offset + len(raw)) % 3 else 0
        yield encoded[(offset * 4 + 2) // 3 : len(encoded) - spoilt_end]


def _base32(raw: bytes) -> Iterator[bytes]:
    """Yield what is the same in the base32 of everything that holds `raw`, for each of the five offsets."""
    for offset in range(5):
        encoded = b32encode(bytes(offset) + raw).rstrip(b"=")
        spoilt_end = 1 if (offset + len(raw)) % 5 else 0
        yield encoded[(offset * 8 + 4) // 5 : len(encoded) - spoilt_end]
