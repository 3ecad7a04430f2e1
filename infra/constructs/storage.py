"""The stores: the tables, their indexes, the bucket, and their protection against loss."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.declarations import Index, Table, construct_id
from infra.tables import TABLES

DAY_CLASSES = (1, 2, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1825, 3650)
"""The days after which objects are removed that are tagged so; the runner knows the same."""


class Storage(Construct):
    """The tables share nothing, so that a role can be kept out of one of them."""

    def __init__(self, scope: Construct, name: str, *, is_protected: bool, has_tls: bool) -> None:
        super().__init__(scope, name)
        self._has_tls = has_tls
        self._removal = RemovalPolicy.RETAIN if is_protected else RemovalPolicy.DESTROY
        self._is_protected = is_protected
        self._tables = {noun: self._table(noun, table) for noun, table in TABLES.items()}
        self.payloads = self._bucket()

    @property
    def variables(self) -> dict[str, str]:
        """The environment of functions: `FLOWS_TABLE_NAME` and the like, and the bucket's name."""
        names = {f"{noun.upper()}_TABLE_NAME": t.table_name for noun, t in self._tables.items()}
        return {**names, "PAYLOADS_BUCKET_NAME": self.payloads.bucket_name}

    def table_arn(self, noun: str) -> str:
        """Return the ARN of a noun's table."""
        return self._tables[noun].table_arn

    def index_arn(self, noun: str, name: str) -> str:
        """Return the ARN of one index of a noun's table: `recent`, `open`, …."""
        return f"{self.table_arn(noun)}/index/{name}"

    def objects_arn(self, kind: str) -> str:
        """Return the ARN of all objects of a kind: `executions`, `results`."""
        return self.payloads.arn_for_objects(f"{kind}/*")

    def _table(self, noun: str, declared: Table) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            f"{construct_id(noun)}Table",
            partition_key=_text(declared.partition),
            sort_key=_text(declared.sort) if declared.sort else None,
            time_to_live_attribute=declared.expires,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            stream=dynamodb.StreamViewType.KEYS_ONLY,
            deletion_protection=self._is_protected,
            removal_policy=self._removal,
        )
        for index in declared.indexes:
            _add_index(table, index)
        return table

    def _bucket(self) -> s3.Bucket:
        """Make the bucket for values too large for a row; results in it last a day."""
        return s3.Bucket(
            self,
            "Payloads",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=self._has_tls,
            lifecycle_rules=[
                s3.LifecycleRule(prefix="results/", expiration=Duration.days(1)),
                *(
                    s3.LifecycleRule(
                        tag_filters={"days": str(days)}, expiration=Duration.days(days)
                    )
                    for days in DAY_CLASSES
                ),
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1)),
            ],
            removal_policy=self._removal,
        )


def _add_index(table: dynamodb.Table, index: Index) -> None:
    projection = dynamodb.ProjectionType
    table.add_global_secondary_index(
        index_name=index.name,
        partition_key=_text(index.partition),
        sort_key=_text(index.sort),
        projection_type=projection.INCLUDE if index.carries else projection.KEYS_ONLY,
        non_key_attributes=list(index.carries) or None,
    )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
