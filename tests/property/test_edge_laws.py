"""Laws of the HTTP edge: cursors, ids, instants and strict JSON."""

import json
import string
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidCursorError, MalformedBodyError
from shared.http.bodies import parse_json_object
from shared.http.paging import next_link
from shared.idempotency.keys import claim_scope
from shared.ids import highest_id_at, is_id, lowest_id_at, new_id
from shared.paging import decode_count, decode_id, encode_cursor
from shared.times import from_rfc3339, to_rfc3339
from tests.support.errors import refusal

instants = st.integers(0, 250_000_000_000_000_000).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
plain = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | plain,
    lambda inner: st.lists(inner) | st.dictionaries(plain, inner),
)


Decode = Callable[[str, str], str | int]
identifiers = st.uuids(version=4).map(lambda uuid: str(uuid)[:14] + "7" + str(uuid)[15:])
positions = st.one_of(
    st.tuples(identifiers, st.just(decode_id)),
    st.tuples(st.integers(0, 999_999_999), st.just(decode_count)),
)
decoders = st.sampled_from([decode_id, decode_count])


@given(positions, plain)
def test_a_cursor_leads_back_to_its_position(position: tuple[str | int, Decode], query: str):
    at, decode = position

    assert decode(encode_cursor(str(at), query), query) == at


@given(positions, plain, plain)
def test_a_cursor_of_another_query_is_refused(
    position: tuple[str | int, Decode], query: str, other: str
):
    at, decode = position
    if query != other:
        with pytest.raises(InvalidCursorError):
            decode(encode_cursor(str(at), query), other)


@given(positions, plain, st.data())
def test_a_cursor_with_a_changed_character_is_refused(
    position: tuple[str | int, Decode], query: str, data: st.DataObject
):
    at, decode = position
    cursor = encode_cursor(str(at), query)
    place = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_=%é"))
    changed = cursor[:place] + letter + cursor[place + 1 :]

    if changed != cursor:
        with pytest.raises(InvalidCursorError):
            decode(changed, query)


@given(decoders, st.text())
def test_no_text_makes_a_cursor_do_anything_but_be_refused(decode: Decode, text: str):
    with pytest.raises(InvalidCursorError):
        decode(text, "default/flows/{}")


@given(decoders, st.text(st.characters(exclude_categories=["Cs"])) | st.just("0" * 10))
def test_a_forged_position_is_refused_or_means_what_it_says(decode: Decode, position: str):
    with suppress(InvalidCursorError):
        assert str(decode(encode_cursor(position, "q"), "q")) == position.lstrip("0").zfill(1)


@given(st.dictionaries(plain.filter(lambda name: name != "cursor"), plain, max_size=5), plain)
def test_a_link_keeps_the_other_parameters(query: dict[str, str], cursor: str) -> None:
    link = next_link("/api/v1/flows", query, cursor)

    url = link.removeprefix("<").partition(">")[0]
    kept = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert kept == {name: [value] for name, value in (query | {"cursor": cursor}).items()}


@given(instants, instants)
def test_ids_sort_as_their_instants_do(one: datetime, other: datetime) -> None:
    earlier, later = sorted([one, other])
    floor = timedelta(milliseconds=1)

    if later - earlier >= floor:
        assert new_id(earlier) < new_id(later)
        assert highest_id_at(earlier) < lowest_id_at(later)
    assert lowest_id_at(one) <= new_id(one) <= highest_id_at(one)
    assert lowest_id_at(earlier) <= new_id(later)
    assert is_id(new_id(one))
    assert is_id(lowest_id_at(one))


@given(st.sampled_from(["é", "x", "/", "\U0001f600"]), st.integers(0, 3000), st.integers(1, 255))
def test_the_scope_of_a_key_fits_a_key_of_dynamodb(letter: str, long: int, key: int) -> None:
    one, other = (claim_scope("default", f"{letter * long}{end}", "k" * key) for end in "12")

    assert len(one.encode()) <= 2048
    assert one != other


@given(st.text())
def test_only_an_id_is_an_id(text: str) -> None:
    assert not is_id(text)
    assert not is_id(new_id(datetime(2026, 1, 1, tzinfo=UTC)) + "\n")


@given(instants, instants)
def test_instants_come_back_and_sort_as_text(one: datetime, other: datetime) -> None:
    cut = one.replace(microsecond=one.microsecond // 1000 * 1000)

    assert from_rfc3339(to_rfc3339(one)) == cut
    assert (to_rfc3339(one) < to_rfc3339(other)) <= (one < other)


def test_an_instant_without_an_offset_is_refused() -> None:
    with refusal(ValueError, match="time zone"):
        from_rfc3339("2026-01-02T03:04:05")


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_so_is_one_that_utc_has_no_year_for(text: str) -> None:
    with refusal(ValueError, match="no year"):
        from_rfc3339(text)


@given(st.dictionaries(plain, values))
def test_strict_json_reads_all_that_is_well_formed(value: dict[str, Any]) -> None:
    for is_ascii in (True, False):
        assert parse_json_object(json.dumps(value, ensure_ascii=is_ascii)) == value


@given(st.text() | st.text(alphabet='{}[]",:0123456789eE+-.\\u dtrfalsn'))
def test_strict_json_refuses_everything_else_and_never_breaks(text: str) -> None:
    with suppress(MalformedBodyError):
        assert isinstance(parse_json_object(text), dict)
