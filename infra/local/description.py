"""The description of a stack that is ready: where it is, and how to log in."""

import json
import shlex
from dataclasses import asdict

from infra.local.files import replace
from infra.local.logins import Logins
from infra.local.settings import REGION, Local

_READ = "import json, sys; print(json.dumps(json.load(open(sys.argv[1]))[sys.argv[2]]))"
_PICK = 'import json, sys; print(json.load(sys.stdin)["token"])'


def describe(local: Local) -> None:
    """Write `local.json`, with the logins of the home where one has to log in."""
    logins = Logins(local.logins).all() if local.has_users else {}
    description = {
        "apiUrl": local.api_url,
        "websocketUrl": None,
        "awsEndpointUrl": local.aws_endpoint_url,
        "region": REGION,
        **{name: asdict(login) for name, login in logins.items()},
    }
    replace(local.description, json.dumps(description, indent=2) + "\n")


def token_command(local: Local, name: str) -> str:
    """Return the line that logs in and puts a token into the shell; no password stands in it."""
    login = f"python3 -c '{_READ}' {shlex.quote(str(local.description))} {name}"
    call = f"curl -s {local.api_url}/auth/login -H 'Content-Type: application/json' -d @-"
    return f"export TOKEN=$({login} | {call} | python3 -c '{_PICK}')"
