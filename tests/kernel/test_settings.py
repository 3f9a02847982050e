"""Settings: what is unknown or wrong is said at the start, with its name, its source and what would do."""

from pathlib import Path

import pytest

from rynek.kernel.settings import Settings, SettingsError, load


def written(folder: Path, text: str) -> Path:
    (folder / "rynek.toml").write_text(text)
    return folder


def test_nothing_set_is_the_laptop(tmp_path: Path) -> None:
    assert load(tmp_path, {}) == Settings()
    assert Settings().folder == Path(".rynek")


def test_the_environment_goes_before_the_file_and_the_command_line_before_both(tmp_path: Path) -> None:
    folder = written(
        tmp_path, 'port = 1\nworkers = 2\nfolder = "shop"\nonly = ["commerce"]\n[rates]\nread = 7\nbulk = 8\n'
    )
    environment = {"RYNEK_PORT": "3", "RYNEK_RATES__READ": "9", "RYNEK_TRUST_PROXY": "true", "PATH": "/bin"}
    found = load(folder, environment, port=None, connections=5)
    assert (found.port, found.workers, found.connections, found.trust_proxy) == (3, 2, 5, True)
    assert (found.rates.read, found.rates.bulk, found.rates.write) == (9, 8, 100)
    assert (found.folder, found.only) == (Path("shop"), ("commerce",))


def test_lists_in_the_environment(tmp_path: Path) -> None:
    environment = {"RYNEK_ONLY": "commerce,security", "RYNEK_PLUGINS": "", "RYNEK_FOLDER": "/srv/a"}
    found = load(tmp_path, environment)
    assert (found.only, found.plugins, found.folder) == (("commerce", "security"), (), Path("/srv/a"))


@pytest.mark.parametrize(
    ("text", "environment", "told"),
    [
        ("prot = 1", {}, r"rynek\.toml: there is no setting prot; did you mean port\?"),
        ("[rates]\nraed = 1", {}, r"there is no setting rates\.raed; did you mean rates\.read\?"),
        ("zzz = 1", {}, "there is no setting zzz; known are body_limit, carriers_plain, connections"),
        ("", {"RYNEK_WORKRES": "2"}, r"the environment: there is no setting workres; did you mean workers\?"),
        ("", {"RYNEK_RATES__WRIET": "2"}, r"did you mean rates\.write\?"),
        ('port = "many"', {}, r"rynek\.toml: Expected `int`.*\$\.port"),
        ("port = 70000", {}, r"rynek\.toml: Expected `int` <= 65535"),
        ("workers = 0", {}, "Expected `int` >= 1"),
        ("folder = 5", {}, r"\$\.folder"),
        ("", {"RYNEK_PORT": "many"}, r"the environment: .*\$\.port"),
        ("", {"RYNEK_TRUST_PROXY": "perhaps"}, r"\$\.trust_proxy"),
        ("", {"RYNEK_RATES": "5"}, r"the environment: .*\$\.rates"),
        ("", {"RYNEK_RATES": "5", "RYNEK_RATES__READ": "5"}, "cannot both be set"),
        ("", {"RYNEK_PORT__NUMBER": "5"}, "port is a value, not a table"),
        ("[port]\nnumber = 1", {}, "port is a value, not a table"),
        ('log_level = "loud"', {}, r"\$\.log_level"),
        ("port = ", {}, "rynek.toml: Invalid value"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, environment: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        load(written(tmp_path, text), environment)


def test_the_command_line_is_checked_too(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"the command line: .*\$\.port"):
        load(tmp_path, {}, port=-1)
