"""The CDK app: reads the options from the context, makes the stack, writes the assembly.

`python -m infra.app stage=prod outdir=cdk.out` does what the CDK's own command does with
`-c name=value`. No account, no Docker; and once the layer is built, no network.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import App, DefaultStackSynthesizer

from infra.bundling import dependencies_layer
from infra.options import Options
from infra.stack import PlatformStack

STACK_NAME = "Headrace"
PARAMETERS = ("stage", "target", "auth", "platform", "python", "egress_allow", "layer")


def build(given: Mapping[str, str]) -> App:
    """An app that has not been synthesised; `outdir` is where its assembly will go."""
    app = App(
        analytics_reporting=False,
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
        layer=Path(layer) if layer else dependencies_layer(options.platform, options.python),
        synthesizer=DefaultStackSynthesizer(
            generate_bootstrap_version_rule=options.target == "aws"
        ),
    )
    return app


if __name__ == "__main__":
    build(dict(argument.split("=", 1) for argument in sys.argv[1:])).synth()
