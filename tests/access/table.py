"""Who may do what, as a text that people read in a review.

After a change of policy: ``uv run python -m tests.access.table``, and commit ``allowed.txt`` with it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from rynek import app
from rynek.kernel.actor import Actor, Reach
from rynek.kernel.operations import Operation
from rynek.security.policies import Policies
from tests.access.actors import EVERYBODY

FILE = Path(__file__).with_name("allowed.txt")
HEAD = """\
# Who may do what: every operation, its route and Cedar action; below it who reaches everybody's things, and who only
# their own. Who is not named is refused. `staff` and `workload` alone have no role; `staff/*` is any of them.
# Written by `uv run python -m tests.access.table`; tests/access/test_allowed.py fails where policies say otherwise.
"""

May = Callable[[Actor, str], Reach | None]


def written(operations: list[Operation], may: May) -> str:
    """Write the table of these operations."""
    return HEAD + "".join(_entry(each, may) for each in sorted(operations, key=lambda operation: operation.name))


def _entry(operation: Operation, may: May) -> str:
    reaches = {name: may(actor, operation.policy) for name, actor in EVERYBODY.items()}
    rows = [f"\n{operation.name}  {operation.method} {operation.path}  [{operation.policy}]"]
    for reach in ("all", "own"):
        named = [name for name, how in reaches.items() if how == reach]
        if named:
            rows.append(f"    {reach}: {'everybody' if len(named) == len(EVERYBODY) else ', '.join(_shortened(named))}")
    return "\n".join(rows if len(rows) > 1 else [*rows, "    nobody"]) + "\n"


def _shortened(named: list[str]) -> Iterator[str]:
    for kind in ("anyone", "guest", "customer", "till", "staff", "workload"):
        every = [name for name in EVERYBODY if name.partition("/")[0] == kind]
        there = [name for name in every if name in named]
        if len(every) > 1 and there == every:
            yield f"{kind}/*"
        else:
            yield from there


def present() -> str:
    """Write the table of the shop as it is."""
    return written(list(app.registry().by_name.values()), Policies(app.policies()).reach)


if __name__ == "__main__":
    FILE.write_text(present())
