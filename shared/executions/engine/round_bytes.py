"""The bytes in rounds of loops: what a turn reads no more still counts in the bounds."""

from collections import Counter

from shared.executions.task_runs import PassedRounds, TaskRun, node_key


class RoundBytes:
    """The bytes of outputs and of log lines in the present round of each open `flow.loop`."""

    def __init__(self) -> None:
        self._outputs: Counter[str] = Counter()
        self._logs: Counter[str] = Counter()

    def add(self, run: TaskRun, output_bytes: int, log_bytes: int) -> None:
        """Count bytes of a task run for the loop it is in, if any."""
        if run.round_of:
            loop = _loop_of(run.round_of)
            self._outputs[loop] += output_bytes
            self._logs[loop] += log_bytes

    def take(self, run: TaskRun, passed: PassedRounds | None) -> PassedRounds | None:
        """Return what a loop's record says of its rounds, the present one's bytes included.

        Those count for the loop round it from then on. None where nothing is to be said.
        """
        loop = node_key(run.task_name, run.iteration or "")
        outputs, logs = self._outputs.pop(loop, 0), self._logs.pop(loop, 0)
        self.add(run, outputs, logs)
        if not (passed or outputs or logs):
            return None
        earlier = passed or PassedRounds()
        return PassedRounds(
            count=earlier.count,
            output_bytes=earlier.output_bytes + outputs,
            log_bytes=earlier.log_bytes + logs,
        )


def _loop_of(round_of: str) -> str:
    """Return the key of the loop of a round: `poll#2` of `poll#2.3`."""
    name, _, iteration = round_of.partition("#")
    return node_key(name, iteration.rpartition(".")[0])
