"""The key: from a file that is the user's alone, or from the environment."""

from pathlib import Path

import pytest

from host.risk.key import KEY_VARIABLE, KeyFileError, load_key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.touch(0o600)
    return path


@pytest.mark.parametrize(("text", "key"), [("1", 1), (" 0xFfff_ffff_ffff_ffff\n", 2**64 - 1), ("77\n", 77)])
def test_a_key_is_a_number(text: str, key: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(text)
    monkeypatch.setenv(KEY_VARIABLE, "5")
    assert load_key(path) == key and load_key(None) == 5


@pytest.mark.parametrize("text", ["", "0", "-1", "18446744073709551616", "secret", "\xff", "1 2"])
def test_what_is_none_is_refused_and_not_told(text: str, path: Path) -> None:
    path.write_text(text)
    with pytest.raises(KeyFileError) as error:
        load_key(path)
    assert str(error.value) == f"{path}: holds no key, a number from 1 to 2**64 - 1, decimal or 0x and hexadecimal"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o601])
def test_others_must_not_have_it(mode: int, path: Path) -> None:
    path.write_text("5")
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=f"{path}: others may use it .mode {mode:o}.; chmod 600 {path}"):
        load_key(path)


def test_without_one_both_ways_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with pytest.raises(KeyFileError, match=r"--key-file FILE, or \$TICKGATE_RISK_KEY"):
        load_key(None)


def test_a_missing_file_is_the_callers_to_report(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_key(tmp_path / "none")
