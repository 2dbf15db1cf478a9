"""An issuer's public keys as it publishes them: fetched on our own time, never because a token names an address.

A token may make us look again (an issuer has changed its keys), but only so often, whatever and however much is sent.
"""

import asyncio
import json
import logging
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

MAX_BYTES = 256 * 1024
MAX_KEYS = 100
MAX_KID = 512
FETCH_S = 5.0
RETRY_S = 10.0
REMEMBERED_UNKNOWN = 1_000
_KINDS: Mapping[str, type[RSAKey] | type[ECKey] | type[OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_PUBLIC = ("kty", "kid", "use", "alg", "crv", "x", "y", "n", "e")
_RSA_MODULUS = 342  # base64url digits of 2048 bits

logger = logging.getLogger(__name__)


class KeysRefused(Exception):
    """What was fetched is no key set, or holds no key for us; the message holds nothing of it."""


@dataclass(frozen=True)
class Pace:
    """Seconds between two fetches, between two that unknown key ids may cause, and for which keys outlive failures."""

    refresh_s: float = 300
    distance_s: float = 30
    keep_s: float = 86_400


class PublishedKeys:
    """The keys behind one address. `keys` is the same object for ever; what it holds changes.

    A key that is published unchanged stays the same object, so that tokens which were checked under it need not be
    checked again.
    """

    def __init__(
        self,
        uri: str,
        algorithms: frozenset[str],
        pace: Pace = Pace(),
        *,
        ca_file: Path | None = None,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises OSError (ssl.SSLError) when `ca_file` holds no certificate."""
        self.keys = KeySet([])
        self._uri, self._algorithms, self._pace, self._elapsed = uri, algorithms, pace, elapsed
        self._client = httpx.AsyncClient(
            verify=ssl.create_default_context(cafile=ca_file),
            timeout=FETCH_S,
            follow_redirects=False,
            trust_env=False,
            headers={"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"},
        )
        self._unknown: OrderedDict[str, None] = OrderedDict()
        self._fetching: asyncio.Task[bool] | None = None
        self._fetched_at: float | None = None
        self._may_seek_at = elapsed()

    @asynccontextmanager
    async def current(self) -> AsyncIterator[None]:
        """Fetch now, for `FETCH_S` seconds at most, and then at fixed intervals while the context lasts."""
        async with self._client:
            fresh = await self._fetch_once()
            keeping = asyncio.create_task(self._keep(fresh), name="jwks")
            try:
                yield
            finally:
                keeping.cancel()
                await asyncio.wait([keeping])

    async def _keep(self, fresh: bool) -> None:
        """Fetch again and again; a failure is tried again sooner."""
        while True:
            await asyncio.sleep(self._pace.refresh_s if fresh else min(RETRY_S, self._pace.refresh_s))
            fresh = await self._fetch_once()
            self._unknown.clear()

    async def seek(self, kid: str) -> bool:
        """Tell whether `kid` is published by now, looking there if that is not too soon after the last such look.

        Many who seek at once wait for one fetch, for at most `FETCH_S` seconds.
        """
        if len(kid) > MAX_KID or kid in self._unknown:
            return False
        if self._fetching is None:
            if self._elapsed() < self._may_seek_at:
                return False
            self._may_seek_at = self._elapsed() + self._pace.distance_s
        await self._fetch_once()
        if self._has(kid):
            return True
        self._unknown[kid] = None
        if len(self._unknown) > REMEMBERED_UNKNOWN:
            self._unknown.popitem(last=False)
        return False

    def _has(self, kid: str) -> bool:
        return any(key.kid == kid for key in self.keys)

    async def _fetch_once(self) -> bool:
        """Join the fetch that is under way, or begin one; tell whether it brought keys."""
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch(), name="jwks")
            self._fetching.add_done_callback(self._fetched)
        return await asyncio.shield(self._fetching)

    def _fetched(self, _: "asyncio.Task[bool]") -> None:
        self._fetching = None

    async def _fetch(self) -> bool:
        try:
            async with asyncio.timeout(FETCH_S):
                found = usable_keys(await self._read(), self._algorithms)
        except (httpx.HTTPError, httpx.StreamError, OSError, KeysRefused) as error:
            logger.warning("keys were not fetched from %s: %s", self._uri, str(error) or type(error).__name__)
            self._let_go()
            return False
        before = {str(key.kid): key for key in self.keys}
        self.keys.keys[:] = [_same(before.get(str(key.kid)), key) for key in found]
        self._fetched_at = self._elapsed()
        return True

    def _let_go(self) -> None:
        """Give up keys that nobody has confirmed for too long: whoever holds them may have been found out since."""
        if self._fetched_at is not None and self._elapsed() - self._fetched_at > self._pace.keep_s:
            self.keys.keys.clear()

    async def _read(self) -> bytes:
        async with self._client.stream("GET", self._uri) as answer:
            if answer.status_code != httpx.codes.OK:
                raise KeysRefused(f"status {answer.status_code}")
            content = bytearray()
            async for chunk in answer.aiter_raw():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise KeysRefused(f"more than {MAX_BYTES} bytes")
        return bytes(content)


def usable_keys(content: bytes, algorithms: frozenset[str]) -> list[Key]:
    """Return the public signature keys of a JWK set (RFC 7517) that serve `algorithms`, and nothing else of it.

    Raises KeysRefused when that leaves none, or when `content` is no key set.
    """
    try:
        listed = json.loads(content)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise KeysRefused("not a JWK set") from None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise KeysRefused("not a JWK set")
    found: dict[str, Key] = {}
    for each in listed:
        if (key := _usable(each, algorithms)) is not None:
            found.setdefault(str(key.kid), key)
    if not found:
        raise KeysRefused("no key for the issuer's algorithms")
    return list(found.values())


def _usable(data: Any, algorithms: frozenset[str]) -> Key | None:
    """Return the key, if it is one to check signatures with. Private and symmetric parts are not even read."""
    if not isinstance(data, dict) or data.get("kty") not in _KINDS or not _is_to_verify(data):
        return None
    kid, algorithm = data.get("kid"), data.get("alg")
    if (
        not isinstance(kid, str)
        or not 0 < len(kid) <= MAX_KID
        or (algorithm is not None and algorithm not in algorithms)
    ):
        return None
    if data["kty"] == "RSA" and len(str(data.get("n", ""))) < _RSA_MODULUS:
        return None
    try:
        return _KINDS[data["kty"]].import_key({name: data[name] for name in _PUBLIC if name in data})
    except (JoseError, ValueError, TypeError):
        return None


def _is_to_verify(data: Mapping[str, Any]) -> bool:
    """Tell whether a key may check signatures, as far as it says what it is for (RFC 7517 §4.2, §4.3)."""
    operations = data.get("key_ops", ["verify"])
    return data.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _same(before: Key | None, now: Key) -> Key:
    return before if before is not None and before.as_dict() == now.as_dict() else now
