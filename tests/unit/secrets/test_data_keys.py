"""What KMS refuses: a key that is not ours is broken, all else may be mended or pass."""

from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.errors import UnavailableError
from shared.secrets.data_keys import DataKeys
from shared.secrets.envelope import BrokenSealError, Owner

OWNER = Owner("acme", "credential", "0192")


class Refusing:
    """A client of KMS that fails at each call."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def generate_data_key(self, **_call: Any) -> Any:
        raise self._error

    def decrypt(self, **_call: Any) -> Any:
        raise self._error


def keys(error: Exception) -> DataKeys:
    return DataKeys(cast("Any", Refusing(error)), "arn:aws:kms:::key/x")


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "arn:aws:kms:::key/x"}}, "Decrypt")


@pytest.mark.parametrize(
    "error",
    [
        refused("ThrottlingException"),
        refused("KMSInternalException"),
        refused("DependencyTimeoutException"),
        refused("DisabledException"),
        refused("KMSInvalidStateException"),
        refused("AccessDeniedException"),
        EndpointConnectionError(endpoint_url="https://kms"),
    ],
)
def test_what_may_pass_asks_to_come_again_without_an_arn(error: Exception):
    for call in (lambda: keys(error).new(OWNER), lambda: keys(error).unwrapped(b"x", OWNER)):
        with pytest.raises(UnavailableError) as told:
            call()
        assert told.value.retry_after_seconds == 1
        assert "arn" not in told.value.detail


@pytest.mark.parametrize("code", ["InvalidCiphertextException", "IncorrectKeyException"])
def test_what_is_not_of_this_owner_is_broken(code: str):
    with pytest.raises(BrokenSealError):
        keys(refused(code)).unwrapped(b"x", OWNER)
