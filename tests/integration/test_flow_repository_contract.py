"""What every repository of flows promises: the one in DynamoDB, and the one in memory."""

import os
import random
import string
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared import dynamodb
from shared.aws import table
from shared.errors import FlowChangedError, FlowNameTakenError, UnavailableError
from shared.executions.store.open_executions import OpenExecutions
from shared.flows.items import source_key
from shared.flows.language.definition import InputDefinition, InputType
from shared.flows.models import Envelope, FlowStatus
from shared.flows.repository import FlowRepository
from shared.ids import new_id
from tests.support.flows import NOW, InMemoryFlows, a_flow, a_revision
from tests.support.stack import MotoStack


class Contract:
    @pytest.fixture
    def flows(self) -> FlowRepository:
        raise NotImplementedError

    def test_a_flow_that_was_added_is_found_as_it_was(self, flows: FlowRepository) -> None:
        flow = a_flow(
            description="ü",
            comment="why",
            updated_by="ann",
            labels={"": "empty key", "k": "v"},
            disabled=True,
            inputs=(
                InputDefinition(name="x", type=InputType.FLOAT, has_default=True, default=0.1),
            ),
            idempotency="required",
            envelope=Envelope(name="a", labels={}),
        )

        flows.add(flow, a_revision(text="name: a\n"))

        assert flows.find(flow.id) == flow
        assert flows.find_text(flow.id, 1) == "name: a\n"
        assert flows.find_text(flow.id, 2) is None
        assert flows.texts([flow]) == {flow.id: "name: a\n"}

    @pytest.mark.parametrize("flow_id", ["", "x", new_id(NOW)], ids=["empty", "no id", "unknown"])
    def test_what_was_never_added_is_not_found(self, flows: FlowRepository, flow_id: str) -> None:
        assert flows.find(flow_id) is None
        assert flows.newest(10) == ()
        assert flows.texts([]) == {}

    def test_a_name_is_taken_once_in_each_namespace(self, flows: FlowRepository) -> None:
        first = a_flow()
        flows.add(first, a_revision())

        with pytest.raises(FlowNameTakenError) as caught:
            flows.add(a_flow(), a_revision())
        assert caught.value.flow_id == first.id
        flows.add(a_flow(namespace="team"), a_revision())

    def test_a_replacement_needs_the_version_it_was_made_from(self, flows: FlowRepository) -> None:
        old = a_flow()
        flows.add(old, a_revision())
        new = old.model_copy(update={"version": 2, "disabled": True})

        flows.replace(old, new)

        assert flows.find(old.id) == new
        with pytest.raises(FlowChangedError):
            flows.replace(old, new)
        with pytest.raises(FlowChangedError):
            flows.replace(a_flow(name="z"), a_flow(name="z"))

    def test_a_new_text_keeps_the_old_one(self, flows: FlowRepository) -> None:
        old = a_flow()
        flows.add(old, a_revision())
        new = old.model_copy(update={"version": 2, "revision": 2})

        flows.replace(old, new, revision=a_revision(2, "name: b"))

        assert [flows.find_text(old.id, number) for number in (1, 2)] == ["name: a", "name: b"]
        assert flows.texts([new]) == {old.id: "name: b"}

    def test_contents_are_read_by_their_numbers_newest_first(self, flows: FlowRepository) -> None:
        old = a_flow()
        flows.add(old, a_revision(comment="the first"))
        new = old.model_copy(update={"version": 2, "revision": 2, "comment": None})
        flows.replace(old, new, revision=a_revision(2, "name: b", created_by="ann"))

        second, first = flows.find_revisions(old.id, [1, 3, 2])

        assert (first.revision, first.yaml_content, first.comment) == (1, "name: a", "the first")
        assert (second.revision, second.yaml_content, second.comment) == (2, "name: b", None)
        assert (first.created_at, first.created_by, second.created_by) == (NOW, "local", "ann")
        assert flows.find_revision(old.id, 2) == second
        assert flows.find_revision(old.id, 3) is None
        assert flows.find_revisions(new_id(NOW), [1]) == flows.find_revisions(old.id, []) == ()

    def test_names_are_read_by_how_they_begin(self, flows: FlowRepository) -> None:
        for name in ("a", "a-2", "ab", "b"):
            flows.add(a_flow(name=name), a_revision())
        flows.add(a_flow(name="a-3", namespace="default2"), a_revision())

        assert flows.names_like("default", "a") == {"a", "a-2", "ab"}
        assert flows.names_like("default", "c") == frozenset()

    def test_a_renamed_flow_frees_its_old_name_and_takes_the_new(
        self, flows: FlowRepository
    ) -> None:
        old, other = a_flow(), a_flow(name="other")
        flows.add(old, a_revision())
        flows.add(other, a_revision())

        taken = old.model_copy(update={"version": 2, "name": "other"})
        with pytest.raises(FlowNameTakenError) as caught:
            flows.replace(old, taken)
        assert caught.value.flow_id == other.id
        assert flows.find(old.id) == old
        moved = old.model_copy(update={"version": 2, "name": "b", "namespace": "team"})
        flows.replace(old, moved)
        flows.add(a_flow(), a_revision())
        with pytest.raises(FlowNameTakenError):
            flows.add(a_flow(name="b", namespace="team"), a_revision())

    def test_a_flow_is_found_by_its_name(self, flows: FlowRepository) -> None:
        flow, other = a_flow(), a_flow(namespace="team")
        flows.add(flow, a_revision())
        flows.add(other, a_revision())

        assert flows.find_named("default/a") == flow
        assert flows.find_named("team/a") == other
        assert flows.find_named("team/b") is None
        flows.replace(flow, flow.model_copy(update={"version": 2, "name": "b"}))
        flows.remove(other)
        assert flows.find_named("default/a") is None
        assert flows.find_named("team/a") is None

    def test_an_id_is_taken_once(self, flows: FlowRepository) -> None:
        flow = a_flow()
        flows.add(flow, a_revision())

        with pytest.raises(FlowChangedError):
            flows.add(flow, a_revision())
        with pytest.raises(FlowChangedError):
            flows.add(flow.model_copy(update={"name": "other"}), a_revision(2))
        assert flows.find(flow.id) == flow

    def test_a_text_and_a_plan_are_written_once(self, flows: FlowRepository) -> None:
        old = a_flow()
        flows.add(old, a_revision())
        new = old.model_copy(update={"version": 2})

        with pytest.raises(FlowChangedError):
            flows.replace(old, new, revision=a_revision(1, "name: b"))
        with pytest.raises(FlowChangedError):
            flows.replace(old, new, plan=b"another")
        assert flows.find(old.id) == old
        assert flows.find_text(old.id, 1) == "name: a"

    def test_a_text_that_is_not_there_is_left_out(self, flows: FlowRepository) -> None:
        flow = a_flow()
        flows.add(flow, a_revision())
        changed = flow.model_copy(update={"revision": 7})

        assert flows.texts([changed]) == {}

    def test_a_removed_flow_frees_its_name_and_leaves_its_texts(
        self, flows: FlowRepository
    ) -> None:
        flow = a_flow()
        flows.add(flow, a_revision())

        flows.remove(flow)

        assert flows.find(flow.id) is None
        assert flows.newest(10) == ()
        assert flows.find_text(flow.id, 1) == "name: a"
        flows.add(a_flow(), a_revision())
        with pytest.raises(FlowChangedError):
            flows.remove(flow)

    def test_flows_are_read_newest_first_from_any_place(self, flows: FlowRepository) -> None:
        made = [a_flow(NOW + timedelta(seconds=number), name=f"f{number}") for number in range(7)]
        for flow in made:
            flows.add(flow, a_revision())
        newest = tuple(reversed(made))

        assert flows.newest(7) == newest
        assert flows.newest(3) == newest[:3]
        assert flows.newest(3, newest[2].id) == newest[3:6]
        assert flows.newest(3, newest[5].id) == newest[6:]
        assert flows.newest(3, newest[6].id) == ()

    def test_many_texts_are_read_in_batches(
        self, flows: FlowRepository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dynamodb, "MAX_KEYS", 3)
        made = [a_flow(name=f"f{number}") for number in range(7)]
        for number, flow in enumerate(made):
            flows.add(flow, a_revision(text=f"text {number}"))

        texts = flows.texts(made)

        assert [texts[flow.id] for flow in made] == [f"text {number}" for number in range(7)]


