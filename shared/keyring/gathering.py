"""Asks for many things at once: what is wanted while an answer is under way is asked for together, next."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Gathering(Generic[K, V]):
    """Turns single questions into few: `ask(keys)` answers each key with a value or with the exception it is due.

    There is no timer: a lone question is asked at once. What `ask` raises is due to every key that it was asked for. A
    caller that goes away takes nothing from the others.
    """

    def __init__(self, ask: Callable[[Collection[K]], Awaitable[Mapping[K, V | Exception]]]) -> None:
        self._ask = ask
        self._waiting: dict[K, list[asyncio.Future[V]]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V:
        """Return the value of `key`, or raise what it is due."""
        answer: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(answer)
        if self._asking is None:
            self._asking = asyncio.create_task(self._work(), name="gathering")
        return await answer

    async def _work(self) -> None:
        batch: dict[K, list[asyncio.Future[V]]] = {}
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, {}
                found = await self._answers(batch.keys())
                for key, answers in batch.items():
                    for answer in answers:
                        _settle(answer, found[key])
        finally:
            self._asking = None
            for answers in (*batch.values(), *self._waiting.values()):
                for answer in answers:
                    _settle(answer, ConnectionError("no answer will come"))
            self._waiting = {}

    async def _answers(self, keys: Collection[K]) -> Mapping[K, V | Exception]:
        try:
            return await self._ask(keys)
        except Exception as error:
            return dict.fromkeys(keys, error)


def _settle(answer: "asyncio.Future[V]", found: V | Exception) -> None:
    if answer.done():
        return
    if isinstance(found, Exception):
        answer.set_exception(found)
    else:
        answer.set_result(found)
