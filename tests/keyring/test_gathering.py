"""Many questions at once become few, and nobody's trouble becomes another's."""

import asyncio
from collections.abc import Collection, Mapping

import pytest

from shared.keyring.gathering import Gathering


class Asked:
    """Answers a number with its double once it may; 13 is refused, 0 ends everything."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may = asyncio.Event()

    async def ask(self, keys: Collection[int]) -> Mapping[int, int | Exception]:
        self.batches.append(sorted(keys))
        await self.may.wait()
        if 0 in keys:
            raise ConnectionError("gone")
        return {key: ValueError("13") if key == 13 else 2 * key for key in keys}


@pytest.fixture
def asked() -> Asked:
    return Asked()


async def _wanted(gathering: Gathering[int, int], *keys: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(gathering.get(key)) for key in keys]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_what_is_wanted_meanwhile_is_asked_together(asked: Asked) -> None:
    gathering = Gathering(asked.ask)
    first = await _wanted(gathering, 1)
    rest = await _wanted(gathering, 2, 3, 2, 13, 4)
    asked.may.set()
    answers = await asyncio.gather(*first, *rest, return_exceptions=True)
    assert asked.batches == [[1], [2, 3, 4, 13]]
    assert [repr(answer) for answer in answers] == ["2", "4", "6", "4", "ValueError('13')", "8"]
    assert await gathering.get(5) == 10
    assert asked.batches[2:] == [[5]]


async def test_a_question_that_fails_fails_for_its_batch_only(asked: Asked) -> None:
    gathering = Gathering(asked.ask)
    tasks = [*await _wanted(gathering, 0, 1), *await _wanted(gathering, 2)]
    asked.may.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(answer) for answer in answers] == [ConnectionError] * 2 + [int]


async def test_a_caller_that_goes_away_takes_nothing_from_the_others(asked: Asked) -> None:
    gathering = Gathering(asked.ask)
    going, staying = await _wanted(gathering, 1, 1)
    going.cancel()
    await asyncio.wait([going])
    asked.may.set()
    assert await staying == 2


async def test_nobody_waits_for_ever_when_the_asking_is_cancelled(asked: Asked) -> None:
    gathering = Gathering(asked.ask)
    tasks = [*await _wanted(gathering, 1), *await _wanted(gathering, 2)]
    [asking] = [task for task in asyncio.all_tasks() if task.get_name() == "gathering"]
    asking.cancel()
    await asyncio.wait(tasks, timeout=5)
    assert [type(task.exception()) for task in tasks] == [ConnectionError] * len(tasks)
    asked.may.set()
    assert await gathering.get(3) == 6
