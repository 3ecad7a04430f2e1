"""Synthesis: its options, its repeatability, and a linter's opinion of what comes out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.bundling import _fingerprint as layer_fingerprint
from infra.options import InvalidOptionsError, Options
from infra.synthesis import TEMPLATE, synthesize, without_dependencies
from tests.support.template import directory, synthesised

# A DependsOn that a reference implies as well: the CDK writes it for every role.
IGNORED = "W3005"


def test_cfn_lint_has_nothing_to_say() -> None:
    linter = Path(sys.executable).parent / "cfn-lint"
    templates = [directory(target=target) / TEMPLATE for target in ("aws", "local")]

    outcome = subprocess.run(  # noqa: S603 - the linter of this environment
        [linter, "--ignore-checks", IGNORED, "--", *templates],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (outcome.returncode, outcome.stdout) == (0, "")


def test_two_syntheses_give_the_same_template(tmp_path: Path) -> None:
    first = synthesised(target="aws")

    synthesize({"target": "aws", "layer": str(without_dependencies()), "outdir": str(tmp_path)})

    assert (tmp_path / TEMPLATE).read_text("utf-8") == first.text


def test_a_stack_for_aws_without_authorization_is_refused() -> None:
    with pytest.raises(InvalidOptionsError, match="only target=local may ask for it"):
        Options.from_context({"target": "aws", "auth": "off"})


def test_a_stack_that_lets_the_first_comer_in_is_never_one_of_production() -> None:
    assert Options.from_context({"bootstrap": "open"}).bootstrap == "open"
    with pytest.raises(InvalidOptionsError, match="not with stage=prod"):
        Options.from_context({"bootstrap": "open", "stage": "prod"})


def test_the_local_target_is_closed_too_and_made_for_this_machine() -> None:
    local = Options.from_context({"target": "local"})

    assert (local.auth, local.platform) == ("on", "native")
    assert local.python == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_what_is_said_wins_over_what_the_target_implies() -> None:
    local = Options.from_context({"target": "local", "auth": "off", "python": "3.12"})

    assert (local.auth, local.python) == ("off", "3.12")


@pytest.mark.parametrize(
    "wrong",
    [{"stage": "live"}, {"target": "azure"}, {"auth": "none"}, {"bootstrap": "yes"}],
)
def test_an_option_with_an_unknown_value_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidOptionsError, match="expected one of"):
        Options.from_context(dict(wrong))


@pytest.mark.parametrize("wrong", ["0", "-1", "many", "1.5", "٣"])
def test_a_number_of_runners_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidOptionsError, match="expected a whole number from 1"):
        Options.from_context({"runners": wrong})


@pytest.mark.parametrize("name", ["rate", "rate_login", "rate_starts", "rate_documents"])
def test_a_rate_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidOptionsError, match=f"{name}=0: expected a whole number from 1"):
        Options.from_context({name: "0"})


@pytest.mark.parametrize(
    ("platform", "architecture"),
    [
        ("aarch64-manylinux_2_28", "arm64"),
        ("aarch64-apple-darwin", "arm64"),
        ("x86_64-manylinux_2_28", "x86_64"),
    ],
)
def test_the_platform_of_the_bundle_decides_the_architecture(
    platform: str, architecture: str
) -> None:
    assert Options(platform=platform).architecture == architecture


CHOSEN = {
    "egress_allow": "127.0.0.1",
    "egress_deny": "127.0.0.1:8080,127.0.0.1:4566",
    "retention": "billing=365d,*=90d",
}


def told(variable: str) -> dict[str, str]:
    """What each function is told in a variable, of those that have it."""
    template = synthesised(target="local", **CHOSEN)
    return {
        properties["Handler"].split(".")[1]: properties["Environment"]["Variables"][variable]
        for _, properties in template.of_type("AWS::Lambda::Function")
        if variable in properties["Environment"]["Variables"]
    }


def test_the_egress_allowance_reaches_the_runner_and_nobody_else() -> None:
    assert told("HEADRACE_EGRESS_ALLOW") == {"runner": "127.0.0.1"}


def test_the_stacks_own_addresses_reach_the_runner_and_nobody_else() -> None:
    assert told("HEADRACE_EGRESS_DENY") == {"runner": "127.0.0.1:8080,127.0.0.1:4566"}


def test_retentions_reach_whoever_starts_executions() -> None:
    rules = CHOSEN["retention"]

    assert told("HEADRACE_RETENTION") == {"executions": rules, "runner": rules}


@pytest.mark.parametrize("wrong", ["90d", "*=", "*=90", "Billing=1d", "a=1d,,b=2d", "a=0d", "a=1y"])
def test_a_retention_that_cannot_be_read_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidOptionsError, match="namespace=duration, as billing=365d"):
        Options.from_context({"retention": wrong})


def test_layers_of_different_platforms_or_pythons_are_different() -> None:
    fingerprints = {
        layer_fingerprint(platform, python)
        for platform in ("aarch64-manylinux_2_28", "x86_64-manylinux_2_28", "native")
        for python in ("3.12", "3.13")
    }

    assert len(fingerprints) == 6


def test_the_machine_of_the_stack_is_the_committed_file() -> None:
    template = synthesised(target="aws")

    [(_, machine)] = template.of_type("AWS::StepFunctions::StateMachine")
    committed = Path("infra/machines/one_segment.asl.json").read_text("utf-8")
    assert json.loads(machine["DefinitionString"]) == json.loads(committed)
    assert list(machine["DefinitionSubstitutions"]) == ["RunnerArn"]
