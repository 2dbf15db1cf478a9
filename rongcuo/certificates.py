"""A certificate authority of one's own, for servers that only our own processes and their operators talk to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shared.kernel.clock import utc_now

AUTHORITY_LASTS = timedelta(days=3650)
CERTIFICATE_LASTS = timedelta(days=730)
_NAME = "rongcuo"
_CLOCKS_DIFFER = timedelta(hours=1)


@dataclass(frozen=True)
class Authority:
    """A root certificate (P-256) with its key; it signs certificates of servers and no further authority."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls) -> Self:
        """Make an authority that nobody trusts yet."""
        key, name = ec.generate_private_key(ec.SECP256R1()), _named(_NAME)
        template = _valid(x509.CertificateBuilder(), AUTHORITY_LASTS).subject_name(name).issuer_name(name)
        template = template.public_key(key.public_key()).add_extension(x509.BasicConstraints(True, 0), True)
        template = template.add_extension(_usage(signs_certificates=True), True)
        template = template.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        return cls(key, template.sign(key, hashes.SHA256()))

    @classmethod
    def of(cls, key: str, certificate: str) -> Self:
        """Return the authority that was written as PEM; raises ValueError when the two do not belong together."""
        read = serialization.load_pem_private_key(key.encode(), None)
        signed = x509.load_pem_x509_certificate(certificate.encode())
        if not isinstance(read, ec.EllipticCurvePrivateKey) or read.public_key() != signed.public_key():
            raise ValueError("the key is not that of the certificate")
        return cls(read, signed)

    def certify(self, names: Sequence[str]) -> tuple[str, str]:
        """Return a new key and its certificate, as PEM, for a server known by `names` (host names or addresses)."""
        key = ec.generate_private_key(ec.SECP256R1())
        template = _valid(x509.CertificateBuilder(), CERTIFICATE_LASTS).subject_name(_named(names[0]))
        template = template.issuer_name(self.certificate.subject).public_key(key.public_key())
        template = template.add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), False)
        template = template.add_extension(x509.BasicConstraints(False, None), True)
        template = template.add_extension(_usage(signs_certificates=False), True)
        template = template.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        certificate = template.add_extension(issuer, False).sign(self.key, hashes.SHA256())
        return private_pem(key), pem(certificate)


def private_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """Return a key as PEM (PKCS #8, without a passphrase)."""
    form, bare = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, bare).decode()


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _valid(builder: x509.CertificateBuilder, lasts: timedelta) -> x509.CertificateBuilder:
    now: datetime = utc_now()
    begins = now - _CLOCKS_DIFFER
    serial = x509.random_serial_number()
    return builder.serial_number(serial).not_valid_before(begins).not_valid_after(now + lasts)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """What a key may be used for: an authority's for certificates, a server's (elliptic curve) for signatures."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
