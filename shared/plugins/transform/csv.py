"""Comma-separated values, RFC 4180, both ways; every line ends with CRLF."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.json_schema.builders import (
    anything,
    array,
    boolean,
    choice,
    closed,
    integer,
    outputs,
    string,
)
from shared.library_words import in_our_words
from shared.messages import Message
from shared.plugins.sdk.items import check_time, in_time
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import BYTE_ORDER_MARK, MAX_RESULT, invalid, text, too_large

_MAX_CELLS = 1_000_000
_EXTRA = "_extra"
"""The name under which a row keeps what no column of the header names."""


def _csv(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    delimiter, quote = _dialect(properties)
    has_header = properties.get("header", True)
    source = properties["data"]
    if properties["operation"] == "stringify":
        return {"text": _write(_lines(source, context, has_header=has_header), delimiter, quote)}
    if not isinstance(source, str):
        raise invalid("data must be text to be parsed")
    rows = _read(source, delimiter, quote, context)
    extra = properties.get("extraColumns", "fail")
    parsed: list[Any] = _with_header(rows, extra, context) if has_header else rows
    return {"rows": parsed, "count": len(parsed)}


def _dialect(properties: Mapping[str, Any]) -> tuple[str, str]:
    delimiter, quote = properties.get("delimiter", ","), properties.get("quote", '"')
    if delimiter == r"\t":
        delimiter = "\t"
    for name, value in (("delimiter", delimiter), ("quote", quote)):
        if len(value) != 1 or value in "\r\n\0":
            raise invalid(Message("{name} must be one character, and no line break", name=name))
    if delimiter == quote:
        raise invalid("delimiter and quote must differ")
    return delimiter, quote


def _read(source: str, delimiter: str, quote: str, context: TaskContext) -> list[list[str]]:
    csv.field_size_limit(MAX_RESULT)  # the module's own limit is 128 KiB for the whole process
    stream = io.StringIO(source.removeprefix(BYTE_ORDER_MARK), newline="")
    reader = csv.reader(stream, delimiter=delimiter, quotechar=quote, strict=True)
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in reader:
            check_time(context)
            cells += len(row)
            if cells > _MAX_CELLS:
                raise too_large("the table")
            if row:
                rows.append(row)
    except csv.Error as error:
        sentence = "data is no CSV: line {line}: {why}"
        why = Message.of(in_our_words(error))
        raise invalid(Message(sentence, line=reader.line_num, why=why)) from None
    return rows


def _with_header(
    rows: list[list[str]], extra: str, context: TaskContext
) -> list[dict[str, str | list[str]]]:
    if not rows:
        return []
    header, *records = rows
    _check_header(header, extra)
    if len(header) * len(records) > _MAX_CELLS:
        raise too_large("the table")
    if extra == "fail":
        _check_lengths(header, records, context)
    return [_record(header, record, extra) for _, record in in_time(context, records)]


def _check_header(header: list[str], extra: str) -> None:
    if len(set(header)) < len(header):
        twice = Counter(header).most_common(1)[0][0]
        sentence = (
            'column "{name}" appears more than once in the header'
            " (with header: false rows are lists, the header the first of them)"
        )
        raise invalid(Message(sentence, name=twice))
    if extra == "keep" and _EXTRA in header:
        raise invalid(
            f"column {_EXTRA} is in the header: extraColumns cannot be kept under its name"
        )


def _check_lengths(header: list[str], records: list[list[str]], context: TaskContext) -> None:
    for index, record in in_time(context, records):
        if len(record) > len(header):
            sentence = (
                f"row {{number}} has {len(record)} fields, the header has {len(header)}"
                " (extraColumns can keep or drop the rest)"
            )
            raise invalid(Message(sentence, number=index + 1))


def _record(header: list[str], record: list[str], extra: str) -> dict[str, str | list[str]]:
    cells = record + [""] * (len(header) - len(record))
    named: dict[str, str | list[str]] = dict(zip(header, cells, strict=False))
    if extra == "keep" and len(record) > len(header):
        named[_EXTRA] = record[len(header) :]
    return named


def _lines(rows: Any, context: TaskContext, *, has_header: bool) -> Iterator[Sequence[Any]]:
    if not isinstance(rows, list):
        raise invalid("data must be a list of maps or of lists to be written")
    if all(isinstance(row, list) for row in rows):
        yield from (row for _, row in in_time(context, rows))
    elif all(isinstance(row, dict) for row in rows):
        yield from _lines_of_maps(rows, context, has_header=has_header)
    else:
        raise invalid("data must hold either only maps or only lists")


def _lines_of_maps(
    rows: list[dict[str, Any]], context: TaskContext, *, has_header: bool
) -> Iterator[Sequence[Any]]:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if len(columns) * len(rows) > _MAX_CELLS:
        raise too_large("the table")
    if has_header and columns:
        yield columns
    for _, row in in_time(context, rows):
        yield [row.get(name) for name in columns]


def _write(lines: Iterator[Sequence[Any]], delimiter: str, quote: str) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quotechar=quote, lineterminator="\r\n")
    for line in lines:
        writer.writerow([text(cell) for cell in line])
        if out.tell() > MAX_RESULT:
            raise too_large("the text")
    return out.getvalue()


PLUGINS = (
    Plugin(
        Manifest(
            id="transform.csv",
            name="CSV",
            category="transform",
            description=(
                "Reads or writes comma-separated values (RFC 4180). Rows that are too short are "
                "filled with empty text, rows that are too long are an error unless extraColumns "
                "says otherwise, empty lines are skipped; names and cells keep their spaces. "
                "Written lines end with CRLF; lists and maps in cells become JSON."
            ),
            input_schema=closed(
                {
                    "operation": choice("Read text or write it.", "parse", "stringify"),
                    "data": anything("The text to read, or the list of maps or lists to write."),
                    "delimiter": string("One character between cells.", default=","),
                    "header": boolean("The first line names the columns.", default=True),
                    "quote": string("One character around cells that need it.", default='"'),
                    "extraColumns": choice(
                        "What to do with a row longer than the header: fail, keep the rest as a "
                        f"list named `{_EXTRA}`, or drop it.",
                        *("fail", "keep", "drop"),
                        default="fail",
                    ),
                },
                required=["operation", "data"],
            ),
            output_schema=outputs(
                {
                    "rows": array(
                        f"Read: maps, or lists without a header; all values text but `{_EXTRA}`."
                    ),
                    "count": integer("Read: how many rows there are."),
                    "text": string("Written: columns in order of first appearance."),
                },
                required=[],
            ),
            icon="table",
        ),
        _csv,
    ),
)
