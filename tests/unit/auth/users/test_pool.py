"""What Cognito refuses where moto does not: a pool that is full, a user that is disabled."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from shared.auth.users.pool import UserPool
from shared.errors import InvalidRequestError

POOL, CLIENT = "us-east-1_pool", "client"
NAMED = {"UserPoolId": POOL, "Username": "ann"}


@pytest.fixture
def client() -> Any:
    return boto3.client(
        "cognito-idp",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )


@pytest.fixture
def cognito(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def pool(client: Any) -> UserPool:
    return UserPool(client, POOL, CLIENT)


def test_a_group_that_is_there_need_not_be_made(cognito: Stubber, pool: UserPool):
    cognito.add_client_error("create_group", "GroupExistsException")

    pool.make_group("group:ops")


def test_a_group_that_the_pool_has_no_room_for_is_refused(cognito: Stubber, pool: UserPool):
    """It holds 10,000, and that is no passing state: nobody is to come again later."""
    cognito.add_response("admin_list_groups_for_user", {"Groups": []}, NAMED)
    cognito.add_client_error("admin_add_user_to_group", "ResourceNotFoundException")
    cognito.add_client_error("create_group", "LimitExceededException")

    with pytest.raises(InvalidRequestError) as refused:
        pool.set_groups("ann", {"group:ops"})

    assert [each.path for each in refused.value.problems] == ["groups"]


def test_other_errors_of_groups_are_told(cognito: Stubber, pool: UserPool):
    cognito.add_client_error("create_group", "TooManyRequestsException")

    with pytest.raises(ClientError):
        pool.make_group("group:ops")


def test_a_disabled_user_whose_logins_cannot_be_ended_is_disabled(cognito: Stubber, pool: UserPool):
    cognito.add_response("admin_disable_user", {}, NAMED)
    cognito.add_client_error(
        "admin_user_global_sign_out", "NotAuthorizedException", expected_params=NAMED
    )

    pool.disable("ann")


def test_logins_that_cannot_be_ended_are_told_of_anybody_else(cognito: Stubber, pool: UserPool):
    cognito.add_client_error(
        "admin_user_global_sign_out", "NotAuthorizedException", expected_params=NAMED
    )

    with pytest.raises(ClientError):
        pool.sign_out("ann")
