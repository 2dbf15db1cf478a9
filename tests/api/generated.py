"""The OpenAPI documents as the code describes itself now; no server and no database is needed."""

import secrets
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rongcuo.programs import PROGRAMS
from shared.authz.development import DevelopmentIssuer
from shared.authz.tokens import TokenVerifier
from shared.database.databases import Databases
from shared.hosting.installation import Installation
from shared.keyring.key_service import FileKeyService
from shared.rules.loader import load_rulebook
from shared.settings import Settings
from shared.web.app import create_app

Json = dict[str, Any]


@cache
def generated() -> dict[str, Json]:
    """Return the document of every service, by name."""
    with TemporaryDirectory() as place:
        installation = _nowhere(Path(place))
        return {name: create_app(program.describe(installation)).openapi() for name, program in PROGRAMS.items()}


def _nowhere(place: Path) -> Installation:
    """Return an installation that is never opened."""
    return Installation(
        settings=Settings(data=place),
        given=Databases("postgresql:///nowhere", secrets.token_bytes(32)),
        verifier=TokenVerifier(DevelopmentIssuer(place).trusted()),
        key_service=FileKeyService.at(place / "kek"),
        rulebook=load_rulebook(),
        secret=secrets.token_bytes(32),
    )
