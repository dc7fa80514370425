"""``planner warm``: compile what the first use would."""

from __future__ import annotations

import time

import click

__all__ = ["command"]

_TASK = """
task: warm
rules:
  types: {place: object}
  predicates:
    at(place): the traveller is at {0}
    road(place, place): a road leads from {0} to {1}
    near(place): one step away
  rules:
    - if: at(?x) and road(?x, ?y)
      then: near(?y)
  actions:
    go(?x - place, ?y - place):
      if: at(?x) and road(?x, ?y) and near(?y)
      then: at(?y) and not at(?x)
objects: {place: [a, b, c]}
init:
  - at(a)
  - road(a, b)
  - road(b, c)
goal: at(c)
"""

_LIFTED_TASK = """
task: warm without grounding
rules:
  types: {place: object}
  predicates:
    at(place): the traveller is at {0}
    road(place, place): a road leads from {0} to {1}
  actions:
    go(?x - place, ?y - place):
      if: at(?x) and road(?x, ?y)
      then: at(?y) and not at(?x)
objects: {place: [a, b, c]}
init:
  - at(a)
  - road(a, b)
  - road(b, c)
goal: at(c)
"""


# Long enough that its closure is kept on bit rows, with more rows than plain Python should follow.
_CHAIN = 300


@click.command("warm", epilog="Example: planner warm")
def command() -> None:
    """Compile kernels and bytecode and keep them in the cache, so that the first solve is quick."""
    from pathlib import Path

    from planner.engine.jit import compile_from_now_on
    from planner.engine.rehearsal import rehearse
    from planner.io.load import load_task_text
    from planner.solve import solve

    started = time.process_time()
    _compile_bytecode()
    compile_from_now_on()
    task = load_task_text(_TASK, name="<warm>", folder=Path.cwd())
    for search in ("auto", "gbfs", "astar", "mcts"):
        solve(task, search=search)
    solve(task, search="mcts", guide="uniform")
    solve(load_task_text(_LIFTED_TASK, name="<warm>", folder=Path.cwd()), search="lifted")
    _follow_a_closure()
    rehearse()
    click.echo(f"kernels ready after {time.process_time() - started:.1f} CPU s")


def _compile_bytecode() -> None:
    """As pip does for what it copies, but not for an editable install.

    Where Python is told to write no bytecode, each process would compile all sources it imports
    anew: 0.3 CPU s of a small task's 0.8.
    """
    import compileall
    from pathlib import Path

    import planner

    compileall.compile_dir(Path(planner.__file__).parent, quiet=2)


def _follow_a_closure() -> None:
    """Facts that come and go, under a closure that is kept on bit rows."""
    from planner.engine.facts import Facts
    from planner.engine.maintain.live import LiveModel
    from planner.kr.formulas import And, Atom
    from planner.kr.rules import Rule
    from planner.kr.terms import Variable

    x, y, z = (Variable(name) for name in "xyz")
    path = Atom("path", (x, z))
    rules = [
        Rule(path, Atom("edge", (x, z))),
        Rule(path, And((Atom("path", (x, y)), Atom("edge", (y, z))))),
    ]
    live = LiveModel(rules, Facts.of(Atom("edge", (i, i + 1)) for i in range(_CHAIN)))
    across = Atom("edge", (_CHAIN, 0))
    live.add(across)
    live.retract(across)
