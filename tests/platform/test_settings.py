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
    [("PORT", "0"), ("KAFKA", "broker"), ("DATABASE_PREFIX", 'a"b'), ("LOG_LEVEL", "loud"), ("APPEND_QUEUE", "0")],
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
    assert unknown_variables({"RONGCUO_TEST_DSN": "", "PATH": "", "RONGCUO_PORT": ""}) == {}


def test_the_default_data_directory_follows_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert default_data() == Path("/var/lib/rongcuo")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_data() == tmp_path / "rongcuo"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_data() == tmp_path / ".local" / "share" / "rongcuo"
