"""Every journey works in every language, and ends as its page says."""

import json

from tests.journeys.conftest import Reader
from tests.journeys.pages import journeys


def test_a_persons_application_ends_with_a_notice(reader: Reader, language: str) -> None:
    case = json.loads(reader.run(journeys()[0], language)[-1])
    assert (case["state"], case["outcome"]) == ("fed_back", "exempt")
