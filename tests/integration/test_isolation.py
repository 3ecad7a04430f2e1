"""Tests are kept apart: what one left running does not turn up in the next."""

import boto3
import pytest

from functions.runner.services import end_process
from tests.support.calls import Crash, abandon_invocations, invoking
from tests.support.stack import MotoStack


def test_an_invocation_that_outlives_its_test_meets_nothing_of_the_next(moto_stack: MotoStack):
    moto_stack.calls.fail_next(ConnectionError(), lambda _call: True)

    with invoking("runner"):
        abandon_invocations()
        with pytest.raises(Crash):
            boto3.client("stepfunctions").list_state_machines()

    assert not moto_stack.calls.has_failed
    assert moto_stack.calls.of("runner") == []
    moto_stack.calls.clear()


def test_a_function_that_ends_its_process_ends_its_invocation_and_nothing_else(
    moto_stack: MotoStack,
):
    with invoking("runner") as invocation, pytest.raises(Crash):
        end_process()

    assert invocation.is_dead
    assert moto_stack.runs() == []
