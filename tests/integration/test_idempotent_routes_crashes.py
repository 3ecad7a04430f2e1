"""POSTs with a key that die, are overtaken or race: what they do is done once, and told."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tests.support.calls import invoking
from tests.support.posts import POSTS, Post, let_lapse
from tests.support.stack import Answer, MotoStack

pytestmark = pytest.mark.proof

IN_PROGRESS = "idempotency_in_progress"
FEWEST_CALLS = 2


def check_done_once(post: Post, answer: Answer) -> None:
    """The answer is a good one, it is that of every repeat, and the effect is there once."""
    assert answer.status == post.status, answer.body
    assert post.times() == 1
    again = post.send()
    assert (again.status, again.body) == (post.status, answer.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert post.times() == 1


@pytest.mark.parametrize("kind", ["after", "before"])
@pytest.mark.parametrize("name", POSTS)
def test_a_post_that_dies_at_any_call_is_done_once_by_its_repeat(
    name: str, kind: str, moto_stack: MotoStack
):
    for number in count(1):
        post = POSTS[name](moto_stack)
        moto_stack.calls.clear()
        getattr(moto_stack.calls, f"crash_{kind}")(number, post.function)
        try:
            post.send()
        except SystemExit:
            moto_stack.calls.clear()
            repeat = post.send()
            if repeat.status == 409:
                assert repeat.body["code"] == IN_PROGRESS
                assert 1 <= int(repeat.headers["retry-after"]) <= 31
                assert post.times() == 0
                let_lapse(moto_stack)
                repeat = post.send()
            check_done_once(post, repeat)
        else:
            break
    assert number > FEWEST_CALLS


@pytest.mark.parametrize("name", POSTS)
def test_an_attempt_that_is_overtaken_at_any_call_does_nothing_more(
    name: str, moto_stack: MotoStack
):
    for number in count(2):
        post = POSTS[name](moto_stack)
        others: list[Answer] = []

        def overtake(post: Post = post, others: list[Answer] = others) -> None:
            with invoking("test"):  # not the function that is overtaken
                let_lapse(moto_stack)
                others.append(post.send())

        moto_stack.calls.meanwhile(number, post.function, overtake)
        first = post.send()
        has_interrupted = moto_stack.calls.has_interrupted
        moto_stack.calls.clear()
        if not has_interrupted:
            break
        check_done_once(post, others[0])
        if first.status == post.status:
            assert first.body == others[0].body
        else:
            assert (first.status, first.body["code"]) == (409, IN_PROGRESS)
    assert number > FEWEST_CALLS


@pytest.mark.parametrize(("name", "undo"), [("create", "DELETE"), ("activate", "POST")])
def test_an_attempt_that_is_overtaken_does_not_redo_what_was_undone_since(
    name: str, undo: str, moto_stack: MotoStack
):
    for number in count(2):
        post = POSTS[name](moto_stack)
        later: list[int] = []

        def overtake(post: Post = post, later: list[int] = later) -> None:
            with invoking("test"):
                let_lapse(moto_stack)
                made = post.send()
                path = made.headers.get("location") or post.path.replace("activate", "deactivate")
                assert moto_stack.api(undo, path).status in {200, 204}
                later.append(post.times())

        moto_stack.calls.meanwhile(number, post.function, overtake)
        first = post.send()
        has_interrupted = moto_stack.calls.has_interrupted
        moto_stack.calls.clear()
        if not has_interrupted:
            break
        assert (first.status, first.body["code"]) == (409, IN_PROGRESS)
        assert [post.times()] == later
    assert number > FEWEST_CALLS


@pytest.mark.timing
@pytest.mark.parametrize("name", ["create", "deactivate", "approve", "cancel"])
def test_of_many_at_once_one_has_the_effect_and_nobody_hears_another_answer(
    name: str, moto_stack: MotoStack
):
    post = POSTS[name](moto_stack)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: post.send(), range(36)))

    good = [answer for answer in answers if answer.status == post.status]
    assert sum("idempotency-replayed" not in answer.headers for answer in good) == 1
    assert {a.body["code"] for a in answers if a.status != post.status} <= {IN_PROGRESS}
    assert all(answer.body == good[0].body for answer in good)
    check_done_once(post, good[0])
