"""What moto and boto3 make anew for each stack though it never changes: made once a process.

A stack's items, messages, objects and runs are its own, since moto's backends are new for each.
Clients, which keep nothing of what they were used for, are not, nor are the shapes of tables, the
parsed texts of machines and of their paths, and moto's pairs of RSA keys: the one that signs every
pool's tokens comes from a file, the other belongs to each key of KMS, symmetric ones too, whose
material is another matter.
"""

import copy
import json
from collections.abc import Callable
from functools import cache
from threading import RLock
from typing import Any

import boto3
import moto.cognitoidp.models
import moto.kms.models
import pytest
from joserfc.jwk import RSAKey
from moto.dynamodb.models import dynamodb_backends
from moto.kms.utils import generate_private_key
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from tests.support.template import ACCOUNT, REGION

_PARSE_PATH: Any = vars(json_path)["parse"]
_PARSE_RESULT_PATH: Any = vars(result_path)["parse"]
_EMPTY: dict[str, Any] = {}
"""Tables that nothing was ever written to, by the text of their template."""


def remember(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have clients and parsed texts come from this process's memory, until it is undone."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", _session())
    monkeypatch.setattr(AmazonStateLanguageParser, "parse", staticmethod(_program))
    backend = StepFunctionsParserBackend
    monkeypatch.setattr(backend, "_validate_definition", staticmethod(_validate_machine))
    monkeypatch.setattr(moto.kms.models, "generate_private_key", _make_key)
    monkeypatch.setattr(moto.cognitoidp.models, "jwk", _Keys)
    monkeypatch.setattr(json_path, "parse", _path(_PARSE_PATH))
    monkeypatch.setattr(result_path, "parse", _path(_PARSE_RESULT_PATH))


def make_tables(text: str, make: Callable[[], None]) -> None:
    """Give moto's new backend the empty tables of a template; `make` has moto make the first."""
    backend = dynamodb_backends[ACCOUNT][REGION]
    if text not in _EMPTY:
        make()
        _EMPTY[text] = copy.deepcopy(backend.tables)
    else:
        backend.tables = copy.deepcopy(_EMPTY[text])


class _Session(boto3.Session):
    """Makes each client, and each resource, once."""

    def __init__(self) -> None:
        super().__init__(region_name=REGION)
        self._made: dict[str, Any] = {}
        self._lock = RLock()

    def client(self, *arguments: Any, **named: Any) -> Any:
        return self._once(super().client, arguments, named)

    def resource(self, *arguments: Any, **named: Any) -> Any:
        return self._once(super().resource, arguments, named)

    def _once(self, make: Callable[..., Any], arguments: Any, named: dict[str, Any]) -> Any:
        config = named.get("config")
        options = sorted(config._user_provided_options.items()) if config else None
        key = repr((make.__name__, arguments, sorted({**named, "config": options}.items())))
        with self._lock:
            if key not in self._made:
                self._made[key] = make(*arguments, **named)
            return self._made[key]


@cache
def _session() -> _Session:
    """Made under moto, whose credentials it keeps."""
    return _Session()


class _Keys:
    """Stands where moto reads the key of a new pool."""

    class RSAKey:
        @staticmethod
        def import_key(values: dict[str, str]) -> RSAKey:
            return _signing_key(json.dumps(values))


@cache
def _signing_key(text: str) -> RSAKey:
    return RSAKey.import_key(json.loads(text))


_make_key = cache(generate_private_key)
_validate_machine = cache(StepFunctionsParserBackend._validate_definition)
_parse_machine = cache(AmazonStateLanguageParser.parse)


def _program(definition: str) -> tuple[Any, Any]:
    """A program of its own for each run: one keeps what it is about."""
    program, tree = _parse_machine(definition)
    return copy.deepcopy(program), tree


_path = cache(cache)