class TestFlowsInMemory(Contract):
    @pytest.fixture
    def flows(self) -> FlowRepository:
        return InMemoryFlows()


class TestFlowsInDynamoDB(Contract):
    @pytest.fixture
    def flows(self, moto_stack: MotoStack) -> FlowRepository:
        assert moto_stack
        return FlowRepository(flows_table(), "default")

    def test_tenants_do_not_see_each_other(self, flows: FlowRepository) -> None:
        flow = a_flow()
        flows.add(flow, a_revision())
        other = FlowRepository(flows_table(), "other")

        assert other.find(flow.id) is None
        assert other.newest(10) == ()
        assert other.find_text(flow.id, 1) is None
        assert other.find_revision(flow.id, 1) is None
        assert other.names_like("default", "a") == frozenset()
        other.add(a_flow(), a_revision())

    def test_the_longest_text_and_the_largest_plan_fit(self, flows: FlowRepository) -> None:
        flow = a_flow(inputs=(), description="x" * 250_000)
        alphabet = string.ascii_letters + string.digits + "äöüß€"
        text = "".join(random.Random(1).choices(alphabet, k=250_000))[:230_000]
        assert 250_000 < len(text.encode()) <= 262_144
        plan = random.Random(2).randbytes(390_000)

        flows.add(flow, a_revision(text=text, plan=plan))

        assert flows.find_text(flow.id, 1) == text
        assert flows.texts([flow]) == {flow.id: text}
        stored: Any = flows_table().get_item(
            Key={"pk": f"default#flow#{flow.id}", "sk": "revision#00000001#plan"}
        )["Item"]
        assert bytes(stored["plan"]) == plan

    def test_flows_too_many_for_one_answer_are_read_on(self, flows: FlowRepository) -> None:
        made = [a_flow(name=f"f{number}", description="x" * 290_000) for number in range(5)]
        for flow in made:
            flows.add(flow, a_revision())

        assert {flow.id for flow in flows.newest(5)} == {flow.id for flow in made}
        assert len(flows.newest(4)) == 4

    def test_many_long_contents_are_read_in_batches_without_their_plans(
        self, flows: FlowRepository, moto_stack: MotoStack
    ) -> None:
        flow = a_flow()
        flows.add(flow, a_revision(plan=random.Random(2).randbytes(380_000)))
        for number in range(2, 5):
            new = flow.model_copy(update={"version": number, "revision": number})
            flows.replace(flow, new, revision=a_revision(number, "x" * number * 60_000))
            flow = new
        moto_stack.calls.clear()

        found = flows.find_revisions(flow.id, [4, 3, 2, 1])

        assert [len(each.yaml_content) for each in found] == [240_000, 180_000, 120_000, 7]
        assert moto_stack.calls.of("test") == ["DynamoDB.BatchGetItem"]

    def test_short_texts_stay_readable(self, flows: FlowRepository) -> None:
        flow = a_flow()
        flows.add(flow, a_revision())

        key = {"pk": f"default#flow#{flow.id}", "sk": source_key(1)}
        item = flows_table().get_item(Key=key)["Item"]

        assert item["text"] == "name: a"

    def test_one_change_is_one_transaction(
        self, flows: FlowRepository, moto_stack: MotoStack
    ) -> None:
        old = a_flow()
        flows.add(old, a_revision())
        new = old.model_copy(update={"version": 2, "revision": 2, "name": "b"})
        flows.replace(old, new, revision=a_revision(2))
        flows.remove(new)

        assert moto_stack.calls.of("test") == ["DynamoDB.TransactWriteItems"] * 3

    def test_a_plan_that_came_later_is_put_once(self, flows: FlowRepository) -> None:
        old = a_flow(status=FlowStatus.DRAFT, has_plan=False)
        flows.add(old, a_revision(plan=None))
        new = old.model_copy(update={"version": 2, "has_plan": True})

        flows.replace(old, new, plan=b"late")

        key = {"pk": f"default#flow#{old.id}", "sk": "revision#00000001#plan"}
        stored: Any = flows_table().get_item(Key=key)["Item"]
        assert bytes(stored["plan"]) == b"late"
        assert flows.find(old.id) == new

    @pytest.mark.parametrize(
        ("codes", "kind"),
        [
            (["TransactionConflict", "None", "None", "None"], FlowChangedError),
            (["None", "TransactionConflict", "None", "None"], FlowChangedError),
            (["None", "None", "ThrottlingError", "None"], UnavailableError),
            (["None", "None", "ValidationError", "None"], ClientError),
        ],
    )
    def test_a_cancelled_transaction_says_what_stood_in_the_way(
        self,
        flows: FlowRepository,
        moto_stack: MotoStack,
        codes: list[str],
        kind: type[Exception],
    ) -> None:
        canceled = flows._table.meta.client.exceptions.TransactionCanceledException
        response: Any = {
            "Error": {"Code": "TransactionCanceledException"},
            "CancellationReasons": [{"Code": code} for code in codes],
        }
        error = canceled(response, "TransactWriteItems")
        moto_stack.calls.fail_next(error, lambda call: "Transact" in call.operation)

        with pytest.raises(kind):
            flows.add(a_flow(), a_revision())

    @pytest.mark.proof
    @pytest.mark.timing
    def test_of_many_who_want_one_name_one_gets_it(self, flows: FlowRepository) -> None:
        made = [a_flow() for _ in range(8)]

        answers = at_once([partial(flows.add, flow, a_revision()) for flow in made])

        assert sorted(map(str, answers)).count("None") == 1
        assert sum(isinstance(each, FlowNameTakenError) for each in answers) == 7
        assert len(flows.newest(10)) == 1

    @pytest.mark.proof
    @pytest.mark.timing
    def test_of_many_who_change_one_version_one_does(self, flows: FlowRepository) -> None:
        old = a_flow()
        flows.add(old, a_revision())
        news = [
            old.model_copy(update={"version": 2, "revision": 2, "description": str(number)})
            for number in range(8)
        ]

        answers = at_once(
            [
                partial(flows.replace, old, new, revision=a_revision(2, str(new.description)))
                for new in news
            ]
        )

        assert sum(isinstance(each, FlowChangedError) for each in answers) == 7
        stored = flows.find(old.id)
        assert stored
        assert stored == news[answers.index(None)]
        assert flows.find_text(old.id, 2) == stored.description


