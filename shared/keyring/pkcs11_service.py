"""Key-encryption keys inside an HSM or any other PKCS#11 token: data keys go in and come out, those keys never do.

AES-256-GCM (CKM_AES_GCM) wraps them. A key-encryption key is known by its label; rotating means to make another key in
the token, to name it as the current one, and to rewrap. Tokens with SM4 keys have mechanisms of their makers' own: an
adapter for one of them takes the place of this class.
"""

import asyncio
import secrets
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import unquote

import pkcs11
from pkcs11.exceptions import NoSuchKey, PKCS11Error

from shared.keyring.key_service import KeyServiceRefused, Wrapped

_NONCE_BYTES, _TAG_BITS = 12, 128
_ANSWER_S = 5.0
_GONE = (
    pkcs11.SessionHandleInvalid,
    pkcs11.SessionClosed,
    pkcs11.UserNotLoggedIn,
    pkcs11.KeyHandleInvalid,
    pkcs11.ObjectHandleInvalid,
    pkcs11.DeviceError,
    pkcs11.DeviceRemoved,
    pkcs11.TokenNotPresent,
)
R = TypeVar("R")


class TokenUnavailable(ConnectionError):
    """The token does not answer, or not in time: nothing can be wrapped or unwrapped now."""


class TokenRefused(RuntimeError):
    """Module, token, PIN or current key are not as the settings say; the message names which, never the PIN."""


@dataclass(frozen=True)
class Token:
    """Where the keys are: the module (a shared library), the token's label, its user PIN, the current key's label."""

    module: Path
    token: str
    pin: str = field(repr=False)
    key: str

    @classmethod
    def at(cls, uri: str, pin: str) -> Self:
        """Read `pkcs11:token=…;object=…?module-path=…` (RFC 7512); raises TokenRefused for anything else."""
        path, _, query = uri.removeprefix("pkcs11:").partition("?")
        named = _attributes(path, ";", {"token", "object", "type"}) | _attributes(query, "&", {"module-path"})
        if named.pop("type", "secret-key") != "secret-key" or named.keys() != {"token", "object", "module-path"}:
            raise TokenRefused("a token is named as pkcs11:token=LABEL;object=KEY?module-path=/PATH")
        return cls(Path(named["module-path"]), named["token"], pin, named["object"])


class Pkcs11KeyService:
    """The keys of one token, over one session that one thread uses; a session that has ended is opened anew, once.

    A PIN that was refused is never given again: after a few times a token locks it.
    """

    def __init__(self, at: Token) -> None:
        self._at = at
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pkcs11")
        self._session: pkcs11.Session | None = None
        self._refused: str | None = None

    async def check(self) -> None:
        """Raise TokenRefused or TokenUnavailable unless the current key wraps and unwraps."""
        probe = secrets.token_bytes(32)
        try:
            if await self.unwrap(await self.wrap(probe, b"probe"), b"probe") != probe:
                raise TokenRefused(f"key {self._at.key} of token {self._at.token} gives back something else")
        except KeyServiceRefused as refused:
            raise TokenRefused(str(refused)) from None

    async def current(self) -> str:
        """Return the label of the key that wraps."""
        return self._at.key

    async def wrap(self, key: bytes, aad: bytes) -> Wrapped:
        """Return `key` wrapped as nonce ‖ AES-256-GCM(key); raises TokenUnavailable."""
        nonce = secrets.token_bytes(_NONCE_BYTES)

        def encrypt(session: pkcs11.Session) -> bytes:
            kek = _key(session, self._at.key)
            parameters = pkcs11.GCMParams(nonce, aad, _TAG_BITS)
            return bytes(kek.encrypt(key, mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=parameters))

        return Wrapped(self._at.key, nonce + await self._ask(encrypt))

    async def unwrap(self, wrapped: Wrapped, aad: bytes) -> bytes:
        """Return the data key; raises KeyServiceRefused, TokenUnavailable."""
        nonce, data = wrapped.data[:_NONCE_BYTES], wrapped.data[_NONCE_BYTES:]

        def decrypt(session: pkcs11.Session) -> bytes:
            kek = _key(session, wrapped.kek_id)
            parameters = pkcs11.GCMParams(nonce, aad, _TAG_BITS)
            return bytes(kek.decrypt(data, mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=parameters))

        return await self._ask(decrypt)

    async def _ask(self, question: Callable[[pkcs11.Session], R]) -> R:
        answer = asyncio.get_running_loop().run_in_executor(self._thread, self._answer, question)
        try:
            return await asyncio.wait_for(asyncio.shield(answer), _ANSWER_S)
        except TimeoutError:
            answer.add_done_callback(_ignored)
            raise TokenUnavailable(f"token {self._at.token} did not answer within {_ANSWER_S:g} s") from None

    def _answer(self, question: Callable[[pkcs11.Session], R]) -> R:
        """Ask in the thread of the session; a question that found it ended is put once more."""
        try:
            try:
                return question(self._opened())
            except _GONE:
                self._session = None
                return question(self._opened())
        except (*_GONE, pkcs11.TokenNotRecognised) as error:
            self._session = None
            raise TokenUnavailable(f"token {self._at.token}: {type(error).__name__}") from None
        except PKCS11Error as error:  # tokens differ in how they say that a tag is wrong
            raise KeyServiceRefused(f"the token refuses the wrapped key: {type(error).__name__}") from None

    def _opened(self) -> pkcs11.Session:
        if self._refused:
            raise TokenRefused(self._refused)
        if self._session is None:
            try:
                token = pkcs11.lib(str(self._at.module)).get_token(token_label=self._at.token)
                self._session = _logged_in(token, self._at.pin)
            except (pkcs11.PinIncorrect, pkcs11.PinLocked, pkcs11.PinInvalid, pkcs11.PinLenRange) as error:
                self._refused = f"token {self._at.token}: {type(error).__name__}"
                raise TokenRefused(self._refused) from None
            except pkcs11.NoSuchToken as error:
                raise TokenRefused(f"token {self._at.token}: {type(error).__name__}") from None
            except (RuntimeError, OSError) as error:
                raise TokenUnavailable(f"module {self._at.module}: {type(error).__name__}") from None
        return self._session


def _attributes(text: str, separator: str, known: Collection[str]) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(separator) if part]
    if strange := {name for name, *_ in pairs} - set(known):
        raise TokenRefused(f"{', '.join(sorted(strange))}: no part of the way to a token that is known here")
    return {name: unquote(value) for name, _, value in pairs if value}


def _logged_in(token: pkcs11.Token, pin: str) -> pkcs11.Session:
    """Open a session; PKCS#11 logs a whole process in, so that a second session needs no PIN and may give none."""
    try:
        return token.open(user_pin=pin)
    except pkcs11.UserAlreadyLoggedIn:
        return token.open()


def _key(session: pkcs11.Session, label: str) -> Any:  # what a key can do follows from its mechanism
    try:
        return session.get_key(object_class=pkcs11.ObjectClass.SECRET_KEY, label=label)
    except NoSuchKey:
        raise KeyServiceRefused(f"the token has no key-encryption key {label}") from None


def _ignored(answer: "asyncio.Future[Any]") -> None:
    if not answer.cancelled():
        answer.exception()
