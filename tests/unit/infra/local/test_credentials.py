"""The key pair of a home: made once, kept to its owner, read as AWS's tools read it."""

from pathlib import Path

import botocore.session
import pytest

from infra.local.credentials import home_key_pair
from infra.local.settings import LocalStackError


def test_each_home_has_a_pair_of_its_own_for_good(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"

    assert home_key_pair(first) == home_key_pair(first)
    assert home_key_pair(first) != home_key_pair(second)


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "credentials"

    pair = home_key_pair(file)

    assert file.stat().st_mode & 0o777 == 0o600
    assert pair.secret_access_key not in repr(pair)
    assert [path.name for path in tmp_path.iterdir()] == ["credentials"]


def test_the_sdk_reads_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = home_key_pair(tmp_path / "credentials")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))

    found = botocore.session.get_session().get_credentials()

    assert found is not None
    assert (found.access_key, found.secret_key) == (pair.access_key_id, pair.secret_access_key)


@pytest.mark.parametrize("text", ["", "[default]\n", "[default]\naws_access_key_id = x\n", "x"])
def test_a_file_without_a_pair_says_what_to_do(tmp_path: Path, text: str) -> None:
    file = tmp_path / "credentials"
    file.write_text(text)

    with pytest.raises(LocalStackError, match="remove it"):
        home_key_pair(file)
