"""The check of any text of 256 KiB takes at most three seconds of processor time.

The only figures of time that a test asserts: seconds of this thread's own processor, which no
busy neighbour changes, and some ten times what is seen.
"""

import time
from collections.abc import Callable

import pytest

from shared.flows.source.reader import MAX_TEXT
from shared.flows.validation.validator import check_flow

SECONDS = 3.0
HEAD = "name: a\n"
TASKS = "tasks:\n- {name: a, type: util.log, properties: {message: m}}\n"


def filled(line: Callable[[int], str], head: str = HEAD, tail: str = TASKS) -> str:
    """Repeat a line as often as fits between a head and a tail."""
    lines, room, number = [], MAX_TEXT - len(head) - len(tail) - 100, 0
    while room > 0:
        lines.append(line(number))
        room -= len(lines[-1].encode())
        number += 1
    return head + "".join(lines[:-1]) + tail


TEXTS: dict[str, str] = {
    "patterns": filled(
        lambda n: f"- {{name: i{n}, type: STRING, pattern: '(x{{1,1000}}){{1,1}}N'}}\n",
        HEAD + "inputs:\n",
    ),
    "a-hundred-long-patterns": HEAD
    + "inputs:\n"
    + "".join(
        f"- {{name: i{n}, type: STRING, pattern: '{'(x{1,1000}){1,1}' * 58}'}}\n"
        for n in range(100)
    )
    + TASKS,
    "directives": filled(lambda n: f"%TAG !{n}! t\n", "", "---\n" + HEAD + TASKS),
    "directives-of-a-second-document": filled(
        lambda n: f"%TAG !{n}! t\n", HEAD + TASKS + "...\n", "---\na: 1\n"
    ),
    "templates": filled(
        lambda n: f"    {n}: '{{{{ a{n}+1 }}}}'\n",
        f"{HEAD}{TASKS}- name: b\n  type: core.set\n  properties:\n   values:\n",
        "",
    ),
    "templates-of-one-variable": filled(
        lambda n: f"- '{{{{ vars.v{n % 99} }}}}'\n", HEAD + "variables:\n  v1:\n", TASKS
    ),
    "bad-templates": filled(
        lambda n: f"- '{{{{ a{n} | nope{n} }}}}'\n", HEAD + "outputs:\n  o:\n", TASKS
    ),
    "unknown-fields": filled(lambda n: f"unknownfield{n}: 1\n"),
    "unknown-fields-of-tasks": filled(
        lambda n: f"- {{name: t{n}, type: util.logg, dependOn: t{n - 1}, nope: 1}}\n",
        HEAD + "tasks:\n",
        "",
    ),
    "tasks-that-depend-on-many": filled(
        lambda n: (
            f"- {{name: t{n}, type: util.log, properties: {{message: m}}, "
            f"dependsOn: [{', '.join(f't{k}' for k in range(max(0, n - 90), n))}]}}\n"
        ),
        HEAD + "tasks:\n",
        "",
    ),
    "labels": filled(lambda n: f"  k{n}: v\n", HEAD + "labels:\n", TASKS),
    "brackets": HEAD + "labels: " + "[" * (MAX_TEXT - 200),
    "flat-list": HEAD + "outputs: {o: [" + "1," * (MAX_TEXT // 2 - 100) + "1]}\n" + TASKS,
    "aliases": filled(lambda _: "  - *a\n", HEAD + "x: &a [1, 2]\noutputs:\n  o:\n", TASKS),
    "big-numbers": filled(lambda _: f"  - {'9' * 4000}\n", HEAD + "outputs:\n  o:\n", TASKS),
    "one-text": HEAD + "description: '" + "\\" * (MAX_TEXT - 200) + "'\n" + TASKS,
    "escapes": '{"name": "' + "\\ud83d\\ude00" * (MAX_TEXT // 12 - 10) + '"}',
    "percent-signs": "\n" * (MAX_TEXT // 2) + "#" * (MAX_TEXT // 2 - 10),
    "tabs": "\t" * (MAX_TEXT - 10),
    "keys": filled(lambda n: f"? k{n}\n"),
    "defaults": filled(lambda n: f"  'util.*{n}': {{message: m}}\n", HEAD + "defaults:\n", TASKS),
}


@pytest.mark.proof
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_of_the_largest_size_is_checked_within_three_seconds(name: str):
    text = TEXTS[name]
    began = time.thread_time()

    check_flow(text)

    assert len(text.encode()) <= MAX_TEXT
    assert time.thread_time() - began <= SECONDS
