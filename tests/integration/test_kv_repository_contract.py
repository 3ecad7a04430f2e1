"""What every repository of keys promises: the one in DynamoDB, and the one in memory."""

from datetime import timedelta
from typing import Any

import pytest

from shared.kv.items import MAX_INLINE_BYTES, key_item
from shared.kv.models import Incremented, StoredKey
from shared.kv.repository import MAX_COUNTED, CountedBeforeError, KeyChangedError, KvRepository
from shared.kv.service import Put
from tests.support.keys import NOW, HandClock, InMemoryKeys, service_of
from tests.support.tables import Tables

SMALL, LARGE = '"small"', f'"{"ü" * MAX_INLINE_BYTES}"'
LATER = NOW + timedelta(seconds=60)


def a_key(key: str = "k", text: str = SMALL, **more: Any) -> StoredKey:
    given = {"namespace": "n", "key": key, "version": 1, "updated_at": NOW, "text": text}
    return StoredKey(**{**given, "is_large": text == LARGE, **more})


def next_of(old: StoredKey, text: str = SMALL, **more: Any) -> StoredKey:
    return a_key(old.key, text, **{"version": old.version + 1, **more})


class Contract:
    @pytest.fixture
    def keys(self) -> KvRepository:
        raise NotImplementedError

    @pytest.mark.parametrize("text", [SMALL, LARGE, "1e-300", "123456789012345678901234567890.5"])
    def test_a_key_is_found_as_it_was_written(self, keys: KvRepository, text: str) -> None:
        written = a_key(text=text, expires_at=LATER)

        keys.write(None, written)

        assert keys.find("n", "k", NOW) == written
        without = None if text == LARGE else text
        assert keys.read("n", "k") == written.model_copy(update={"text": without})

    @pytest.mark.parametrize(
        ("namespace", "key"),
        [("n", "other"), ("other", "k"), ("n", ""), ("", "k"), ("N", "k"), ("n", "k" * 3000)],
    )
    def test_what_was_never_written_is_not_found(
        self, keys: KvRepository, namespace: str, key: str
    ) -> None:
        keys.write(None, a_key())

        assert keys.read(namespace, key) is None
        assert keys.find(namespace, key, NOW) is None

    @pytest.mark.parametrize("before", [SMALL, LARGE])
    @pytest.mark.parametrize("after", [SMALL, LARGE])
    def test_a_write_asks_for_the_version_it_was_made_from(
        self, keys: KvRepository, before: str, after: str
    ) -> None:
        old = a_key(text=before)
        keys.write(None, old)
        new = next_of(old, after)
        keys.write(old, new)

        assert keys.find("n", "k", NOW) == new
        for late in (None, old):
            with pytest.raises(KeyChangedError):
                keys.write(late, next_of(old, before))
        assert keys.find("n", "k", NOW) == new

    def test_what_is_over_or_deleted_is_read_but_not_found(self, keys: KvRepository) -> None:
        over = a_key(expires_at=NOW)
        gone = a_key("gone", is_deleted=True).model_copy(update={"text": None})
        keys.write(None, over)
        keys.write(None, gone)

        assert (keys.read("n", "k"), keys.read("n", "gone")) == (over, gone)
        assert keys.find("n", "k", NOW) is None
        assert keys.find("n", "gone", NOW) is None
        assert keys.find("n", "k", NOW - timedelta(milliseconds=1)) == over
        assert keys.page("n", "", NOW, limit=10) == ((), None)
        assert keys.count("n", NOW) == 0

    def test_a_page_is_alphabetical_and_of_its_prefix_and_namespace(
        self, keys: KvRepository
    ) -> None:
        for key in ("b", "a.2", "a.10", "A", "a"):
            keys.write(None, a_key(key, LARGE if key == "a" else SMALL, expires_at=LATER))
        keys.write(None, a_key("c", namespace="n2"))

        found, last = keys.page("n", "a", NOW, limit=2)
        rest, end = keys.page("n", "a", NOW, limit=2, after=last)
        assert [each.key for each in (*found, *rest)] == ["a", "a.10", "a.2"]
        assert end is None
        assert (found[0].version, found[0].updated_at, found[0].expires_at) == (1, NOW, LATER)
        assert keys.page("n", "", NOW, limit=10)[0][0].key == "A"
        assert keys.page("N/", "", NOW, limit=10) == ((), None)
        assert (keys.count("n", NOW), keys.count("n2", NOW), keys.count("N/", NOW)) == (5, 1, 0)

    def test_what_is_over_leaves_a_page_shorter_but_hides_nothing(self, keys: KvRepository) -> None:
        for number in range(6):
            keys.write(None, a_key(f"k{number}", expires_at=NOW if number < 4 else None))

        found, last = keys.page("n", "", NOW, limit=3)
        assert found == ()
        assert [each.key for each in keys.page("n", "", NOW, limit=3, after=last)[0]] == [
            "k4",
            "k5",
        ]

    def test_what_an_attempt_counted_is_noted_once_with_its_write(self, keys: KvRepository) -> None:
        one, two = Incremented(value=1, existed=False), Incremented(value=2, existed=True)
        first = a_key(text="1")
        keys.write(None, first, counted=one, token="t")

        with pytest.raises(CountedBeforeError) as caught:
            keys.write(first, next_of(first, "2"), counted=two, token="t")
        assert caught.value.counted == one == keys.counted("t")
        assert keys.find("n", "k", NOW) == first
        with pytest.raises(KeyChangedError):
            keys.write(None, first, counted=two, token="u")
        assert keys.counted("u") is None


