"""The programs of docs/journeys, as a reader would copy them."""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs/journeys"
LANGUAGES = {"curl": "sh", "Python": "python", "Java": "java"}


def journeys() -> list[Path]:
    """Return the pages of the journeys in order."""
    return sorted(FOLDER.glob("[0-9]-*.md"))


def tokens() -> str:
    """Return the commands by which a reader gets his tokens."""
    found = re.search(r"<!-- tokens -->\n```sh\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)
    assert found
    return found[1]


def system() -> tuple[str, str, str]:
    """Return the file that lists the system of the last journey, how the server is started, and who the system is."""
    preparation = journeys()[-1].read_text().split("\n## curl")[0]
    (listed,) = re.findall(r"^```yaml\n(.*?)^```", preparation, re.DOTALL | re.MULTILINE)
    started, known = re.findall(r"^```sh\n(.*?)^```", preparation, re.DOTALL | re.MULTILINE)
    return listed, started, known


def clients() -> dict[str, str]:
    """Return the small clients by the names of their files."""
    found = re.findall(
        r"^`(\w+\.\w+)`.*?\n\n```\w+\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL | re.MULTILINE
    )
    return dict(found)


def program(page: Path, language: str) -> str:
    """Return the one program of a page in a language."""
    chapter = page.read_text().split(f"\n## {language}\n")[1].split("\n## ")[0]
    (found,) = re.findall(rf"^```{LANGUAGES[language]}\n(.*?)^```", chapter, re.DOTALL | re.MULTILINE)
    return str(found)


def class_of(source: str) -> str:
    """Return the name of the public class of a Java program."""
    found = re.search(r"public class (\w+)", source)
    assert found
    return found[1]
