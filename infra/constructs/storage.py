"""Everything that remembers: the tables, their indexes, and how hard they are to lose."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

DAY_CLASSES = (1, 2, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1825, 3650)
"""Days after which objects are removed that are tagged so; the runner knows the same."""


class Storage(Construct):
    """The tables share nothing, so that a role can be kept out of one of them."""

    def __init__(self, scope: Construct, name: str, *, is_protected: bool, has_tls: bool) -> None:
        super().__init__(scope, name)
        self._has_tls = has_tls
        self._is_protected = is_protected
        self.flows = self._table("FlowsTable", partition="pk", sort="sk")
        self.executions = self._table(
            "ExecutionsTable", partition="pk", sort="sk", expires="expiresAt"
        )
        self.idempotency = self._table("IdempotencyTable", partition="id", expires="expiresAt")
        self.approvals = self._table("ApprovalsTable", partition="pk", expires="removeAt")
        self.payloads = self._bucket()
        self._index("recent", "recentOf", "id")
        self._index("by-flow", "flowOf", "id")
        self._index("by-correlation", "correlationOf", "id")
        self._index("open", "openShard", "checkAt", carries=["flowId"])
        self._index("recent", "recentOf", "id", of=self.approvals)

    def _table(
        self, name: str, *, partition: str, sort: str | None = None, expires: str | None = None
    ) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            name,
            partition_key=_text(partition),
            sort_key=_text(sort) if sort else None,
            time_to_live_attribute=expires,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            stream=dynamodb.StreamViewType.KEYS_ONLY,
            deletion_protection=self._is_protected,
            removal_policy=(RemovalPolicy.RETAIN if self._is_protected else RemovalPolicy.DESTROY),
        )

    def _bucket(self) -> s3.Bucket:
        """What is too large for a row; results are made anew whenever somebody asks."""
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
            removal_policy=(RemovalPolicy.RETAIN if self._is_protected else RemovalPolicy.DESTROY),
        )

    def _index(
        self,
        name: str,
        partition: str,
        sort: str,
        *,
        of: dynamodb.Table | None = None,
        carries: list[str] | None = None,
    ) -> None:
        projection = dynamodb.ProjectionType
        (of or self.executions).add_global_secondary_index(
            index_name=name,
            partition_key=_text(partition),
            sort_key=_text(sort),
            projection_type=projection.INCLUDE if carries else projection.KEYS_ONLY,
            non_key_attributes=carries,
        )

    def index_arn(self, name: str) -> str:
        """The ARN of one index of the executions table: `recent`, `open`, …."""
        return f"{self.executions.table_arn}/index/{name}"

    def objects_arn(self, kind: str) -> str:
        """The ARN of all objects of a kind: `executions`, `results`."""
        return self.payloads.arn_for_objects(f"{kind}/*")


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