class TestInMemory(Contract):
    @pytest.fixture
    def keys(self) -> KvRepository:
        return InMemoryKeys()


class TestDynamoDb(Contract):
    @pytest.fixture
    def keys(self, tables: Tables) -> KvRepository:
        return KvRepository(tables.table("KV_TABLE_NAME"), "default")

    @pytest.fixture
    def items(self, tables: Tables) -> Any:
        return lambda: tables.table("KV_TABLE_NAME").scan()["Items"]

    def test_a_large_value_goes_with_the_version_it_belongs_to(
        self, keys: KvRepository, items: Any
    ) -> None:
        service = service_of(keys, HandClock())
        for text in (LARGE, LARGE, SMALL, LARGE):
            service.keep(Put("n", "k", text))
            assert len(items()) == (2 if text == LARGE else 1)
        service.delete("n", "k")

        [left] = items()
        assert (left["sk"], left["isDeleted"], int(left["version"])) == ("k", True, 5)
        assert "value" not in left
        assert int(left["removeAt"]) == NOW.timestamp() + 86_400

    def test_an_expired_key_whose_value_dynamodb_removed_first_is_written_anew(
        self, keys: KvRepository, tables: Tables
    ) -> None:
        clock = HandClock()
        service = service_of(keys, clock)
        service.keep(Put("n", "k", LARGE, timedelta(seconds=1)))
        stored = tables.table("KV_TABLE_NAME")
        stored.delete_item(Key={"pk": "default#value#n#k", "sk": "000000000001"})
        clock.move(days=2)

        assert service.find("n", "k") is None
        _, existed = service.keep(Put("n", "k", SMALL))
        assert not existed
        assert service.get("n", "k").version == 2

    def test_a_reader_that_meets_a_replacement_reads_the_new_value(self, tables: Tables) -> None:
        class Slow(KvRepository):
            """A repository that somebody overtakes after each of its first two reads of a key."""

            overtaken = 0

            def read(self, namespace: str, key: str) -> StoredKey | None:
                found = super().read(namespace, key)
                if self.overtaken < 2:
                    self.overtaken += 1
                    others.keep(Put("n", "k", LARGE))
                return found

        stored = tables.table("KV_TABLE_NAME")
        others = service_of(KvRepository(stored, "default"), HandClock())
        others.keep(Put("n", "k", LARGE))

        found = Slow(stored, "default").find("n", "k", NOW)
        assert found is not None
        assert (found.version, found.text) == (3, LARGE)

    def test_tenants_do_not_meet(self, tables: Tables, keys: KvRepository) -> None:
        keys.write(None, a_key(), counted=Incremented(value=1, existed=False), token="t")
        other = KvRepository(tables.table("KV_TABLE_NAME"), "other")

        assert other.read("n", "k") is None
        assert other.counted("t") is None
        assert other.page("n", "", NOW, limit=5) == ((), None)
        other.write(None, a_key())
        assert other.count("n", NOW) == keys.count("n", NOW) == 1


def test_a_small_write_is_one_call(tables: Tables) -> None:
    stored = tables.table("KV_TABLE_NAME")
    made: list[str] = []
    stored.meta.client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: made.append(model.name)
    )
    keys = KvRepository(stored, "default")
    first = a_key()
    keys.write(None, first)
    keys.write(first, next_of(first, LARGE))
    keys.find("n", "k", NOW)

    assert made == ["PutItem", "TransactWriteItems", "GetItem", "GetItem"]


def test_no_more_keys_are_counted_than_are_told(tables: Tables) -> None:
    with tables.table("KV_TABLE_NAME").batch_writer() as batch:
        for number in range(MAX_COUNTED + 30):
            batch.put_item(key_item("acme", a_key(f"k{number}")))

    assert KvRepository(tables.table("KV_TABLE_NAME"), "acme").count("n", NOW) == MAX_COUNTED
