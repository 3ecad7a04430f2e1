"""Time zones by their IANA names, the same on every machine: from a package, not the system."""

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from shared.messages import InvalidValueError, Message

_LONGEST_GUESSED = 80


def zone_named(name: str) -> ZoneInfo:
    """Return the zone of an IANA name such as Europe/Berlin; InvalidValueError for any other.

    Lambda has no tz database, and one machine's rules need not be another's.
    """
    if name not in zone_names():
        message = Message('unknown time zone "{name:80}"{hint}', name=name, hint=_hint(name))
        raise InvalidValueError(message)
    return _loaded(name)


@cache
def zone_names() -> frozenset[str]:
    """Return the names of all zones."""
    return frozenset((resources.files("tzdata") / "zones").read_text("utf-8").split())


@cache
def _loaded(name: str) -> ZoneInfo:
    with (resources.files("tzdata") / "zoneinfo" / name).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def _hint(name: str) -> Message:
    from difflib import get_close_matches  # noqa: PLC0415 - only refusals need it

    known = {each.lower(): each for each in sorted(zone_names())}
    sought = name[:_LONGEST_GUESSED].lower().replace(" ", "_")
    cities = {each.rpartition("/")[2]: each for each in known}
    near = get_close_matches(sought, [*known, *cities], n=1)
    if not near:
        return Message(": write an IANA name such as Europe/Berlin, or UTC")
    return Message(', did you mean "{zone}"?', zone=known[cities.get(near[0], near[0])])
