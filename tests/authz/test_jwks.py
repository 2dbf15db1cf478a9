"""Published keys: fetched on our own time, whatever tokens say, and not given up because somebody is away."""

import asyncio
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from joserfc.jwk import ECKey, KeySet

from shared.authz.jwks import MAX_BYTES, Pace, PublishedKeys
from shared.authz.tokens import InvalidToken, TokenVerifier, TrustedIssuer, UnknownKey
from tests.authz.conftest import ISSUER, NOW, Make

ES256 = frozenset({"ES256"})


@dataclass
class Publisher:
    """An HTTP server of one page on 127.0.0.1: what it says can be changed, how often it was asked is counted."""

    body: bytes = b""
    status: str = "200 OK"
    more: str = ""
    delay_s: float = 0
    asked: int = 0
    uri: str = ""
    elapsed: float = 0
    open: set[asyncio.Task[None] | None] = field(default_factory=set)

    def publish(self, *keys: ECKey) -> None:
        self.body, self.status = json.dumps(KeySet(list(keys)).as_dict(private=False)).encode(), "200 OK"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        await asyncio.sleep(self.delay_s)
        head = f"HTTP/1.1 {self.status}\r\nContent-Length: {len(self.body)}\r\n{self.more}Connection: close\r\n\r\n"
        writer.write(head.encode() + self.body)
        writer.close()

    def keys(self, **pace: float) -> PublishedKeys:
        return PublishedKeys(self.uri, ES256, Pace(**pace), elapsed=lambda: self.elapsed)


@pytest.fixture
async def publisher(key: ECKey) -> AsyncIterator[Publisher]:
    made = Publisher()
    made.publish(key)
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.uri = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
    async with server:
        yield made


def trusting(published: PublishedKeys) -> TokenVerifier:
    return TokenVerifier({ISSUER: TrustedIssuer(published.keys, ES256, published=published)}, lambda: NOW)


def with_kid(token: str, kid: str) -> str:
    _, payload, signature = token.split(".")
    header = urlsafe_b64encode(json.dumps({"alg": "ES256", "kid": kid, "typ": "at+jwt"}).encode()).rstrip(b"=").decode()
    return f"{header}.{payload}.{signature}"


async def test_keys_are_there_before_the_first_request(publisher: Publisher, make: Make) -> None:
    verifier = trusting(publisher.keys())
    with pytest.raises(UnknownKey):
        verifier.verify(make())
    async with verifier.current():
        assert verifier.verify(make()).subject == "o-17"
    assert publisher.asked == 1


async def test_ten_thousand_unknown_key_ids_cause_one_fetch(publisher: Publisher, make: Make) -> None:
    verifier, token = trusting(publisher.keys()), make()
    async with verifier.current():
        begun = time.perf_counter()
        for number in range(10_000):
            with pytest.raises(UnknownKey) as unknown:
                verifier.verify(with_kid(token, f"k{number}"))
            assert not await verifier.learn(unknown.value)
        assert time.perf_counter() - begun < 10
        assert publisher.asked == 2
        assert verifier.verify(token).subject == "o-17"
        publisher.elapsed += 31
        for kid in ("k0", "k0", "x" * 5000):
            assert not await verifier.learn(UnknownKey(ISSUER, kid))
        assert publisher.asked == 2, "a key id that was not there is not looked for again, nor one that cannot be"
        assert not await verifier.learn(UnknownKey(ISSUER, "fresh"))
        assert publisher.asked == 3


async def test_a_new_key_is_found_by_the_first_who_needs_it(publisher: Publisher, key: ECKey, make: Make) -> None:
    verifier, token = trusting(publisher.keys()), make()
    other = ECKey.generate_key("P-256")
    publisher.publish(other)
    async with verifier.current():
        publisher.publish(other, key)
        publisher.delay_s = 0.05
        with pytest.raises(UnknownKey) as unknown:
            verifier.verify(token)
        assert await asyncio.gather(*(verifier.learn(unknown.value) for _ in range(50))) == [True] * 50
        assert verifier.verify(token).subject == "o-17"
        assert publisher.asked == 2


async def test_nobody_else_waits_for_a_fetch(publisher: Publisher, make: Make) -> None:
    verifier, token = trusting(publisher.keys()), make()
    async with verifier.current():
        publisher.delay_s = 0.2
        seeking = asyncio.create_task(verifier.learn(UnknownKey(ISSUER, "unknown")))
        await asyncio.sleep(0)
        assert verifier.verify(token).subject == "o-17"
        assert not seeking.done()
        assert not await seeking


async def test_a_key_that_is_published_no_more_counts_for_nothing(publisher: Publisher, make: Make) -> None:
    verifier, token = trusting(publisher.keys()), make()
    async with verifier.current():
        assert verifier.verify(token)
        publisher.publish(ECKey.generate_key("P-256"))
        assert not await verifier.learn(UnknownKey(ISSUER, "anything"))
        with pytest.raises(InvalidToken):
            verifier.verify(token)


async def test_a_key_that_is_still_published_stays_the_same_object(publisher: Publisher) -> None:
    published = publisher.keys()
    async with published.current():
        before = list(published.keys)
        assert not await published.seek("anything")
        assert next(iter(published.keys)) is before[0]


@pytest.mark.parametrize(
    ("status", "body", "more"),
    [
        ("500 Oops", b"", ""),
        ("404 Not Found", b"", ""),
        ("302 Found", b"", "Location: http://127.0.0.1:1/keys\r\n"),
        ("200 OK", b"", ""),
        ("200 OK", b"<html>", ""),
        ("200 OK", b'{"keys": []}', ""),
        ("200 OK", b'{"keys": [{"kty": "oct", "k": "AAAA", "kid": "a"}]}', ""),
        ("200 OK", b" " * (MAX_BYTES + 1), ""),
        ("200 OK", b"[" * 10_000, ""),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_bad_answers_leave_the_keys_as_they_are(
    publisher: Publisher, make: Make, status: str, body: bytes, more: str
) -> None:
    published = publisher.keys(keep_s=300)
    verifier, token = trusting(published), make()
    async with verifier.current():
        publisher.status, publisher.body, publisher.more = status, body, more
        publisher.elapsed = 300
        assert not await published.seek("a")
        assert publisher.asked == 2
        assert verifier.verify(token).subject == "o-17"
        publisher.elapsed = 331
        assert not await published.seek("b")
        with pytest.raises(UnknownKey):
            verifier.verify(token)


async def test_an_issuer_that_is_away_at_the_start_is_asked_again(publisher: Publisher, key: ECKey, make: Make) -> None:
    publisher.status = "503 Away"
    verifier, token = trusting(publisher.keys(refresh_s=0.02)), make()
    async with verifier.current():
        with pytest.raises(UnknownKey):
            verifier.verify(token)
        publisher.publish(key)
        async with asyncio.timeout(5):
            while True:
                try:
                    assert verifier.verify(token).subject == "o-17"
                    break
                except UnknownKey:
                    await asyncio.sleep(0.01)


async def test_a_publisher_that_never_ends_is_given_up(
    publisher: Publisher, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.authz.jwks.FETCH_S", 0.1)
    verifier, token = trusting(publisher.keys()), make()
    async with verifier.current():
        publisher.delay_s = 1
        begun = time.perf_counter()
        assert not await verifier.learn(UnknownKey(ISSUER, "a"))
        assert time.perf_counter() - begun < 0.9
        assert verifier.verify(token).subject == "o-17"
