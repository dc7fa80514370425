"""Forward chaining: everything that follows from rules and facts.

Evaluation is semi-naive, layer by layer. There are several representations behind one interface,
which give the same model: *plain* (rules as data, over dictionaries), *tiny* (closures over
dictionaries), columns, and bit rows.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, cast

from planner.engine.extension import Extension, TinyExtension
from planner.engine.facts import Facts
from planner.engine.modal import order_rules, property_rules, symmetric_rules
from planner.engine.model import Model
from planner.engine.program import is_gathered, plan_rules
from planner.engine.tiny.plain import join_of, read_plain
from planner.engine.tiny.quick import run_plain
from planner.engine.tiny.run import TinyProgram
from planner.engine.tiny.steps import TooLargeError
from planner.errors import InputError, LimitError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from planner.engine.gather.foreign import Foreign
    from planner.engine.program import Plan
    from planner.engine.tiny.plain import PlainProgram
    from planner.engine.tiny.quick import Tables
    from planner.kr.rules import Predicate, Rule
    from planner.kr.task import Task

__all__ = [
    "Program",
    "Tier",
    "Watch",
    "compile_rules",
    "evaluate",
    "rules_of_task",
    "run_as_planned",
    "saturate",
    "task_rules",
]

Tier: TypeAlias = Literal[
    "auto", "plain", "tiny", "large", "runs", "sorted", "hash", "bits", "lists"
]
"""Which representations to choose from; all give the same model.

