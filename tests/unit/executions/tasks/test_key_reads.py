"""The keys of one attempt: each is read once, in the flow's namespace unless another is named."""

import pytest

from shared.executions.tasks.key_reads import MAX_KEYS, KeyReads
from shared.expressions import TemplateError


class Store:
    """Keys by tenant, namespace and key; it remembers what was read."""

    def __init__(self, **texts: str) -> None:
        self.texts = texts
        self.read: list[tuple[str, str, str]] = []

    def __call__(self, tenant: str, namespace: str, key: str) -> str | None:
        self.read.append((tenant, namespace, key))
        return self.texts.get(key)


def test_a_key_is_read_once_and_stays_as_it_was() -> None:
    store = Store(a='{"n":1}')
    reads = KeyReads(store, "acme", "own")

    assert reads("a", None) == {"n": 1}
    store.texts["a"] = "2"
    assert reads("a", "own") == {"n": 1}
    assert reads("a", "team") == 2
    assert reads("none", None) is None
    assert reads("none", None) is None
    assert store.read == [("acme", "own", "a"), ("acme", "team", "a"), ("acme", "own", "none")]


def test_an_attempt_reads_so_many_keys_at_most() -> None:
    reads = KeyReads(Store(), "acme", "own")
    for number in range(MAX_KEYS):
        assert reads(f"k{number}", None) is None

    assert reads("k0", None) is None
    with pytest.raises(TemplateError, match="more than 50 keys"):
        reads("one-more", None)


def test_an_attempt_reads_so_many_bytes_at_most() -> None:
    reads = KeyReads(Store(a=f'"{"x" * 3_000_000}"', b=f'"{"x" * 3_000_000}"'), "acme", "own")

    reads("a", None)
    with pytest.raises(TemplateError, match="bytes"):
        reads("b", None)
