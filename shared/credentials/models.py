"""Credentials as they are shown, and as clients send them; a value is only ever sent."""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from shared.credentials.values import MAX_FIELDS, MAX_VALUE_BYTES, CredentialType, checked_value
from shared.ids import ID_PATTERN
from shared.names import Namespace
from shared.records import StrictRecord
from shared.times import Timestamp

MAX_DESCRIPTION: Final = 1_000

CredentialName = Annotated[
    str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$", min_length=1, max_length=128)
]
CredentialId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Description = Annotated[str, StringConstraints(max_length=MAX_DESCRIPTION)]
AskedType = Literal["text", "map", "oauth2"]
SentValue = Annotated[
    Any,
    AfterValidator(checked_value),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": MAX_VALUE_BYTES},
                {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "minProperties": 1,
                    "maxProperties": MAX_FIELDS,
                },
            ],
            "description": f"A text, or a map of texts; {MAX_VALUE_BYTES} bytes at most.",
        }
    ),
]


class Credential(StrictRecord):
    """A credential as the API shows it, without its value: no route has that.

    Without a `namespace` it is of all of them.
    """

    id: CredentialId
    name: CredentialName
    type: CredentialType
    namespace: Namespace | None = None
    description: str | None = None
    token: None = None
    created_at: Timestamp
    updated_at: Timestamp
    last_used_at: Timestamp | None = None
    # Counts writes: it is the ETag.
    version: int = Field(exclude=True)


class CredentialDraft(StrictRecord):
    """A credential to be made; without a `type` its `value` tells it."""

    name: CredentialName
    value: SentValue = Field(repr=False)
    type: AskedType | None = None
    namespace: Namespace | None = None
    description: Description | None = None


class CredentialPatch(StrictRecord):
    """The fields of a credential to be written; what is left out or null stays.

    The others are those of an answer, which can be changed and sent back: `id`, `name` and
    `namespace` as they are, of the rest nothing is read.
    """

    value: SentValue | None = Field(default=None, repr=False)
    type: AskedType | None = None
    description: Description | None = None
    id: str | None = None
    name: str | None = None
    namespace: str | None = None
    token: Any = None
    created_at: Any = None
    updated_at: Any = None
    last_used_at: Any = None