class TestOpenExecutions:
    def test_an_open_execution_is_seen_in_any_shard(self, moto_stack: MotoStack) -> None:
        assert moto_stack
        executions = table(os.environ["EXECUTIONS_TABLE_NAME"])
        flows = [new_id(NOW) for _ in range(4)]
        for shard, flow_id in enumerate(flows):
            executions.put_item(Item=an_open_execution(flow_id, shard))
        reader = OpenExecutions(executions)

        assert [reader.exist_for(flow_id) for flow_id in flows] == [True] * 4
        assert not reader.exist_for(new_id(NOW))

    def test_one_behind_many_of_others_is_seen(self, moto_stack: MotoStack) -> None:
        assert moto_stack
        executions = table(os.environ["EXECUTIONS_TABLE_NAME"])
        last = new_id(NOW)
        for number in range(6):
            item = an_open_execution(last if number == 5 else new_id(NOW), 0)
            executions.put_item(
                Item={
                    **item,
                    "flowId": item["flowId"] + " " * 300_000 * (number < 5),
                    "checkAt": str(number),
                }
            )

        assert OpenExecutions(executions).exist_for(last)


def an_open_execution(flow_id: str, shard: int) -> dict[str, Any]:
    return {
        "pk": f"default#{new_id(NOW)}",
        "sk": "execution",
        "openShard": f"open#{shard}",
        "checkAt": "2026-01-01T00:00:00.000Z",
        "flowId": flow_id,
    }


def flows_table() -> Any:
    return table(os.environ["FLOWS_TABLE_NAME"])


def at_once(actions: list[Callable[[], None]]) -> list[Exception | None]:
    """Run all actions in threads; what each raised, or None."""

    def outcome(action: Callable[[], None]) -> Exception | None:
        try:
            action()
        except Exception as error:  # noqa: BLE001 - what it was is the test's question
            return error
        return None

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(outcome, actions))
