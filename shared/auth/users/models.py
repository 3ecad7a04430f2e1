"""Users as they are stored, sent and shown, and the rules for their names, groups and passwords."""

import re
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, StrictBool, StringConstraints

from shared.auth.claims import TENANT_PATTERN
from shared.auth.names import CHARACTERS
from shared.auth.principal import PrincipalKind, Role
from shared.ids import ID_PATTERN
from shared.records import StrictRecord
from shared.times import Timestamp

NAME_PATTERN = rf"^{CHARACTERS}{{1,100}}$"
GROUP_PATTERN = rf"^{CHARACTERS}{{1,64}}$"
RESERVED: Final = frozenset({"local", "me", "system"})
"""The names that mean somebody else in what is stored or asked for."""
MIN_PASSWORD, MAX_PASSWORD = 12, 256
MAX_GROUPS = 32
"""The groups of a user: a token names them all, and a header of API Gateway has 10,240 bytes."""

_NAME = re.compile(r"[a-z0-9._@+-]{1,100}")
_SUB = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The form of the `sub` of a user, by which Cognito takes a user wherever it asks for a name."""


def folded(name: str) -> str:
    """Return a name as it is stored and compared: in lower case, for the pool knows no other."""
    return name.lower()


def is_username(name: str) -> bool:
    """Tell whether a folded name can be a user's, and means nobody else to the pool."""
    return bool(_NAME.fullmatch(name)) and name not in RESERVED and not _SUB.fullmatch(name)


def _unreserved(name: str) -> str:
    if folded(name) in RESERVED:
        raise ValueError(f"is kept for others: {', '.join(sorted(RESERVED))} are no users")
    if _SUB.fullmatch(folded(name)):
        raise ValueError("must not look like the id of a user: it is one, of whoever has it")
    return folded(name)


def _acceptable(password: str) -> str:
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise ValueError(f"must have {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    if password != password.strip():
        raise ValueError("must not begin or end with a blank")
    return password


def _set_of(groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(groups)))


Username = Annotated[str, StringConstraints(pattern=NAME_PATTERN), AfterValidator(_unreserved)]
Group = Annotated[str, StringConstraints(pattern=GROUP_PATTERN)]
Groups = Annotated[tuple[Group, ...], Field(max_length=MAX_GROUPS), AfterValidator(_set_of)]
TenantName = Annotated[str, StringConstraints(pattern=TENANT_PATTERN)]
Password = Annotated[
    str,
    Field(json_schema_extra={"minLength": MIN_PASSWORD, "maxLength": MAX_PASSWORD}),
    AfterValidator(_acceptable),
]
GivenPassword = Annotated[str, StringConstraints(min_length=1, max_length=MAX_PASSWORD)]
"""A password that is tried: whatever may once have been set."""


class UserStatus(StrEnum):
    """The status of a row: PENDING until the pool has the user with password and groups."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"


class UserRecord(StrictRecord):
    """A user's row: `version` counts writes (it is the ETag), `id` orders lists.

    `attempt` is the id of the creation that is under way, or was the last; its first 48 bits are
    when it began.
    """

    id: Annotated[str, StringConstraints(pattern=ID_PATTERN)]
    username: str
    role: Role
    groups: tuple[str, ...] = ()
    disabled: bool = False
    status: UserStatus = UserStatus.PENDING
    version: int = 1
    attempt: str
    begun_at: Timestamp
    created_at: Timestamp
    created_by: str

    @property
    def is_active(self) -> bool:
        return self.status is UserStatus.ACTIVE

    @property
    def may_log_in(self) -> bool:
        return self.is_active and not self.disabled

    @property
    def is_acting_admin(self) -> bool:
        return self.may_log_in and self.role is Role.ADMIN


class User(StrictRecord):
    """A user as the API shows it; `provider` is null, for a user of this pool."""

    username: str
    role: Role
    groups: tuple[str, ...]
    disabled: bool
    provider: None = None
    created_at: Timestamp
    version: int = Field(exclude=True)

    @classmethod
    def of(cls, record: UserRecord) -> "User":
        """Show a user; its `version` is told by the ETag, not by the body."""
        return cls.model_validate(record.model_dump(include=set(cls.model_fields)))


class UserDraft(StrictRecord):
    """A user to be made; `temporary`: the first login has to set another password."""

    username: Username
    password: Password = Field(repr=False)
    role: Role
    groups: Groups = ()
    temporary: StrictBool = False


class UserPatch(StrictRecord):
    """Any subset of a user's fields: null stays; what only we write is taken and ignored."""

    role: Role | None = None
    groups: Groups | None = None
    disabled: StrictBool | None = None
    username: str | None = None
    provider: Any = None
    created_at: Any = None


class PasswordChange(StrictRecord):
    """A new password: one's own with the current one, another's by an admin."""

    password: Password = Field(repr=False)
    current_password: GivenPassword | None = Field(default=None, repr=False)
    temporary: StrictBool = False


class UserFilter(StrictRecord):
    """The fields by which a list is filtered; None leaves one out."""

    role: Role | None = None
    group: str | None = None

    def accepts(self, user: UserRecord) -> bool:
        return (
            user.is_active
            and self.role in {None, user.role}
            and (self.group is None or self.group in user.groups)
        )


class Person(StrictRecord):
    """A user as everybody sees it who may name one."""

    username: str
    groups: tuple[str, ...]


class Me(StrictRecord):
    """The caller, as its token says."""

    username: str
    kind: PrincipalKind
    role: Role
    groups: tuple[str, ...]
    tenant: str
    provider: None = None
    expires_at: Timestamp | None


class TenantAdmin(StrictRecord):
    """The first admin of a tenant, who makes its other users."""

    username: Username
    password: Password = Field(repr=False)


class TenantDraft(StrictRecord):
    """A tenant to be made, as an operator calls for it."""

    tenant: TenantName
    admin: TenantAdmin


class Unfinished(StrictRecord):
    """The mark of a change that the pool may not have heard of; `attempt` says when it began."""

    attempt: str
    tenant: str
    username: str


class Tenant(StrictRecord):
    """A tenant's row: how many admins can log in, and who is, or was to be, the first."""

    acting_admins: int
    founder: str | None = None
