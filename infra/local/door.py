"""The door before both ports: no web page and no other user of this machine comes in.

A page of any origin can send requests to loopback, and a name of its own may lead there. Browsers
say where a request comes from (`Host`, `Origin`, `Sec-Fetch-Site`); no SDK sends the last two.
"""

import re
from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl

from infra.local.answers import Scope

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
DEFAULT_PORT = 80
READS = ("GET", "HEAD")
HEALTH = "/_ministack/health"
"""The one path of the emulator's administration that shows nothing and changes nothing."""
EXECUTE_API = "/_aws/execute-api/"
"""The path by which functions send to the clients of a WebSocket API."""
POOL_KEYS = re.compile(r"/[a-z0-9-]+_[A-Za-z0-9]+/\.well-known/jwks\.json")
"""The public keys of a pool of users, which the emulator's own authorizer reads from itself."""
TOKEN_CALLS = {f"AWSCognitoIdentityProviderService.{name}" for name in ("GetUser", "RevokeToken")}
"""The calls whose credential is the token they carry: SDKs send them without a signature."""
_KEY = re.compile(r"Credential=([^/]+)/")

FOREIGN_HOST = (
    "this address is none of this stack's: use localhost or 127.0.0.1 with its port "
    "(HEADRACE_HOSTS adds names for the API)"
)
FOREIGN_PAGE = "pages of another origin may not call this stack"
NO_PAGES = (
    "no page may call the AWS emulator, and it answers no preflight: use an SDK, or the API's port"
)
CLOSED = "the emulator's administration is closed: stop the stack and remove its home to reset it"
UNSIGNED = (
    "requests to the AWS emulator are signed with the key pair of this stack's home: set "
    "AWS_SHARED_CREDENTIALS_FILE to its file `credentials`, and unset AWS_ACCESS_KEY_ID, "
    "AWS_SECRET_ACCESS_KEY and AWS_PROFILE, which win over it"
)


class ApiDoor:
    """The door of the API's port: loopback and configured names, for pages of our own origin."""

    def __init__(self, port: int, names: Iterable[str] = ()) -> None:
        names = tuple(names)
        added = {*names, *(f"{name}:{port}" for name in names)}
        self._hosts = _loopback(port) | added
        self._origins = {f"http://{host}" for host in self._hosts}
        self._origins |= {f"https://{host}" for host in added}

    def refusal(self, scope: Scope) -> str | None:
        """Return the reason why a request is not let in, for whoever sent it; None if it is."""
        if _hosts(scope) - self._hosts or not _hosts(scope):
            return FOREIGN_HOST
        if set(headers(scope, "origin")) - self._origins:
            return FOREIGN_PAGE
        is_read = scope["type"] == "http" and scope["method"] in READS
        sites = set(headers(scope, "sec-fetch-site"))
        return None if is_read or sites <= {"none", "same-origin"} else FOREIGN_PAGE


class EmulatorDoor:
    """The door of the emulator's port: for who holds a key that it knows, and for no page."""

    def __init__(self, port: int, knows: Callable[[str], bool]) -> None:
        self._accepted = _loopback(port)
        self._knows = knows

    def refusal(self, scope: Scope) -> str | None:
        """Return the reason why a request is not let in, for whoever sent it; None if it is.

        A key that is known is let in: the emulator itself then checks the signature. It would take
        `test`, an account's number and no key at all for its root, whatever the signature.
        """
        if _hosts(scope) - self._accepted or not _hosts(scope):
            return FOREIGN_HOST
        is_page = headers(scope, "origin") or set(headers(scope, "sec-fetch-site")) - {"none"}
        if is_page or scope.get("method") == "OPTIONS":
            return NO_PAGES
        path = scope["path"]
        if path == HEALTH or is_public(scope):
            return None
        if path.startswith("/_") and not path.startswith(EXECUTE_API):
            return CLOSED
        return None if self._knows(access_key(scope)) else UNSIGNED


def is_public(scope: Scope) -> bool:
    """Tell whether AWS answers a request to anybody: a pool's keys, and calls about a token."""
    if headers(scope, "authorization") or scope["query_string"] or scope["type"] != "http":
        return False
    if scope["method"] == "GET":
        return POOL_KEYS.fullmatch(scope["path"]) is not None
    targets = headers(scope, "x-amz-target")
    is_call = scope["method"] == "POST" and scope["path"] == "/" and len(targets) == 1
    return is_call and targets[0] in TOKEN_CALLS


def access_key(scope: Scope) -> str:
    """Return the key that a request is signed with, in its header or its query (SigV4).

    It is empty where there is none, or more than one: whoever reads on might take another.
    """
    signed = headers(scope, "authorization")
    found = [key for value in signed for key in _KEY.findall(value) or [""]]
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    found += [
        value.partition("/")[0] for name, value in query if name.lower() == "x-amz-credential"
    ]
    is_sigv4 = all(value.startswith("AWS4-HMAC-SHA256 ") for value in signed)
    return found[0] if is_sigv4 and len(found) == 1 else ""


def headers(scope: Scope, name: str) -> list[str]:
    """Return the values of every header line of this name, in lower case or as a client wrote."""
    wanted = name.encode()
    return [
        bytes(value).decode("latin-1").strip()
        for found, value in scope["headers"]
        if found.lower() == wanted
    ]


def _hosts(scope: Scope) -> set[str]:
    return {host.lower() for host in headers(scope, "host")}


def _loopback(port: int) -> set[str]:
    bare = set(LOOPBACK) if port == DEFAULT_PORT else set()
    return {f"{host}:{port}" for host in LOOPBACK} | bare
