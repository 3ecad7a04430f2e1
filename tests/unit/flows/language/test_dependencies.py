"""Edges of a list of tasks, and cycles (flow language, section 4)."""

import pytest

from shared.flows.language.definition import TaskDefinition
from shared.flows.language.dependencies import Edge, find_cycle, list_edges, walk
from tests.support.plans import task


def reading(**reads: str):
    def reads_of(item: TaskDefinition) -> frozenset[str]:
        return frozenset(reads.get(item.name, "").split())

    return reads_of


NOTHING = reading()


def test_a_list_without_dependencies_is_a_sequence():
    edges = list_edges([task("a"), task("b"), task("c")], NOTHING)

    assert edges == (Edge("a", "b", written=False), Edge("b", "c", written=False))


def test_one_dependency_makes_the_list_a_graph_even_an_empty_one():
    assert list_edges([task("a"), task("b", dependsOn=[])], NOTHING) == ()


def test_a_template_is_an_edge():
    tasks = [task("a", dependsOn=[]), task("b", dependsOn=[])]

    assert list_edges(tasks, reading(b="a")) == (Edge("a", "b", written=True),)


def test_reading_an_earlier_task_of_a_sequence_writes_no_dependency_down():
    edges = list_edges([task("a"), task("b"), task("c")], reading(c="a"))

    assert Edge("a", "c", written=False) in edges


def test_what_is_written_stays_written_when_it_is_read_too():
    tasks = [task("a"), task("b", dependsOn=["a"])]

    assert list_edges(tasks, reading(b="a")) == (Edge("a", "b", written=True),)


def test_the_tasks_of_a_parallel_start_together():
    assert list_edges([task("a"), task("b")], NOTHING, starts_together=True) == ()


def test_a_container_depends_on_what_its_inner_tasks_read():
    inner = task("in", properties={})
    box = task("box", type="flow.parallel", dependsOn=[], tasks=[inner])
    later = task("later", dependsOn=[])

    edges = list_edges([task("a", dependsOn=[]), box, later], reading(**{"in": "a", "later": "in"}))

    assert set(edges) == {Edge("a", "box", written=True), Edge("box", "later", written=True)}


def test_inner_tasks_that_read_each_other_make_no_edge_outside():
    box = task("box", type="flow.parallel", tasks=[task("x"), task("y")])

    assert list_edges([box], reading(y="x")) == ()


def test_names_of_other_lists_make_no_edge():
    assert list_edges([task("a", dependsOn=["elsewhere"])], reading(a="nowhere")) == ()


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ("ab bc", None),
        ("ab ba", "aba"),
        ("ab bc cb", "bcb"),
        ("ab ac bd cd", None),
        ("aa", "aa"),
        ("xa ab bc ca", "abca"),
    ],
)
def test_a_cycle_is_found_and_closed(edges: str, expected: str | None):
    cycle = find_cycle([Edge(a, b, written=True) for a, b in map(tuple, edges.split())])

    assert ("".join(cycle) if cycle else None) == expected


def test_a_task_that_reads_itself_is_a_cycle():
    assert find_cycle(list_edges([task("a")], reading(a="a"))) == ("a", "a")


def test_a_template_that_reads_a_later_task_of_a_sequence_is_a_cycle():
    assert find_cycle(list_edges([task("a"), task("b")], reading(a="b"))) == ("a", "b", "a")


def test_five_thousand_tasks_in_a_row_do_not_exhaust_the_stack():
    edges = [Edge(str(number), str(number + 1), written=True) for number in range(5000)]

    assert find_cycle(edges) is None


def test_walking_names_containers_before_what_they_hold():
    branch = task("branch", type="flow.if", then=[task("t")], **{"else": [task("e")]})
    route = task("route", type="flow.switch", cases={"x": [task("cx")]}, default=[task("d")])

    assert [item.name for item in walk([branch, route])] == ["branch", "t", "e", "route", "d", "cx"]
