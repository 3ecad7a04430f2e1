"""Everything that `plugins` may do: actions, and for each the resources' short names."""

PERMITTED: dict[str, set[str]] = {}
