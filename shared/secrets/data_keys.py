"""The data keys of KMS: one fresh for each secret, unwrapped for its owner alone."""

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws import kms
from shared.config import SecretsSettings, settings
from shared.errors import UnavailableError
from shared.observability import logger
from shared.secrets.envelope import BrokenSealError, Owner

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient

_BROKEN = frozenset({"IncorrectKeyException", "InvalidCiphertextException"})


class DataKey(NamedTuple):
    """A data key as it encrypts, and as it is kept."""

    plain: bytes
    wrapped: bytes


class DataKeys:
    """The data keys under one key of KMS, by its ARN.

    Whatever KMS refuses but a wrapped key that it does not know is UnavailableError: it is busy,
    out of reach, or its key or our right to it is taken away, which somebody can mend.
    """

    def __init__(self, client: "KMSClient", key_arn: str) -> None:
        self._client = client
        self._key_arn = key_arn

    def new(self, owner: Owner) -> DataKey:
        """Return a fresh key of 256 bits; UnavailableError."""
        try:
            answer = self._client.generate_data_key(
                KeyId=self._key_arn, KeySpec="AES_256", EncryptionContext=owner.context
            )
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from None
        return DataKey(answer["Plaintext"], answer["CiphertextBlob"])

    def unwrapped(self, wrapped: bytes, owner: Owner) -> bytes:
        """Return a key that was wrapped for an owner; BrokenSealError or UnavailableError."""
        try:
            answer = self._client.decrypt(
                KeyId=self._key_arn, CiphertextBlob=wrapped, EncryptionContext=owner.context
            )
        except (ClientError, BotoCoreError) as error:
            if _code(error) in _BROKEN:
                raise BrokenSealError("the sealed value is not of this owner") from None
            raise _unavailable(error) from None
        return answer["Plaintext"]


def _unavailable(error: ClientError | BotoCoreError) -> UnavailableError:
    """Return the error for a client; the log has the code of KMS's, never its message."""
    logger.warning("secrets are out of reach", extra={"kms": _code(error)})
    return UnavailableError("secrets cannot be read or written now, try again")


def _code(error: ClientError | BotoCoreError) -> str:
    return (
        error.response["Error"].get("Code", "")
        if isinstance(error, ClientError)
        else type(error).__name__
    )


@cache
def data_keys() -> DataKeys:
    return DataKeys(kms(), settings(SecretsSettings).secrets_key_arn)
