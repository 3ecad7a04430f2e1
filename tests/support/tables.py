"""The tables and buckets alone, as synthesised, on moto: for contracts of repositories."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends

from tests.support.stack import TABLE_PROPERTIES
from tests.support.template import ACCOUNT, REGION, Template


class Tables:
    """Found by the variables that name them; made once for many tests, which clear them."""

    def __init__(self, template: Template) -> None:
        self._names: dict[str, str] = {}
        for _, properties in template.of_type("AWS::Lambda::Function"):
            self._names |= template.resolve(properties["Environment"]["Variables"])
        self._dynamodb: Any = boto3.resource("dynamodb", region_name=REGION)
        self.s3: Any = boto3.client("s3", region_name=REGION)
        for name, properties in template.of_type("AWS::DynamoDB::Table"):
            wanted = {key: properties[key] for key in TABLE_PROPERTIES if key in properties}
            wanted.pop("StreamSpecification", None)
            self._dynamodb.create_table(TableName=name, **wanted)
        for name, _ in template.of_type("AWS::S3::Bucket"):
            self.s3.create_bucket(Bucket=name)

    def table(self, variable: str) -> Any:
        return self._dynamodb.Table(self._names[variable])

    def bucket(self, variable: str) -> str:
        return self._names[variable]

    def clear(self) -> None:
        """Remove every item of every table; objects stay, for nothing lists them."""
        for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
            table.items.clear()


@contextmanager
def made_tables(template: Template) -> Iterator[Tables]:
    with mock_aws():
        yield Tables(template)
