"""Rules that say, for one state of an open task, which steps are legal and what they compute.

Each action becomes a rule whose head lists its parameters, the numbers its effects compute and
its cost; each conditional effect and the goal become rules of their own. The engine's tiny tier
evaluates them on the facts of one state at a time. A value that is undefined makes its rule fail,
and so the step illegal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.engine.modal import order_rules, property_rules
from planner.engine.program import atoms_in, plan_rules
from planner.engine.tiny.run import TinyProgram, run_layer
from planner.kr.formulas import TRUE, Atom, Comparison, Formula, conjoin, conjuncts, disjoin
from planner.kr.rules import Rule
from planner.kr.terms import VALUE_TYPES, Variable
from planner.spaces.parameters import printed_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.engine.matching import Row
    from planner.engine.program import Plan
    from planner.engine.symbols import SymbolTable
    from planner.kr.actions import ActionSchema, Effect
    from planner.kr.task import RuleBase, Task
    from planner.kr.terms import Expression, TypedVariable

__all__ = [
    "EffectPattern",
    "OpenSchema",
    "StateProgram",
    "effect_head",
    "goal_program",
    "step_head",
    "step_program",
]

GOAL = "reached goal"
"""Heads that no file can contain: names with a blank."""

_ROOM = 2**62


@dataclass(frozen=True, slots=True)
class EffectPattern:
    """One effect over the row of its rule.

    Attributes:
        arguments: a place in the row, or ``~k`` for the k-th object that the step creates.
        head: predicate whose rows begin with the step's and give the instances; "" where the
            effect is unconditional and its row is the step's own.
    """

    predicate: str
    arguments: Row
    positive: bool
    head: str = ""


@dataclass(frozen=True, slots=True)
class OpenSchema:
    """An action as rules.

    Attributes:
        width: how many columns of the head are printed parameters; computed values follow, the
            cost is the last.
        columns: how many columns the head has.
    """

    action: ActionSchema
    width: int
    columns: int
    effects: tuple[EffectPattern, ...]
    rules: tuple[Rule, ...]


class StateProgram:
    """Compiled rules; what never changes is indexed once, not state by state."""

    def __init__(
        self,
        plan: Plan,
        symbols: SymbolTable,
        static: Mapping[str, Sequence[Row]],
        changing: Iterable[str],
    ) -> None:
        self.plan = plan
        self._symbols = symbols
        self._program = TinyProgram(plan)
        derived = {name for layer in plan.layers for name in layer.predicates}
        moving = derived.union(changing)
        # Relations may be added while indexes are planned, never while a program runs.
        self._moving = [(n, r) for n, r in self._program.relations.items() if n in moving]
        for name, relation in self._program.relations.items():
            if name not in moving:
                relation.reset(static.get(name, ()), _ROOM)

    def run(self, facts: Mapping[str, Sequence[Row]]) -> Mapping[str, Mapping[Row, int]]:
        """The rows of each predicate in a state, in an order that depends on the facts' alone.

        The mappings are those of the last run: copy what is kept.

        Raises:
            InputError: when a number leaves the 64-bit range.
        """
        env = self._program.compiler.begin(self._symbols)
        for name, relation in self._moving:
            relation.reset(facts.get(name, ()), _ROOM)
        rounds = 0
        for layer in self._program.layers:
            rounds = run_layer(layer, env, rounds, _ROOM, None)
        return {name: relation.rows for name, relation in self._moving}


def step_program(task: Task) -> tuple[Plan, tuple[OpenSchema, ...]]:
    """The rules of the steps, with the patterns of their effects."""
    schemas = tuple(
        _schema(number, action, task.rules) for number, action in enumerate(task.rules.actions)
    )
    rules = [rule for schema in schemas for rule in schema.rules]
    return plan_rules([*_task_rules(task), *rules]), schemas


def goal_program(task: Task) -> Plan:
    """The rules that the goal depends on, with one that derives `GOAL`."""
    goal = Rule(Atom(GOAL), task.goal)
    plan = plan_rules([*_task_rules(task), goal])
    needed = {GOAL}
    size = -1
    while size < len(needed):
        size = len(needed)
        for clause in plan.clauses:
            if clause.head.predicate in needed:
                needed.update(atom.predicate for atom in atoms_in(clause.body))
    wanted = [rule for rule in _task_rules(task) if rule.head.predicate in needed]
    return plan_rules([*wanted, goal])


def step_head(schema: int) -> str:
    """The predicate whose rows are the legal steps of a schema."""
    return f"step {schema}"


def effect_head(schema: int, effect: int) -> str:
    """The predicate whose rows are the instances of a conditional effect."""
    return f"effect {schema} {effect}"


def _task_rules(task: Task) -> list[Rule]:
    return [
        *task.rules.rules,
        *property_rules(task.rules.predicates.values()),
        *order_rules(task.rules.orders),
    ]


def _schema(number: int, action: ActionSchema, rules: RuleBase) -> OpenSchema:
    printed = printed_parameters(action)
    names = dict.fromkeys(printed)
    created = {variable.name: ~place for place, variable in enumerate(action.creates)}
    columns: dict[Expression, int] = {Variable(n): place for place, n in enumerate(names)}
    patterns, effect_rules = [], []
    conditional: list[tuple[int, Effect]] = []
    for place, effect in enumerate(action.effects):
        if effect.variables or effect.condition != TRUE:
            conditional.append((place, effect))
            continue
        for argument in effect.atom.arguments:
            if not _is_created(argument, created):
                columns.setdefault(argument, len(columns))
        patterns.append(_pattern(effect, columns, created))
    computed = [e for e in columns if not (isinstance(e, Variable) and e.name in names)]
    cost = Variable("cost ")
    head = Atom(step_head(number), (*map(Variable, names), *computed, cost))
    body = conjoin(
        *_type_atoms(action.parameters, action.precondition, rules),
        action.precondition,
        Comparison("=", cost, action.cost),
    )
    # In the bodies of conditional effects the computed columns of the step are of no interest.
    held = [Variable(f"held {place}") for place in range(len(computed) + 1)]
    step = Atom(head.predicate, (*map(Variable, names), *held))
    for place, effect in conditional:
        rule, pattern = _conditional(effect_head(number, place), step, effect, created, rules)
        effect_rules.append(rule)
        patterns.append(pattern)
    return OpenSchema(
        action,
        len(printed),
        len(head.arguments),
        tuple(patterns),
        (Rule(head, body, span=action.span), *effect_rules),
    )


def _conditional(
    name: str, step: Atom, effect: Effect, created: Mapping[str, int], rules: RuleBase
) -> tuple[Rule, EffectPattern]:
    columns: dict[Expression, int] = {}
    for argument in effect.atom.arguments:
        if not _is_created(argument, created):
            columns.setdefault(argument, len(step.arguments) + len(columns))
    body = conjoin(step, *_type_atoms(effect.variables, effect.condition, rules), effect.condition)
    head = Atom(name, (*step.arguments, *columns))
    return Rule(head, body), _pattern(effect, columns, created, name)


def _pattern(
    effect: Effect, columns: Mapping[Expression, int], created: Mapping[str, int], head: str = ""
) -> EffectPattern:
    arguments = tuple(
        created[a.name] if isinstance(a, Variable) and a.name in created else columns[a]
        for a in effect.atom.arguments
    )
    return EffectPattern(effect.atom.predicate, arguments, effect.positive, head)


def _is_created(argument: Expression, created: Mapping[str, int]) -> bool:
    return isinstance(argument, Variable) and argument.name in created


def _type_atoms(
    variables: Sequence[TypedVariable], condition: Formula, rules: RuleBase
) -> list[Formula]:
    """The types of variables, where no atom of the condition implies them."""
    found: list[Formula] = []
    for variable in variables:
        if VALUE_TYPES.intersection(variable.types) or _is_implied(variable, condition, rules):
            continue
        found.append(disjoin(*(Atom(name, (variable.variable,)) for name in variable.types)))
    return found


def _is_implied(variable: TypedVariable, condition: Formula, rules: RuleBase) -> bool:
    for part in conjuncts(condition):
        if not isinstance(part, Atom) or part.predicate not in rules.predicates:
            continue
        declared = rules.predicates[part.predicate].types
        for argument, types in zip(part.arguments, declared, strict=True):
            if argument == variable.variable and all(
                any(rules.is_subtype(t, wanted) for wanted in variable.types) for t in types
            ):
                return True
    return False
