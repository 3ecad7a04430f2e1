"""Files of a home: whole, and their owner's."""

from pathlib import Path

from infra.local.files import replace


def test_a_file_takes_the_place_of_another_and_is_its_owners(tmp_path: Path) -> None:
    file = tmp_path / "local.json"
    file.write_text("former")
    file.chmod(0o644)
    (tmp_path / "local.new").write_text("half of one that was cut short")

    replace(file, "new")

    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["local.json"]
