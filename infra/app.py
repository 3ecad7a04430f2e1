"""The CDK app: reads the options from the context, makes the stack, writes the assembly.

`python -m infra.app stage=prod outdir=cdk.out` does what the CDK's own command does with
`-c name=value`; `--` between two such groups makes two assemblies in one go. No account, no Docker;
and once the layer is built, no network.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import App, DefaultStackSynthesizer

from infra.bundling import Assets, dependencies_layer, our_code
from infra.bytecode import find_compiler
from infra.options import Options
from infra.stack import PlatformStack

STACK_NAME = "Headrace"
PARAMETERS = (
    "stage",
    "target",
    "auth",
    "bootstrap",
    "platform",
    "python",
    "egress_allow",
    "egress_deny",
    "retention",
    "runners",
    "rate",
    "rate_login",
    "rate_documents",
    "rate_starts",
    "layer",
)


def build(given: Mapping[str, str]) -> App:
    """Return an app that has not been synthesised; its assembly will go to `outdir`."""
    app = App(
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,  # seven seconds; cfn-lint says the same in a test
        context=dict(given),
        outdir=given.get("outdir"),
        tree_metadata=False,
    )
    context = {name: app.node.try_get_context(name) for name in PARAMETERS}
    layer = context.pop("layer")
    options = Options.from_context(context)
    PlatformStack(
        app,
        STACK_NAME,
        options=options,
        assets=_assets(options, layer),
        synthesizer=DefaultStackSynthesizer(
            generate_bootstrap_version_rule=options.target == "aws"
        ),
    )
    return app


def _assets(options: Options, layer: str | None) -> Assets:
    """Return the folders to ship; this machine gets no byte code, for Python writes its own."""
    compiler = find_compiler(options.python) if options.target == "aws" else None
    return Assets(
        code=our_code(options.python, compiler),
        layer=Path(layer)
        if layer
        else dependencies_layer(options.platform, options.python, compiler),
    )


def main(arguments: Sequence[str]) -> None:
    """Synthesise each group of `name=value`."""
    groups: list[dict[str, str]] = [{}]
    for argument in arguments:
        if argument == "--":
            groups.append({})
        else:
            name, _, value = argument.partition("=")
            groups[-1][name] = value
    for given in groups:
        build(given).synth()


if __name__ == "__main__":
    main(sys.argv[1:])
