"""The timers' queue: messages that are held back until something is due."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.function import PlatformFunction

TRIES = 5


class Timers(Construct):
    """A queue without order, and one for messages that nobody could read."""

    def __init__(self, scope: Construct, name: str, *, has_tls: bool) -> None:
        super().__init__(scope, name)
        unread = sqs.Queue(
            self,
            "TimersDeadLetters",
            retention_period=Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=has_tls,
        )
        self.queue = sqs.Queue(
            self,
            "TimersQueue",
            # Six times what the function may take, as AWS advises.
            visibility_timeout=Duration.minutes(3),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=has_tls,
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=TRIES, queue=unread),
        )

    def read_by(self, function: PlatformFunction) -> None:
        """Give `function` the messages, ten at most; it says which of them have to come again."""
        function.may(
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            on=self.queue.queue_arn,
        )
        lambda_.EventSourceMapping(
            self,
            "Messages",
            target=function.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=10,
            report_batch_item_failures=True,
        )
