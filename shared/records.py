"""The bases of models: frozen, camelCase outside, snake_case inside."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Record(BaseModel):
    """A frozen model, camelCase on the wire; fields marked `exclude` stay inside."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class StrictRecord(BaseModel):
    """A frozen model, camelCase outside, that refuses unknown fields."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class Definition(BaseModel):
    """A frozen model, camelCase outside, snake_case inside, that refuses unknown fields."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )
