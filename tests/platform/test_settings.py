"""Settings: read from the environment, documented, and never printed when secret."""

import logging
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared import settings
from shared.settings import Settings, default_data, load_settings, settings_table, unknown_variables

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(settings.variable(field), raising=False)


def test_every_setting_is_described_and_documented_as_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())
    assert settings_table() in DOCUMENT.read_text()


def test_variables_override_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGCUO_PORT", "9000")
    monkeypatch.setenv("RONGCUO_SANDBOX", "1")
    monkeypatch.setenv("RONGCUO_DSN", "postgresql:///postgres?host=/run/postgresql")
    monkeypatch.setenv("RONGCUO_KAFKA", "")
    read = load_settings()
    assert (read.port, read.sandbox, read.kafka) == (9000, True, None)
    assert read.dsn
    assert read.dsn.get_secret_value() == "postgresql:///postgres?host=/run/postgresql"


def test_a_database_may_have_a_dsn_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGCUO_ARCHIVE_DSN", "postgresql://archive@db.example/archive")
    assert load_settings().given_dsn("archive") == "postgresql://archive@db.example/archive"
    assert load_settings().given_dsn("keyring") is None


def test_secrets_show_neither_when_printed_nor_in_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGCUO_DSN", "postgresql://admin:geheim@127.0.0.1/postgres")
    assert "geheim" not in repr(load_settings())
    monkeypatch.setenv("RONGCUO_ROLE_SECRET", "geheim")
    with pytest.raises(ValidationError) as refused:
        load_settings()
    assert "role_secret" in str(refused.value)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("KAFKA", "broker"),
        ("DATABASE_PREFIX", 'a"b'),
        ("LOG_LEVEL", "loud"),
        ("APPEND_QUEUE", "0"),
        ("PURPOSES", "visit,zhang-san-13800000000"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"RONGCUO_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        load_settings()


def test_a_misspelt_variable_is_named_in_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("RONGCUO_KAFAK", "127.0.0.1:9092")
    with caplog.at_level(logging.WARNING):
        load_settings()
    assert "RONGCUO_KAFAK is not a setting and is ignored; did you mean RONGCUO_KAFKA?" in caplog.text
    assert unknown_variables(["RONGCUO_TEST_DSN", "PATH", "RONGCUO_PORT"]) == {}


def test_the_default_data_directory_follows_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert default_data() == Path("/var/lib/rongcuo")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_data() == tmp_path / "rongcuo"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_data() == tmp_path / ".local" / "share" / "rongcuo"


class TestSecretsDirectory:
    @pytest.fixture
    def directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("RONGCUO_SECRETS", str(tmp_path))
        return tmp_path

    def test_holds_one_setting_in_each_file(self, directory: Path) -> None:
        (directory / "rongcuo_intake_dsn").write_text("postgresql://intake:geheim@db.example/intake\n")
        (directory / "RONGCUO_KEK").write_text(f"{'0f' * 32}\n")
        read = load_settings()
        assert read.given_dsn("intake") == "postgresql://intake:geheim@db.example/intake"
        assert read.kek is not None
        assert read.kek.get_secret_value() == "0f" * 32
        assert "geheim" not in repr(read)

    def test_gives_way_to_a_variable(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (directory / "rongcuo_port").write_text("9001")
        monkeypatch.setenv("RONGCUO_PORT", "9002")
        assert load_settings().port == 9002

    def test_may_be_links_as_kubernetes_makes_them(self, directory: Path) -> None:
        (directory / "..data").mkdir()
        (directory / "..data" / "rongcuo_port").write_text("9001")
        (directory / "rongcuo_port").symlink_to("..data/rongcuo_port")
        assert load_settings().port == 9001

    @pytest.mark.parametrize(("name", "content"), [("role_secret", "geheim"), ("kek", "geheim"), ("dsn", "geheim")])
    def test_is_never_shown_in_an_error(self, directory: Path, name: str, content: str) -> None:
        (directory / f"rongcuo_{name}").write_text(content)
        with pytest.raises(ValidationError, match=name) as refused:
            load_settings()
        assert "geheim" not in str(refused.value)

    def test_misspelt_files_are_named_and_others_left_alone(
        self, directory: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (directory / "rongcuo_token_sekret").write_text("geheim")
        (directory / "postgres_password").write_text("geheim")
        load_settings()
        assert "RONGCUO_TOKEN_SEKRET is not a setting and is ignored; did you mean RONGCUO_TOKEN_SECRET?" in caplog.text
        assert "postgres_password" not in caplog.text
        assert "geheim" not in caplog.text

    def test_has_to_be_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RONGCUO_SECRETS", str(tmp_path / "none"))
        with pytest.raises(ValidationError, match="secrets"):
            load_settings()


SASL = {"KAFKA_PROTOCOL": "SASL_SSL", "KAFKA_USERNAME": "rongcuo-intake", "KAFKA_PASSWORD": "geheim"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"KAFKA_PROTOCOL": "SASL_SSL"}, "RONGCUO_KAFKA_PASSWORD is missing"),
        ({"KAFKA_PROTOCOL": "SASL_SSL", "KAFKA_PASSWORD": "geheim"}, "RONGCUO_KAFKA_USERNAME is missing"),
        ({"KAFKA_USERNAME": "rongcuo-intake"}, "RONGCUO_KAFKA_USERNAME has no meaning"),
        ({**SASL, "KAFKA_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_CA_FILE": __file__}, "RONGCUO_KAFKA_CA_FILE has no mean"),
        ({"KAFKA_PROTOCOL": "SSL", "KAFKA_CERTIFICATE_FILE": __file__}, "RONGCUO_KAFKA_KEY_FILE is missing"),
        ({**SASL, "KAFKA_CA_FILE": "/nowhere/ca.pem"}, "kafka_ca_file"),
        ({**SASL, "KAFKA_MECHANISM": "MD5"}, "kafka_mechanism"),
        ({**SASL, "KAFKA": ""}, "RONGCUO_KAFKA is missing"),
        ({"KAFKA_MIN_INSYNC": "2"}, "RONGCUO_KAFKA_MIN_INSYNC is more than RONGCUO_KAFKA_REPLICATION"),
    ],
)
def test_kafka_settings_that_cannot_be_meant_together_are_refused(
    given: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"KAFKA": "broker.example:9093", **given}.items():
        monkeypatch.setenv(f"RONGCUO_{name}", value)
    with pytest.raises(ValidationError, match=named) as refused:
        load_settings()
    assert "geheim" not in str(refused.value)


def test_kafka_may_be_asked_for_a_user_and_a_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"KAFKA_{name}_FILE": __file__ for name in ("CA", "CERTIFICATE", "KEY")}
    for name, value in {"KAFKA": "broker.example:9093", **SASL, **files}.items():
        monkeypatch.setenv(f"RONGCUO_{name}", value)
    assert load_settings().kafka_key_file == Path(__file__)
