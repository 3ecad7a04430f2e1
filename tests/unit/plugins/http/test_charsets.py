"""Which charsets are read, and what they read."""

import codecs

import pytest

from shared.plugins.http.charsets import LABELS, decoded


@pytest.mark.parametrize("decoders", [each for each in LABELS if each])
def test_each_label_reads_what_its_encoding_writes(decoders: str):
    for label in LABELS[decoders].split():
        content = "abc".encode(decoders.split(maxsplit=1)[0])
        assert decoded(content, label) == "abc"
        assert decoded(content, label.upper()) == "abc"


def test_no_label_stands_for_two_encodings():
    labels = " ".join(LABELS.values()).split()

    assert len(labels) == len(set(labels))
    assert all(codecs.lookup(name) for decoders in LABELS for name in decoders.split())


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        ("é".encode("latin-1"), "iso8859-1", "é"),
        ("é".encode("latin-1"), "ISO_8859-1", "é"),
        ("é".encode("latin-1"), "l1", "é"),
        (b"\x80 \x93a\x94", "cp1252", "€ “a”"),
        (b"\x80", "iso-8859-1", "€"),
        (b"\xe9\x81", "iso-8859-1", "é\x81"),
        (b"\xa4", "l9", "€"),
        ("ğ".encode("cp1254"), "iso-8859-9", "ğ"),
        ("ж".encode("koi8-r"), "koi8", "ж"),
        ("ж".encode("cp866"), "866", "ж"),
        ("①表".encode("cp932"), "shift_jis", "①表"),
        ("あ".encode("euc-jp"), "x-euc-jp", "あ"),
        ("あ".encode("iso-2022-jp"), "iso-2022-jp", "あ"),
        ("똠".encode("cp949"), "ks_c_5601-1987", "똠"),
        ("中".encode("gbk"), "gb2312", "中"),
        ("中".encode("big5"), "big5-hkscs", "中"),
        ("é".encode("utf-16-le"), "utf-16", "é"),
        ("é".encode("utf-16-be"), "utf-16be", "é"),
        ("é".encode(), "us-ascii", "é"),
        ("é".encode("latin-1"), "us-ascii", "é"),
        ("é".encode(), "utf8", "é"),
        ("é".encode(), None, "é"),
        ("é".encode(), "no-charset", "é"),
        (b"\xe9", "utf-8", None),
        (b"\xe9", None, None),
        (b"\x81", "shift_jis", None),
    ],
)
def test_charsets_of_the_web(content: bytes, charset: str | None, text: str | None):
    assert decoded(content, charset) == text


@pytest.mark.parametrize("label", ["iso-2022-kr", "hz-gb-2312", "x-user-defined", "replacement"])
def test_what_has_no_safe_decoder_is_no_text(label: str):
    assert decoded(b"abc", label) is None


@pytest.mark.parametrize("label", ["idna", "punycode", "zip", "utf-7", "rot13", "unicode_escape"])
def test_no_other_codec_of_python_can_be_named(label: str):
    assert decoded(b"a+AOk-\\u0041", label) == "a+AOk-\\u0041"


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "utf-8", None])
def test_a_byte_order_mark_wins_over_the_charset(charset: str | None):
    assert decoded("\ufeffé".encode(), charset) == "\ufeffé"
    assert decoded("\ufeffé".encode("utf-16-le"), charset) == "é"
    assert decoded("\ufeffé".encode("utf-16-be"), charset) == "é"


def test_what_only_looks_like_a_mark_is_read_as_the_charset_says():
    assert decoded(codecs.BOM_UTF8 + b"\xe9", "iso-8859-1") == "ï»¿é"
    assert decoded(codecs.BOM_UTF16_LE + b"a", "iso-8859-1") == "ÿþa"


def test_what_is_not_said_to_be_text_needs_more_than_a_mark():
    assert decoded(codecs.BOM_UTF16_LE + b"a\x00", None, is_text=False) is None
