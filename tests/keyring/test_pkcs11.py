"""Key-encryption keys in a token: a real PKCS#11 module, SoftHSM, which never gives them out."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pkcs11
import pytest

from shared.database.databases import Databases
from shared.kernel.ids import new_id
from shared.keyring import pkcs11_service
from shared.keyring.key_service import KeyServiceRefused, Wrapped
from shared.keyring.keyring import Keyring
from shared.keyring.pkcs11_service import Pkcs11KeyService, Token, TokenRefused, TokenUnavailable
from shared.keyring.rotation import rewrap_all
from tests.support.softhsm import NoSoftHsm, soft_token

DATA_KEY = bytes(range(32))
TEXT = "某某在座谈会上的陈述"


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    """A token with two key-encryption keys that cannot leave it."""
    try:
        with soft_token(tmp_path_factory.mktemp("softhsm")) as made:
            with (
                pkcs11.lib(str(made.module))
                .get_token(token_label=made.label)
                .open(rw=True, user_pin=made.pin) as session
            ):
                for label in ("kek-1", "kek-2"):
                    kept = {pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False}
                    session.generate_key(pkcs11.KeyType.AES, 256, label=label, store=True, template=kept)
            yield Token(made.module, made.label, made.pin, "kek-1")
    except NoSoftHsm as reason:
        pytest.skip(str(reason))


async def test_a_data_key_comes_back_from_another_process(token: Token) -> None:
    wrapped = await Pkcs11KeyService(token).wrap(DATA_KEY, b"place")
    assert wrapped.kek_id == "kek-1"
    assert DATA_KEY not in wrapped.data
    assert await Pkcs11KeyService(token).unwrap(wrapped, b"place") == DATA_KEY


async def test_what_was_altered_moved_or_wrapped_by_another_key_is_refused(token: Token) -> None:
    service = Pkcs11KeyService(token)
    wrapped = await service.wrap(DATA_KEY, b"place")
    altered = bytearray(wrapped.data)
    altered[20] ^= 1
    broken = [
        (wrapped, b"another place"),
        (Wrapped("kek-1", bytes(altered)), b"place"),
        (Wrapped("kek-1", wrapped.data[:-1]), b"place"),
        (Wrapped("kek-1", b""), b"place"),
        (Wrapped("kek-2", wrapped.data), b"place"),
        (Wrapped("kek-9", wrapped.data), b"place"),
    ]
    for one, aad in broken:
        with pytest.raises(KeyServiceRefused):
            await service.unwrap(one, aad)
    assert await service.unwrap(wrapped, b"place") == DATA_KEY


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the binding ends a search in __del__
async def test_an_ended_session_is_opened_anew(token: Token) -> None:
    service = Pkcs11KeyService(token)
    wrapped = await service.wrap(DATA_KEY, b"place")
    assert service._session is not None
    service._session.close()
    assert await service.unwrap(wrapped, b"place") == DATA_KEY


async def test_a_token_that_does_not_answer_in_time_holds_nobody_up(
    token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Pkcs11KeyService(token)
    go_on = threading.Event()
    monkeypatch.setattr(pkcs11_service, "_ANSWER_S", 0.05)
    monkeypatch.setattr(service, "_opened", lambda: go_on.wait(5))
    with pytest.raises(TokenUnavailable, match="did not answer"):
        await service.wrap(DATA_KEY, b"place")
    go_on.set()


async def test_wrong_settings_are_named_without_the_pin(token: Token) -> None:
    await Pkcs11KeyService(token).check()
    assert token.pin not in repr(token)
    for wrong, named in [(replace(token, key="kek-9"), "kek-9"), (replace(token, token="other"), "other")]:
        with pytest.raises(TokenRefused, match=named):
            await Pkcs11KeyService(wrong).check()
    with pytest.raises(TokenUnavailable):
        await Pkcs11KeyService(replace(token, module=Path("/nowhere.so"))).check()


def test_a_wrong_pin_is_given_once_and_named_without_it(token: Token) -> None:
    """In a process of its own: a module logs in whole processes."""
    program = (
        "import asyncio\nfrom pathlib import Path\n"
        "from shared.keyring.pkcs11_service import Pkcs11KeyService, Token\n"
        f"at = Token(Path({str(token.module)!r}), {token.token!r}, '00000000', 'kek-1')\n"
        "from shared.keyring import pkcs11_service\n"
        "logged_in, service = pkcs11_service._logged_in, Pkcs11KeyService(at)\n"
        "def counted(*given):\n    print('a login', flush=True)\n    return logged_in(*given)\n"
        "pkcs11_service._logged_in = counted\n"
        "async def seal():\n    await asyncio.gather(*(service.wrap(bytes(32), b'') for _ in range(5)),"
        " return_exceptions=True)\n    await service.check()\n"
        "asyncio.run(seal())\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    told = ran.stderr
    assert told.endswith("TokenRefused: token rongcuo: PinIncorrect\n")
    assert ran.stdout == "a login\n"  # the other five gave no PIN: a token locks it after a few
    assert "'00000000'" not in told.replace(program, "")


async def test_a_keyring_works_with_it_and_moves_to_the_next_key(
    token: Token, keyring_databases: Databases, admin: asyncpg.Connection
) -> None:
    dsn, place = keyring_databases.dsn("keyring"), {"subject": new_id(), "matter": new_id()}
    before, after = Pkcs11KeyService(token), Pkcs11KeyService(replace(token, key="kek-2"))
    keyring = await Keyring.open(dsn, before)
    sealed = await keyring.seal(TEXT, **place, label="submission.statement")
    await admin.execute("DELETE FROM keyring.data_keys WHERE kek_id !~ '^kek-'")
    rotated = await rewrap_all(admin, after)
    assert (rotated.kek_id, rotated.rewrapped, rotated.left) == ("kek-2", 1, {})
    other = await Keyring.open(dsn, after)
    assert [await ring.open_sealed(sealed) for ring in (keyring, other)] == [TEXT, TEXT]
    for ring in (keyring, other):
        await ring.close()


def test_a_token_is_named_by_a_uri() -> None:
    named = Token.at("pkcs11:token=%E6%9F%90;object=kek-2;type=secret-key?module-path=/usr/lib/p.so", "1234")
    assert named == Token(Path("/usr/lib/p.so"), "某", "1234", "kek-2")
    for wrong in ("pkcs11:token=a", "pkcs11:token=a;object=b?module-path=", "pkcs11:token=a;slot-id=1?pin-value=1"):
        with pytest.raises(TokenRefused):
            Token.at(wrong, "1234")
