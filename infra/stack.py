"""The platform's one stack: what it is made of; who may do what stands in `infra/grants`."""

from aws_cdk import CfnOutput, Duration, IStackSynthesizer, Stack
from constructs import Construct

from infra.bundling import Assets
from infra.constructs.api import Api, Served
from infra.constructs.function import PlatformFunction, Runtime, Size
from infra.constructs.identity import Identity
from infra.constructs.orchestration import Orchestration
from infra.constructs.secrets import Secrets
from infra.constructs.storage import Storage
from infra.constructs.timers import Timers
from infra.grants import FUNCTIONS
from infra.options import Options
from infra.resources import Resources
from infra.routes import OPEN_ROUTES, REGISTER, ROUTES

RUNNER = "runner"


class PlatformStack(Stack):
    """The stack of the platform: composition first, grants last."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        options: Options,
        assets: Assets,
        synthesizer: IStackSynthesizer,
    ) -> None:
        super().__init__(scope, name, synthesizer=synthesizer)
        self._runtime = Runtime(self, "Runtime", options=options, assets=assets)
        has_tls = options.target == "aws"  # the emulator speaks plain HTTP
        storage = Storage(self, "Storage", is_protected=options.is_production, has_tls=has_tls)
        timing = Timers(self, "Timing", has_tls=has_tls)
        identity = Identity(self, "Identity", is_protected=options.is_production)
        secrets = Secrets(
            self,
            "Secrets",
            is_protected=options.is_production,
            has_conditions=options.target == "aws",
        )
        self._values = {
            **storage.variables,
            **identity.variables,
            **_said(options),
            "SECRETS_KEY_ARN": secrets.key.key_arn,
            "TIMERS_QUEUE_URL": timing.queue.queue_url,
        }
        runner = self._function(RUNNER, reserved=options.runners)
        orchestration = Orchestration(self, "Orchestration", runner=runner)
        self._values["STATE_MACHINE_ARN"] = orchestration.machine.state_machine_arn
        others = {each: self._function(each) for each in FUNCTIONS if each != RUNNER}
        functions = {**others, RUNNER: runner}

        orchestration.reconciled_by(functions["reconcile"])
        timing.read_by(functions["timers"])
        api = Api(
            self,
            "Api",
            serves=Served(ROUTES, _open_routes(options), functions),
            identity=identity,
            rates=options.rates,
        )
        users = functions["users"].function
        CfnOutput(self, "UsersFunctionName", value=users.function_name)  # an operator invokes it
        api.note_calls(self._runtime.retention)
        resources = Resources(storage, timing, orchestration, identity)
        for each, declared in FUNCTIONS.items():
            declared.grant(functions[each], resources)
        secrets.grant(functions)
        orchestration.may_invoke(runner)

    def _function(self, name: str, *, reserved: int | None = None) -> PlatformFunction:
        """Make a function as it is declared, with the values of the variables it names."""
        declared = FUNCTIONS[name]
        variables = [*declared.variables, *(["HEADRACE_AUTH"] if name in ROUTES else [])]
        return PlatformFunction(
            self,
            name,
            runtime=self._runtime,
            environment={variable: self._values[variable] for variable in variables},
            size=Size(Duration.seconds(declared.seconds), declared.memory_mb, reserved),
        )


def _said(options: Options) -> dict[str, str]:
    """Return what options tell functions, by the name of the variable."""
    return {
        "HEADRACE_STAGE": options.stage,
        "HEADRACE_AUTH": options.auth,
        "HEADRACE_BOOTSTRAP": options.bootstrap,
        "HEADRACE_EGRESS_ALLOW": options.egress_allow,
        "HEADRACE_EGRESS_DENY": options.egress_deny,
        "HEADRACE_RETENTION": options.retention,
        "HEADRACE_SDK_PATIENCE": "patient",  # told to those for whose answer nobody waits
    }


def _open_routes(options: Options) -> frozenset[str]:
    """Return the routes that take no token."""
    if options.auth == "off":
        return frozenset(key for keys in ROUTES.values() for key in keys)
    return OPEN_ROUTES | ({REGISTER} if options.bootstrap == "open" else set())
