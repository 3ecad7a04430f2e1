"""The deployment of an assembly, as by CloudFormation: assets to their bucket, then template."""

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

from infra.admins import Login, make_tenant
from infra.local.credentials import KeyPair
from infra.local.identities import ACCOUNT
from infra.local.settings import REGION, Local, LocalStackError
from infra.synthesis import ASSETS, TEMPLATE

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.client import CloudFormationClient
    from mypy_boto3_s3.client import S3Client

STACK = "Headrace"
PLACES = {"${AWS::AccountId}": ACCOUNT, "${AWS::Region}": REGION, "${AWS::Partition}": "aws"}
CAPABILITIES: Any = ["CAPABILITY_IAM"]
STANDING = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
UPDATABLE = {*STANDING, "UPDATE_ROLLBACK_COMPLETE"}


@dataclass(frozen=True)
class Deployment:
    """The state of a deployment: the template's hash, and the names that are needed later."""

    template: str
    api_id: str
    reconcile: str
    users: str


class Deployer:
    """The deployer of an assembly to the emulator; it knows when there is nothing to do."""

    def __init__(self, local: Local, pair: KeyPair) -> None:
        self.local = local
        config = Config(retries={"total_max_attempts": 2}, read_timeout=120)
        self._session = boto3.Session(
            pair.access_key_id, pair.secret_access_key, region_name=REGION
        )
        self._connection: Any = {"endpoint_url": local.aws_endpoint_url, "config": config}
        self._stacks: CloudFormationClient = self._session.client(
            "cloudformation", **self._connection
        )

    def unchanged(self, assembly: Path) -> Deployment | None:
        """Return the deployment of a former start, if it is this assembly's and still stands."""
        try:
            found = Deployment(**json.loads(self.local.deployment.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        is_same = found.template == _hash(assembly)
        return found if is_same and self._status() in STANDING else None

    def deploy(self, assembly: Path) -> Deployment:
        """Create or update the stack; a failure names the resource and its reason.

        The next start does it again unless the deployment is remembered.
        """
        self.local.deployment.unlink(missing_ok=True)
        template_url = self._upload(assembly)
        try:
            self._apply(template_url)
        except (ClientError, WaiterError) as error:
            if "No updates are to be performed" in str(error):
                return self._deployment(assembly)
            raise LocalStackError(
                f"the deploy failed: {self._reason() or error}\n"
                f"To start from nothing: make down, then remove {self.local.home}"
            ) from error
        return self._deployment(assembly)

    def remember(self, deployment: Deployment) -> None:
        """Let the next start find it, once the emulator's state is on disk."""
        self.local.deployment.write_text(json.dumps(asdict(deployment)), "utf-8")

    def resume(self, deployment: Deployment) -> str | None:
        """Let interrupted executions go on; return the error's text, or None."""
        answer = self._session.client("lambda", **self._connection).invoke(
            FunctionName=deployment.reconcile, Payload=json.dumps({"all": True})
        )
        return answer["Payload"].read().decode() if "FunctionError" in answer else None

    def make_tenant(self, deployment: Deployment, tenant: str, admin: Login) -> bool:
        """Make a tenant with its first admin; return False if there is one already."""
        functions = self._session.client("lambda", **self._connection)
        return make_tenant(functions, deployment.users, tenant, admin)

    def _status(self) -> str | None:
        try:
            [stack] = self._stacks.describe_stacks(StackName=STACK)["Stacks"]
        except ClientError:
            return None
        return stack["StackStatus"]

    def _upload(self, assembly: Path) -> str:
        """Put every asset into its bucket; where the template is then."""
        bucket_client: S3Client = self._session.client("s3", **self._connection)
        manifest = json.loads((assembly / ASSETS).read_text("utf-8"))
        places = {}
        for asset in manifest["files"].values():
            source = assembly / asset["source"]["path"]
            is_folder = asset["source"]["packaging"] == "zip"
            body = _archive(source) if is_folder else source.read_bytes()
            for destination in asset["destinations"].values():
                bucket = _filled(destination["bucketName"])
                key = destination["objectKey"]
                bucket_client.create_bucket(Bucket=bucket)
                bucket_client.put_object(Bucket=bucket, Key=key, Body=body)
                places[source.name] = f"{self.local.aws_endpoint_url}/{bucket}/{key}"
        return places[TEMPLATE]

    def _apply(self, template_url: str) -> None:
        # A template in the request itself is limited to 51,200 bytes.
        given: Any = {
            "StackName": STACK, "TemplateURL": template_url, "Capabilities": CAPABILITIES
        }  # fmt: skip
        waiting: Any = {"StackName": STACK, "WaiterConfig": {"Delay": 1, "MaxAttempts": 120}}
        status = self._status()
        if status in UPDATABLE:
            self._stacks.update_stack(**given)
            self._stacks.get_waiter("stack_update_complete").wait(**waiting)
            return
        if status is not None:  # a creation that failed: there is nothing in it to lose
            self._stacks.delete_stack(StackName=STACK)
            self._stacks.get_waiter("stack_delete_complete").wait(**waiting)
        self._stacks.create_stack(**given)
        self._stacks.get_waiter("stack_create_complete").wait(**waiting)

    def _reason(self) -> str:
        try:
            events = self._stacks.describe_stack_events(StackName=STACK)["StackEvents"]
        except ClientError:
            return ""
        failed = [event for event in events if event.get("ResourceStatus", "").endswith("FAILED")]
        return "; ".join(
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
            for event in failed[:5]
        )

    def _deployment(self, assembly: Path) -> Deployment:
        resources = self._stacks.describe_stack_resources(StackName=STACK)["StackResources"]
        ids = {found["LogicalResourceId"]: found["PhysicalResourceId"] for found in resources}
        [api] = [i["PhysicalResourceId"] for i in resources if i["ResourceType"].endswith("::Api")]
        reconcile, users = (
            next(ids[name] for name in ids if name.startswith(f"{function}Function"))
            for function in ("Reconcile", "Users")
        )
        return Deployment(template=_hash(assembly), api_id=api, reconcile=reconcile, users=users)


def _hash(assembly: Path) -> str:
    return hashlib.sha256((assembly / TEMPLATE).read_bytes()).hexdigest()


def _filled(name: str) -> str:
    for place, value in PLACES.items():
        name = name.replace(place, value)
    return name


def _archive(folder: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as written:
        for path in sorted(folder.rglob("*")):
            written.write(path, path.relative_to(folder))
    return archive.getvalue()
