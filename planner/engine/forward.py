"""Forward chaining: everything that follows from rules and facts.

Evaluation is semi-naive, layer by layer. There are several representations behind one interface,
which give the same model: *tiny* (closures over dictionaries), columns, and bit rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from planner.engine.extension import Extension, TinyExtension
from planner.engine.facts import Facts
from planner.engine.heights import with_known_negation
from planner.engine.modal import order_rules, property_rules
from planner.engine.model import Model
from planner.engine.program import plan_rules
from planner.engine.tiny.run import TinyProgram
from planner.engine.tiny.steps import TooLargeError
from planner.errors import InputError, LimitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.engine.program import Plan
    from planner.kr.rules import Rule
    from planner.kr.task import Task

__all__ = [
    "Program",
    "Tier",
    "Watch",
    "compile_rules",
    "evaluate",
    "heights_of",
    "rules_of_task",
    "saturate",
]

Tier: TypeAlias = Literal["auto", "tiny", "runs", "sorted", "hash", "bits"]
"""Which representations to choose from; all give the same model.

``tiny``: dictionaries. ``runs``: columns, rows told apart by what is fastest. ``sorted`` and
``hash``: columns, rows always told apart by sorted runs, or by a hash set. ``bits``: bit rows where
the rules' shapes allow it, else columns. ``auto``: by size and shape.
"""

_TINY_FACTS = 2_000
_TINY_ROWS = 5_000


class Watch(Protocol):
    """What an evaluation asks of a meter; `planner.search.limits.Meter` is one."""

    def exceeded(self) -> str:
        """The reason to stop now, or ``""``."""
        ...


class Program:
    """Rules compiled once, to be run on many sets of facts, one at a time."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._tiny: TinyProgram | None = None

    def run(self, facts: Facts, *, tier: Tier = "auto", meter: Watch | None = None) -> Model:
        """Evaluate to the fixpoint.

        Raises:
            InputError: when facts and rules disagree about an arity, or a number overflows.
            LimitError: when the meter says so.
        """
        self._check_arities(facts)
        if tier == "tiny" or (tier == "auto" and len(facts) <= _TINY_FACTS):
            room = _TINY_ROWS if tier == "auto" else 2**62
            try:
                return self._run_tiny(facts, room, meter)
            except TooLargeError:
                pass
        return self._run_runs(facts, meter, tier)

    def prepare(self) -> TinyProgram:
        """Make the closures of the tiny tier now, not at the first run."""
        if self._tiny is None:
            self._tiny = TinyProgram(self.plan)
        return self._tiny

    def _run_tiny(self, facts: Facts, room: int, meter: Watch | None) -> Model:
        tiny = self.prepare()

        def check() -> None:
            _check(meter)

        found = tiny.run(facts.tuples, facts.symbols, room, check if meter else None)
        arities = tiny.relations
        extensions: dict[str, Extension] = {
            name: TinyExtension(rounds, arities[name].arity) for name, rounds in found.items()
        }
        return Model(self.plan, facts, extensions)

    def _run_runs(self, facts: Facts, meter: Watch | None, tier: Tier) -> Model:
        # NumPy columns are not needed by tiny programs.
        from planner.engine.runs.fixpoint import run_plan

        found = run_plan(self.plan, facts, lambda: _check(meter), tier=tier)
        return Model(self.plan, facts, found)

    def _check_arities(self, facts: Facts) -> None:
        for name, arity in self.plan.arities.items():
            given = facts.arity(name)
            if given is not None and given != arity:
                raise InputError(
                    f"`{name}` has {given} arguments in the facts and {arity} in the rules"
                )


def compile_rules(rules: Sequence[Rule]) -> Program:
    """Compile rules for use with many sets of facts.

    Raises:
        InputError: for unbound variables, recursion through negation, or inconsistent arities.
        UnsupportedError: for what this engine does not evaluate.
    """
    return Program(plan_rules(rules))


def evaluate(
    rules: Sequence[Rule],
    facts: Facts,
    *,
    tier: Tier = "auto",
    meter: Watch | None = None,
) -> Model:
    """Everything that follows from the rules and the facts.

    >>> from planner.kr.formulas import Atom
    >>> from planner.kr.rules import Rule
    >>> from planner.kr.terms import Variable
    >>> x, y, z = Variable("x"), Variable("y"), Variable("z")
    >>> model = evaluate([Rule(Atom("up", (x,)), Atom("on", (x, y)))],
    ...                  Facts.of([Atom("on", ("a", "b"))]))
    >>> [str(atom) for atom in model.atoms("up")]
    ['up(a)']
    """
    return compile_rules(rules).run(facts, tier=tier, meter=meter)


def rules_of_task(task: Task) -> list[Rule]:
    """The rules of a task, and those that its declarations stand for."""
    return [
        *task.rules.rules,
        *property_rules(task.rules.predicates.values()),
        *order_rules(task.rules.orders),
    ]


def saturate(task: Task, *, tier: Tier = "auto", meter: Watch | None = None) -> Model:
    """Everything that is true at the start of a task: its facts and what its rules derive.

    Types, ``goal p(..)``, goal orders and the properties of predicates are seen to.
    """
    rules = rules_of_task(task)
    return evaluate(rules, Facts.of_task(task), tier=tier, meter=meter)


def heights_of(model: Model) -> Model:
    """The same rows, each in a round that is the height of its smallest proof."""
    plan, facts = with_known_negation(model)
    return Program(plan).run(facts)


def _check(meter: Watch | None) -> None:
    reason = meter.exceeded() if meter is not None else ""
    if reason:
        raise LimitError(f"stopped while deriving facts: {reason}")
