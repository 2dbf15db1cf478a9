"""The secrets of one installation: those that the settings give, else those of the data directory."""

from dataclasses import dataclass
from pathlib import Path

from rongcuo.embedded.data import DataDirectory
from shared.authz.development import DevelopmentIssuer
from shared.authz.issuers import load_issuers, told_apart
from shared.authz.signed_requests import SignatureVerifier
from shared.authz.systems import load_systems
from shared.authz.tokens import TrustedIssuer
from shared.keyring.key_service import FileKeyService, KeyService
from shared.keyring.pkcs11_service import Pkcs11KeyService, Token
from shared.keyring.private_file import check_private
from shared.settings import Settings, variable


class NotPrepared(RuntimeError):
    """Something that `rongcuo migrate` or a setting has to provide is missing; the message says what."""


@dataclass(frozen=True)
class Secrets:
    """Each secret is looked for when it is asked for: no process needs those of another.

    Raises NotPrepared for one that is neither given nor in the data directory; only whoever opened that directory
    makes what is missing there.
    """

    settings: Settings
    data: DataDirectory

    def roles(self) -> bytes:
        """Return the secret from which the passwords of the database roles follow."""
        given = self.settings.role_secret
        return given.get_secret_value().encode() if given else self._kept("role_secret").role_secret()

    def tokens(self) -> bytes:
        """Return the secret of cursors and read-after tokens."""
        given = self.settings.token_secret
        return given.get_secret_value().encode() if given else self._kept("token_secret").token_secret()

    def key_service(self) -> KeyService:
        """Return the service that holds the key-encryption keys: an HSM, given keys, or a file.

        Raises TokenRefused for an HSM that is not named as it has to be.
        """
        uri, pin, given = self.settings.pkcs11, self.settings.pkcs11_pin, self.settings.kek
        if uri and pin:
            return Pkcs11KeyService(Token.at(uri, pin.get_secret_value()))
        if given is None:
            return FileKeyService.at(self._kept("kek").key_encryption_key)
        older = self.settings.kek_older
        texts = older.get_secret_value().split(",") if older else []
        return FileKeyService(bytes.fromhex(given.get_secret_value()), map(bytes.fromhex, texts))

    def issuer(self) -> DevelopmentIssuer:
        """Return the development issuer; raises NotPrepared also for a key that is none, without showing it."""
        given = self.settings.development_issuer
        if given is None:
            return DevelopmentIssuer(self._kept("development_issuer").secrets)
        try:
            return DevelopmentIssuer(given.get_secret_value().encode())
        except ValueError:
            raise NotPrepared(f"{variable('development_issuer')}: no private key (PEM, P-256)") from None

    def trusted(self, *, development: bool) -> dict[str, TrustedIssuer]:
        """Return whom this installation believes: the issuers of its file, and with `development` our own.

        Raises ConfigurationRefused for a file that cannot be used, and where two people could have one name.
        """
        file = self._file("issuers.yaml", self.settings.issuers_file)
        issuers = (load_issuers(file) if file else {}) | (self.issuer().trusted() if development else {})
        return dict(told_apart(issuers))

    def signatures(self) -> SignatureVerifier:
        """Return what knows the systems that may sign; raises ConfigurationRefused for a file that cannot be used.

        Raises PrivateFileRefused for one that others may read, unless it lies among the secrets: who mounts them says
        how, as for keys.
        """
        file = self._file("systems.yaml", self.settings.systems_file)
        if file and file.parent != self.settings.secrets:
            check_private(file)
        return SignatureVerifier(load_systems(file) if file else {})

    def _file(self, name: str, given: Path | None) -> Path | None:
        """Return the file that was given, else that of the secrets directory, else None."""
        kept = self.settings.secrets / name if self.settings.secrets else None
        return given or (kept if kept is not None and kept.is_file() else None)

    def _kept(self, field: str) -> DataDirectory:
        if not self.data.secrets.is_dir():
            raise NotPrepared(f"{variable(field)} is not given, and {self.data.root} holds no secrets")
        return self.data
