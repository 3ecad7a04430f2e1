"""The keys that the emulator knows: the home's own and its functions' are nobody's to guess.

As delivered, `test`, an account's number and no key at all are the account's root whatever the
signature, and a function's keys can be computed from its name. The door refuses the former.
"""

import hashlib
import hmac
import importlib
from collections.abc import Mapping
from typing import Any

from infra.local.credentials import KeyPair

ACCOUNT = "000000000000"
"""The account of all that was ever made without naming one."""


class Identities:
    """The emulator's sessions: the home's key pair as root, and its functions' roles."""

    def __init__(self, pair: KeyPair) -> None:
        self._pair = pair
        self._sts: Any = importlib.import_module("ministack.services.sts")
        self._iam: Any = importlib.import_module("ministack.services.iam")

    def install(self) -> None:
        """Let the emulator take the home's pair, with its signature, and give functions theirs."""
        root = {
            "Arn": f"arn:aws:iam::{ACCOUNT}:root",
            "PrincipalType": "Root",
            "UserId": ACCOUNT,
            "SecretAccessKey": self._pair.secret_access_key,
        }
        self._sts.register_session(self._pair.access_key_id, root)
        for module in ("core.lambda_runtime", "services.lambda_svc"):
            found: Any = importlib.import_module(f"ministack.{module}")
            found.execution_credentials = self.of_function

    def knows(self, key: str) -> bool:
        """Tell whether a key is of a session or an IAM user; a root without a secret is neither."""
        if key in self._sts._sessions:  # noqa: SLF001 - as the emulator's own lookup does
            return True
        users = self._iam._access_keys.to_dict()  # noqa: SLF001
        is_root = not key or key == "test" or key.isdecimal()
        return not is_root and any(stored == key for _, stored in users)

    def of_function(self, config: Mapping[str, Any]) -> dict[str, str]:
        """Return the environment with the keys of a function's role, the same at each call."""
        function, role = str(config["FunctionArn"]), str(config.get("Role", ""))
        account, name = function.split(":")[4], role.rpartition("/")[2]
        session = str(config.get("FunctionName", "function"))[:64]
        key = f"ASIA{self._derived('key', function, role)[:16].upper()}"
        secret, token = (self._derived(kind, function, role) for kind in ("secret", "token"))
        self._sts.register_session(
            key,
            {
                "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
                "UserId": f"{name}:{session}",
                "SecretAccessKey": secret,
                "SessionToken": token,
            },
        )
        return {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_SESSION_TOKEN": token,
        }

    def _derived(self, *parts: str) -> str:
        secret = self._pair.secret_access_key.encode()
        return hmac.new(secret, "\0".join(parts).encode(), hashlib.sha256).hexdigest()
