"""One turn of the runner: enter a segment, run what can run, record it, answer what comes next.

`runner` is the door (called by `functions/runner` with the `messages` of Step Functions), `turn`
the loop: it asks the scheduler what may be done, and hands each action to `dispatcher`. What
happens to a task then follows from its kind (`TurnContext.kind_of`); each kind has a runner with
the same methods, `advance` (begin or go on), `cancel` and `is_open`:

* INLINE, `inline`: a plugin in a thread of this turn; so is every task that a test mocks.
* WAIT, `waits`: `flow.wait`, a moment in the task's record.
* CONTAINER, `containers`: `flow.if`, `flow.switch`, `flow.parallel`, `flow.foreach`, `flow.loop`
  (its rounds: `loop_rounds`).
* DURABLE, `durable_tasks`: what ends outside (gates, subflows), polled and never waited for.

`budget` says whether another INLINE or DURABLE task may begin in this turn (waits and containers
take no time), `context` holds what all parts share,
`recorder` makes the fenced writes. `termination` ends tasks early: it asks their runners to cancel
them. `completion` writes the end of an execution.
See ADR 3 (segments), ADR 4 (fencing), ADR 6 (ending and resuming), ADR 23 (container attempts).
"""
