"""What all the parts of a turn work with."""

from dataclasses import dataclass

from shared.executions.board import Board
from shared.executions.externals import Externals
from shared.executions.models import Execution
from shared.executions.recording import Recorder
from shared.executions.scopes import ScopeBuilder
from shared.executions.threads import Clocks, Threads
from shared.flows.plan import Plan


@dataclass(frozen=True)
class Workbench:
    """The collaborators of one turn; `execution` as it was when the turn began."""

    plan: Plan
    execution: Execution
    board: Board
    scopes: ScopeBuilder
    recorder: Recorder
    threads: Threads
    clocks: Clocks
    externals: Externals
