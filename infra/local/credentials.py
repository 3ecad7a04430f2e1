"""The key pair of one home, as a file of AWS shared credentials that only its owner can read."""

import configparser
import secrets
import string
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.files import replace
from infra.local.settings import LocalStackError

LETTERS = string.ascii_uppercase + "234567"
PROFILE = "default"


@dataclass(frozen=True)
class KeyPair:
    """An access key's id and its secret."""

    access_key_id: str
    secret_access_key: str = field(repr=False)

    @classmethod
    def random(cls) -> "KeyPair":
        """Make one that nobody guesses: 80 bits in the id, 240 in the secret."""
        key = "AKIA" + "".join(secrets.choice(LETTERS) for _ in range(16))
        return cls(key, secrets.token_urlsafe(30))


def home_key_pair(file: Path) -> KeyPair:
    """Read the key pair of a home; make it at the first start."""
    if not file.exists():
        _write(file, KeyPair.random())
    # As the SDKs read it: a `%` is a percent sign.
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(file.read_text("utf-8"))
        profile = parser[PROFILE]
        return KeyPair(profile["aws_access_key_id"], profile["aws_secret_access_key"])
    except (configparser.Error, KeyError, UnicodeDecodeError) as error:
        raise LocalStackError(f"{file} holds no key pair: remove it, a new one is made") from error


def _write(file: Path, pair: KeyPair) -> None:
    text = (
        f"[{PROFILE}]\n"
        f"aws_access_key_id = {pair.access_key_id}\n"
        f"aws_secret_access_key = {pair.secret_access_key}\n"
    )
    replace(file, text)
