"""What is fetched from elsewhere is named by a hash, or by a commit: a tag can be moved."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
COMMIT = re.compile(r"[0-9a-f]{40}")


def test_make_brings_the_uv_of_the_lock_file():
    locked = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    [uv] = [package for package in locked if package["name"] == "uv"]

    required = (ROOT / "infra" / "uv.txt").read_text("utf-8")

    hint = "`uv export --only-group uv --no-header -o infra/uv.txt` writes it anew"
    assert required.startswith(f"uv=={uv['version']} "), hint
    assert set(re.findall(r"--hash=(\S+)", required)) == {
        each["hash"] for each in [*uv["wheels"], uv["sdist"]]
    }, hint


def test_every_locked_package_has_hashes():
    locked = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]

    for package in locked:
        if "virtual" not in package["source"]:
            files = [*package.get("wheels", ()), *filter(None, [package.get("sdist")])]
            assert files
            assert all("hash" in each for each in files), package["name"]


def test_hooks_and_actions_are_named_by_commit():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    revisions = [hook["rev"] for hook in hooks if hook["repo"] != "local"]
    workflows = [path.read_text("utf-8") for path in ROOT.glob(".github/workflows/*.yml")]
    actions = [found for text in workflows for found in re.findall(r"uses: \S+@(\S+)", text)]

    assert revisions
    assert actions
    assert [each for each in [*revisions, *actions] if not COMMIT.fullmatch(each)] == []
