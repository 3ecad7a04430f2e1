"""Payloads keep the same promises in their bucket and in the memory that stands for it."""

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from shared.errors import ExecutionNotRetryableError
from shared.executions.store.payloads import ROW_BYTES, PayloadStore
from shared.executions.task_runs import Stored, TaskRun, TaskStatus
from tests.support.executions.payloads import InMemoryPayloads
from tests.support.executions.repository import execution_of
from tests.support.plans import plan_of, task

if TYPE_CHECKING:
    from tests.support.tables import Tables

PLAN = plan_of(task("a"))
FIRST = execution_of(PLAN)
SECOND = execution_of(PLAN, id="01890000-0000-7000-8000-00000000000f")
NOWHERE = Stored(key="executions/default/x/none.json", size=2)


@pytest.fixture(params=["bucket", "memory"])
def payloads(request: pytest.FixtureRequest) -> PayloadStore:
    if request.param == "memory":
        return InMemoryPayloads()
    tables: Tables = request.getfixturevalue("tables")
    return PayloadStore(lambda: tables.s3, tables.bucket("PAYLOADS_BUCKET_NAME"))


def days_of(payloads: PayloadStore, stored: Stored) -> int | None:
    """After how many days an object goes, as far as anybody said."""
    if isinstance(payloads, InMemoryPayloads):
        return payloads.days.get(stored.key)
    answer = payloads._client().get_object_tagging(Bucket=payloads._bucket, Key=stored.key)
    tags = {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}
    return int(tags["days"]) if tags else None


def test_a_store_that_refuses_an_object_is_not_taken_for_one_that_has_it(tables: "Tables"):
    payloads = PayloadStore(lambda: tables.s3, "nowhere")

    with pytest.raises(ClientError, match="NoSuchBucket"):
        payloads.put_for(FIRST, "1")


class TestPayloads:
    def test_a_text_is_read_as_it_was_put(self, payloads: PayloadStore):
        stored = payloads.put("some/key.json", '{"é": 1}')

        assert stored == Stored(key="some/key.json", size=9)
        assert payloads.get(stored) == '{"é": 1}'

    def test_a_later_text_takes_the_place_of_an_earlier(self, payloads: PayloadStore):
        payloads.put("key", "1")
        stored = payloads.put("key", "22")

        assert payloads.get(stored) == "22"

    def test_what_is_not_there_is_told_apart(self, payloads: PayloadStore):
        with pytest.raises(ClientError) as raised:
            payloads.get(NOWHERE)

        assert raised.value.response["Error"]["Code"] == "NoSuchKey"

    def test_an_address_leads_to_the_object(self, payloads: PayloadStore):
        stored = payloads.put("key", "1")

        assert payloads.url(stored).startswith("https://")
        assert "/key" in payloads.url(stored)

    def test_equal_texts_of_one_execution_are_one_object(self, payloads: PayloadStore):
        first, again = (payloads.put_for(FIRST, "1") for _ in range(2))
        other, others = payloads.put_for(FIRST, "2"), payloads.put_for(SECOND, "1")

        assert first == again
        assert len({first.key, other.key, others.key}) == 3

    def test_what_is_put_again_late_goes_when_it_was_to(self, payloads: PayloadStore):
        stored = payloads.put_for(FIRST, "1")
        payloads.expire_after(stored, 30)

        assert payloads.put_for(FIRST, "1") == stored

        assert (payloads.get(stored), days_of(payloads, stored)) == ("1", 30)

    def test_a_copy_belongs_to_its_own_execution_and_stays(self, payloads: PayloadStore):
        stored = payloads.put_for(FIRST, "1")
        payloads.expire_after(stored, 30)

        copied = payloads.copy_to(SECOND, stored)

        assert copied == payloads.put_for(SECOND, "1")
        assert payloads.get(copied) == payloads.get(stored) == "1"
        assert (days_of(payloads, stored), days_of(payloads, copied)) == (30, None)

    def test_nothing_is_copied_of_what_is_gone(self, payloads: PayloadStore):
        with pytest.raises(ExecutionNotRetryableError, match="retry it in full"):
            payloads.copy_to(SECOND, NOWHERE)

    def test_the_last_word_on_how_long_it_is_kept_counts(self, payloads: PayloadStore):
        stored = payloads.put("key", "1")
        assert days_of(payloads, stored) is None

        for days in (30, 90):
            payloads.expire_after(stored, days)
        assert days_of(payloads, stored) == 90

        payloads.put("key", "2")
        assert days_of(payloads, stored) is None

    def test_what_is_gone_need_not_be_let_go(self, payloads: PayloadStore):
        payloads.expire_after(NOWHERE, 30)

        with pytest.raises(ClientError):
            payloads.get(NOWHERE)

    @pytest.mark.parametrize(("size", "is_offloaded"), [(ROW_BYTES, False), (ROW_BYTES + 1, True)])
    def test_outputs_that_no_row_holds_are_stored(
        self,
        size: int,
        is_offloaded: bool,  # noqa: FBT001 - a case
        payloads: PayloadStore,
    ):
        text = f'"{"x" * (size - 2)}"'
        run = TaskRun(task_name="a", task_type="core.set", status=TaskStatus.SUCCESS, outputs=text)

        kept = payloads.offloaded(FIRST, run)

        if is_offloaded:
            assert kept.outputs is None
            assert kept.stored
            assert payloads.get(kept.stored) == text
        else:
            assert kept == run