``plain``: dictionaries and rules as data where all rules are plain, else ``tiny``. ``tiny``:
dictionaries and closures. ``runs``: columns, rows told apart by what is fastest. ``sorted`` and
``hash``: columns, rows always told apart by sorted runs, or by a hash set. ``bits``: bit rows where
the rules' shapes allow it, else columns. ``lists``: lists of rows, else bit rows, else columns.
``auto``: by size and shape. ``large``: so too, for few facts of which much is known to follow.
"""

_NO_FUNCTIONS: Mapping[str, Foreign] = MappingProxyType({})
_PLAIN_FACTS = 200
_TINY_FACTS = 2_000
_TINY_ROWS = 5_000


class Watch(Protocol):
    """What an evaluation asks of a meter; `planner.search.limits.Meter` is one."""

    def exceeded(self) -> str:
        """The reason to stop now, or ``""``."""
        ...


class Program:
    """Rules compiled once, to be run on many sets of facts, one at a time."""

    def __init__(
        self,
        plan: Plan | None,
        rules: Sequence[Rule] = (),
        plain: PlainProgram | None = None,
    ) -> None:
        self._plan = plan
        self._rules = rules
        self._plain = plain
        self._tiny: TinyProgram | None = None

    @property
    def plan(self) -> Plan:
        """What the tiers start from; made when it is first asked for."""
        if self._plan is None:
            self._plan = plan_rules(self._rules)
        return self._plan

    def run(self, facts: Facts, *, tier: Tier = "auto", meter: Watch | None = None) -> Model:
        """Evaluate to the fixpoint.

        Raises:
            InputError: when facts and rules disagree about an arity, or a number overflows.
            LimitError: when the meter says so.
        """
        if self._plain is not None and (
            tier == "plain" or (tier == "auto" and len(facts) <= _PLAIN_FACTS)
        ):
            self._check_arities(self._plain.arities, facts)
            try:
                return self._run_plain(self._plain, facts, meter)
            except TooLargeError:
                # It would be so the next time.
                self._plain = None
        self._check_arities(self.plan.arities, facts)
        if not self.plan.declared:
            return self._run_tiers(facts, tier, meter)
        from planner.engine.gather.faults import GatherError, explained

        try:
            return self._run_tiers(facts, tier, meter)
        except GatherError as error:
            raise explained(error, self.plan, facts) from error

    def _run_tiers(self, facts: Facts, tier: Tier, meter: Watch | None) -> Model:
        if tier in ("tiny", "plain") or (tier == "auto" and len(facts) <= _TINY_FACTS):
            room = _TINY_ROWS if tier == "auto" else 2**62
            try:
                return self._run_tiny(facts, room, meter)
            except TooLargeError:
                pass
        return self._run_runs(facts, meter, "auto" if tier == "large" else tier)

    def prepare(self) -> None:
        """Do now what would be done at the first run over a few facts."""
        if self._plain is None:
            self._closures()
            return
        for rule in (rule for stratum in self._plain.strata for rule in stratum):
            join_of(rule)

    def _closures(self) -> TinyProgram:
        if self._tiny is None:
            self._tiny = TinyProgram(self.plan)
        return self._tiny

    def _run_plain(self, plain: PlainProgram, facts: Facts, meter: Watch | None) -> Model:
        check = None if meter is None else lambda: _check(meter)
        if facts.named is not None:
            named = dict(facts.named)
            run_plain(plain, named, check=check)
            return Model(self._the_plan, facts, {}, named=named, arities=plain.arities)
        tables = {name: rows for name, rows in facts.lend(plain.arities).items() if rows}
        # Codes alone come out where codes alone go in.
        run_plain(plain, cast("Tables", tables), facts.symbols.code, check)
        return Model(self._the_plan, facts, {}, tables, arities=plain.arities)

    def _the_plan(self) -> Plan:
        return self.plan

    def _run_tiny(self, facts: Facts, room: int, meter: Watch | None) -> Model:
        tiny = self._closures()

        def check() -> None:
            _check(meter)

        found = tiny.run(facts.tuples, facts.symbols, room, check if meter else None)
        arities = tiny.relations
        extensions: dict[str, Extension] = {
            name: TinyExtension(rounds, arities[name].arity) for name, rounds in found.items()
        }
        return Model(self.plan, facts, self._declared(extensions))

    def _run_runs(self, facts: Facts, meter: Watch | None, tier: Tier) -> Model:
        # NumPy columns are not needed by tiny programs.
        from planner.engine.runs.fixpoint import run_plan

        found = run_plan(self.plan, facts, lambda: _check(meter), tier=tier)
        return Model(self.plan, facts, self._declared(found))

    def _declared(self, extensions: Mapping[str, Extension]) -> Mapping[str, Extension]:
        if not self.plan.declared:
            return extensions
        from planner.engine.gather.views import as_declared

        return as_declared(self.plan, extensions)

    def _check_arities(self, arities: Mapping[str, int], facts: Facts) -> None:
        for name, given in facts.arities().items():
            wanted = arities.get(name, given)
            if given != wanted:
                raise InputError(
                    f"`{name}` has {given} arguments in the facts and {wanted} in the rules"
                )


def compile_rules(
    rules: Sequence[Rule],
    declared: Collection[Predicate] = (),
    functions: Mapping[str, Foreign] = _NO_FUNCTIONS,
) -> Program:
    """Compile rules for use with many sets of facts; `plan_rules` says what is ``declared``.

    Raises:
        InputError: for unbound variables, recursion through negation, or inconsistent arities.
        UnsupportedError: for what this engine does not evaluate.
    """
    if any(is_gathered(predicate) for predicate in declared):
        return Program(plan_rules(rules, declared, functions))
    plain = read_plain(rules)
    return Program(plan_rules(rules)) if plain is None else Program(None, rules, plain)


def evaluate(
    rules: Sequence[Rule],
    facts: Facts,
    *,
    declared: Collection[Predicate] = (),
    functions: Mapping[str, Foreign] = _NO_FUNCTIONS,
    tier: Tier = "auto",
    meter: Watch | None = None,
) -> Model:
    """Everything that follows from the rules and the facts.

    Args:
        rules: the rules.
        facts: what holds without them.
        declared: predicates whose declarations count, as `planner.engine.program.plan_rules` says.
        functions: what computes the foreign ones.
        tier: which representations to choose from.
        meter: says when to stop.

    >>> from planner.kr.formulas import Atom
    >>> from planner.kr.rules import Rule
    >>> from planner.kr.terms import Variable
    >>> x, y, z = Variable("x"), Variable("y"), Variable("z")
    >>> model = evaluate([Rule(Atom("up", (x,)), Atom("on", (x, y)))],
    ...                  Facts.of([Atom("on", ("a", "b"))]))
    >>> [str(atom) for atom in model.atoms("up")]
    ['up(a)']
    """
    return compile_rules(rules, declared, functions).run(facts, tier=tier, meter=meter)


def rules_of_task(task: Task) -> list[Rule]:
    """The rules of a task, and those that its declarations stand for, where these are rules.

    What predicates keep, compute or have one value of is no rule: see
    `planner.engine.probability.declared`.
    """
    return [
        *task.rules.rules,
        *property_rules(task.rules.predicates.values()),
        *order_rules(task.rules.orders),
    ]


def task_rules(task: Task) -> list[Rule]:
    """The rules of a task, and those of its declarations that the engine has no own way for."""
    return [
        *task.rules.rules,
        *symmetric_rules(task.rules.predicates.values()),
        *order_rules(task.rules.orders),
    ]


def saturate(
    task: Task,
    *,
    tier: Tier = "auto",
    meter: Watch | None = None,
    functions: Mapping[str, Foreign] = _NO_FUNCTIONS,
    facts: Facts | None = None,
) -> Model:
    """Everything that is true at the start of a task: its facts and what its rules derive.

    Types, ``goal p(..)``, goal orders and the properties of predicates are seen to. ``facts`` are
    those of the task with others beside them.

    Raises:
        RuleFileError: when a functional predicate gets two values, or kept numbers get better
            without end; names the rules.
    """
    declared = task.rules.predicates.values()
    facts = Facts.of_task(task) if facts is None else facts
    return evaluate(
        task_rules(task), facts, declared=declared, functions=functions, tier=tier, meter=meter
    )


def run_as_planned(plan: Plan, facts: Facts) -> Model:
    """Evaluate a plan as it stands, its layers and what it says of rounds included."""
    return Program(plan).run(facts)


def _check(meter: Watch | None) -> None:
    reason = meter.exceeded() if meter is not None else ""
    if reason:
        raise LimitError(f"stopped while deriving facts: {reason}")
