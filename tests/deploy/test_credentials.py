"""`rongcuo credentials` makes everything once, for one owner, and what it makes is accepted where it is used."""

import ssl
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from typer.testing import CliRunner

from rongcuo.certificates import Authority, pem, private_pem
from rongcuo.cli import app
from shared.database.databases import DATABASES, Databases

RUNNER = CliRunner()


def run(place: Path, *options: str) -> str:
    """Run the command and return what it said."""
    answer = RUNNER.invoke(app, ["credentials", str(place), *options])
    assert answer.exit_code == 0, answer.output
    return answer.output


def contents(place: Path) -> dict[str, str]:
    """Return every file of the directory."""
    return {path.name: path.read_text() for path in place.iterdir()}


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    """Let both ends agree in memory; raises SSLError when the client does not trust the server."""
    ways = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        server.wrap_bio(ways[0], ways[1], server_side=True),
        client.wrap_bio(ways[1], ways[0], server_hostname=name),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ends[1].version() == "TLSv1.3"


def test_what_is_there_is_kept_and_what_was_removed_is_made_anew(tmp_path: Path) -> None:
    place = tmp_path / "secrets"
    run(place)
    first = contents(place)
    (place / "kafka.pem").unlink()
    run(place)
    second = contents(place)
    assert {name for name in first if first[name] != second[name]} == {"kafka.pem"}


def test_only_the_owner_enters_and_the_authority_is_the_owners_alone(tmp_path: Path) -> None:
    place = tmp_path / "secrets"
    run(place)
    assert place.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in place.iterdir()}
    assert modes.pop("ca.key") == 0o400
    assert set(modes.values()) == {0o444}


def test_a_directory_that_is_open_to_others_is_refused(tmp_path: Path) -> None:
    (place := tmp_path / "secrets").mkdir(mode=0o755)
    answer = RUNNER.invoke(app, ["credentials", str(place)])
    assert answer.exit_code == 2
    assert list(place.iterdir()) == []


def test_every_dsn_carries_the_password_that_migrate_gives_the_role(tmp_path: Path) -> None:
    run(tmp_path / "secrets", "--postgres", "db.example:6432")
    held = contents(tmp_path / "secrets")
    databases = Databases(held["rongcuo_dsn"], held["rongcuo_role_secret"].encode())
    assert held["rongcuo_archive_dsn"] == databases.dsn("archive")
    assert "@db.example:6432/rongcuo_archive" in held["rongcuo_archive_dsn"]


def test_with_its_authority_every_dsn_verifies_the_server(tmp_path: Path) -> None:
    place, given = tmp_path / "secrets", tmp_path / "root.crt"
    given.write_text(pem(Authority.new().certificate))
    run(place, "--postgres-ca", str(given))
    held = contents(place)
    assert held["postgres_ca.crt"] == given.read_text()
    dsns = [text for name, text in held.items() if name.endswith("_dsn")]
    assert len(dsns) == 1 + len(DATABASES)
    for dsn in dsns:
        query = dict(parse_qsl(urlsplit(dsn).query))
        assert query == {"sslmode": "verify-full", "sslrootcert": "/run/secrets/postgres_ca.crt"}


def test_settings_that_were_there_and_do_not_verify_are_named(tmp_path: Path) -> None:
    place, given = tmp_path / "secrets", tmp_path / "root.crt"
    given.write_text(pem(Authority.new().certificate))
    run(place)
    answer = RUNNER.invoke(app, ["credentials", str(place), "--postgres-ca", str(given)])
    assert answer.exit_code == 2
    assert "rongcuo_archive_dsn" in answer.output


def test_an_authority_that_is_no_certificate_is_refused_and_nothing_depends_on_it(tmp_path: Path) -> None:
    (tmp_path / "root.crt").write_text("root")
    answer = RUNNER.invoke(app, ["credentials", str(tmp_path / "secrets"), "--postgres-ca", str(tmp_path / "root.crt")])
    assert answer.exit_code == 2
    assert contents(tmp_path / "secrets") == {}


@pytest.mark.parametrize("name", ["broker-1", "127.0.0.1"])
def test_a_client_with_the_authority_trusts_the_server_by_each_of_its_names(tmp_path: Path, name: str) -> None:
    place = tmp_path / "secrets"
    run(place, "--kafka", "broker-1", "--kafka", "broker-2")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(place / "kafka.pem")
    handshake(server, ssl.create_default_context(cafile=place / "ca.crt"), name)


def test_a_client_does_not_trust_another_name_nor_another_authority(tmp_path: Path) -> None:
    place = tmp_path / "secrets"
    run(place)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(place / "kafka.pem")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, ssl.create_default_context(cafile=place / "ca.crt"), "broker-9")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, ssl.create_default_context(cadata=pem(Authority.new().certificate)), "kafka")


def test_an_authority_is_not_made_of_two_halves() -> None:
    one, other = Authority.new(), Authority.new()
    assert Authority.of(private_pem(one.key), pem(one.certificate)).certificate == one.certificate
    with pytest.raises(ValueError, match="not that of the certificate"):
        Authority.of(private_pem(one.key), pem(other.certificate))
