"""Errors of Python's libraries, in our words: theirs change with its versions."""

from collections.abc import Mapping

_SENTENCES: Mapping[str, str] = {
    # json
    "Expecting property name": "a name in double quotes is missing",
    "Expecting value": "a value is missing",
    "Expecting ':'": 'a ":" is missing',
    "Expecting ','": 'a "," or a closing bracket is missing',
    "Illegal trailing comma": "nothing follows a comma",
    "Extra data": "something follows the value",
    "Unterminated string": "a text is not closed",
    "Invalid control character": "a text holds a control character",
    "Invalid \\uXXXX": 'a "\\u" has no four hexadecimal digits',
    "Invalid \\": 'a "\\" has no meaning in a text',
    # csv
    "unexpected end of data": "a quoted field is not closed",
    "field larger than": "a field is too long",
    "new-line character seen": "a line break stands in a field without quotes",
    "line contains NUL": "it holds the character U+0000",
    # urllib
    "Port out of range": "the port is not from 0 to 65535",
    "Port could not": "the port is no number",
    "Invalid IPv6": "the brackets of an IPv6 address do not match, or hold none",
    "An IPv4 address cannot": "an IPv4 address stands in brackets",
    "Max number of fields": "the query has too many parameters",
    "netloc": "the host holds characters that are not those of a host",
}
_AFTER_A_QUOTE = " expected after "
"""The words of csv about a field that goes on behind its closing quote, after the delimiter."""


def in_our_words(error: Exception) -> str:
    """Return a sentence for an error of json, csv or urllib: a constant, no value."""
    told = str(error)
    if _AFTER_A_QUOTE in told:
        return "something follows the closing quote of a field"
    known = (sentence for words, sentence in _SENTENCES.items() if told.startswith(words))
    return next(known, "it is malformed")
