"""The configuration: the example is complete, and every mistake is named with what is allowed."""

import itertools
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.capabilities import discover
from bot.config import Config, ConfigError

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"
REGISTRY = discover()


def example() -> dict[str, Any]:
    return tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))


def test_the_example_is_valid_and_names_every_key_with_its_default() -> None:
    config = Config.load(EXAMPLE, REGISTRY)
    data = example()
    sections = {name: info.annotation for name, info in Config.model_fields.items()}
    models = {
        name: model for name, model in sections.items() if isinstance(model, type) and hasattr(model, "model_fields")
    }
    for name, model in {**models, **REGISTRY.settings}.items():
        assert set(data[name]) == set(model.model_fields), name
    plain = Config.read({"matrix": data["matrix"], "network": data["network"]}, REGISTRY)
    assert config.model_dump(exclude={"folder"}) == plain.model_dump(exclude={"folder"})


def test_every_key_of_the_example_is_explained() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for above, line in itertools.pairwise(lines):
        if re.match(r"\w+ = ", line):
            assert above.startswith("#"), line


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("matrix", "homserver", "x", "did you mean homeserver?"),
        ("matrix", "homeserver", "matrix.example.org", "[matrix] homeserver: must be a URL"),
        ("matrix", "user_id", "sesn", "must be a full Matrix id"),
        ("network", "coordinators", [], "[network] coordinators"),
        ("commands", "too_old", "soon", "[commands] too_old: I cannot read the duration"),
        ("commands", "too_old", "0m", "must be longer than nothing"),
        ("commands", "prefix", "bot", "[commands] prefix"),
        ("sending", "in_flight", 0, "greater than or equal to 1"),
        ("sending", "in_flight", "many", "[sending] in_flight"),
        ("log", "level", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("alerts", "acknowledge_within", "soon", "[alerts] acknowledge_within"),
        ("alerts", "acknowledge", "30m", "did you mean acknowledge_within?"),
    ],
)
def test_a_mistake_names_the_key_and_what_is_allowed(section: str, key: str, value: object, said: str) -> None:
    data = example()
    data[section][key] = value
    with pytest.raises(ConfigError) as raised:
        Config.read(data, REGISTRY)
    assert said in str(raised.value)
    assert "bad value" not in str(raised.value)


def test_an_unknown_section_and_a_missing_key_are_named_together() -> None:
    data = example()
    data["netwrok"] = data.pop("network")
    with pytest.raises(ConfigError) as raised:
        Config.read(data, REGISTRY)
    assert "did you mean [network]?" in str(raised.value)
    assert "[network]: is missing" in str(raised.value)


def test_a_file_that_is_missing_or_broken_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.example\.toml"):
        Config.load(tmp_path / "config.toml", REGISTRY)
    broken = tmp_path / "broken.toml"
    broken.write_text("[matrix", encoding="utf-8")
    with pytest.raises(ConfigError, match="not valid TOML"):
        Config.load(broken, REGISTRY)


def test_secrets_come_from_files_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config.read(example(), REGISTRY, folder=tmp_path)
    with pytest.raises(ConfigError, match=r"matrix\.password_file"):
        config.password()
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/password").write_text("from the file\n", encoding="utf-8")
    (tmp_path / "secrets/store").write_text("short\n", encoding="utf-8")
    assert config.password() == "from the file"
    with pytest.raises(ConfigError, match="fewer than 12 characters"):
        config.store_secret()
    monkeypatch.setenv("SESN_MATRIX_PASSWORD", "from the environment")
    monkeypatch.setenv("SESN_STORE_SECRET", "long enough to be used")
    assert config.password() == "from the environment"
    assert config.store_secret() == "long enough to be used"


def test_relative_paths_begin_at_the_configuration(tmp_path: Path) -> None:
    config = Config.read(example(), REGISTRY, folder=tmp_path)
    assert config.database_url == f"sqlite:///{tmp_path}/data/sesn.db"
    assert config.path(Path("data/keys")) == tmp_path / "data/keys"
