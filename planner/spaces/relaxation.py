"""The delete relaxation of a task as a rule program, whose fixpoint is everything reachable.

For every action there is a rule ``operator(parameters) <- types, static parts, positive literals``
and for each atom it adds ``atom <- operator(parameters)``; conditional effects, axioms and the
goal have tables alike. Negative literals and clauses are left out here: they are looked at once
the tables are known. Names of made-up predicates contain a blank, which no user's name can.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from planner.engine.modal import symmetric_rules
from planner.errors import UnsupportedError
from planner.kr.formulas import (
    FALSE,
    TRUE,
    Atom,
    Comparison,
    atoms_of,
    conjoin,
    expression_variables,
    free_variables,
)
from planner.kr.rules import Rule
from planner.kr.terms import ANY_TYPE, VALUE_TYPES, Arithmetic, FunctionTerm, Variable
from planner.spaces.aggregates import Aggregates, Surroundings
from planner.spaces.conjunctions import AxiomSchema, Clause, Conjunction, Scope
from planner.spaces.goal_orders import with_orders
from planner.spaces.normal_form import Normaliser
from planner.spaces.parameters import binding_variables, bound_by, printed_parameters
from planner.spaces.tables import (
    AxiomTable,
    ClauseTable,
    Context,
    EffectTable,
    OperatorTable,
    Relaxation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from planner.kr.actions import ActionSchema, Effect
    from planner.kr.formulas import Formula
    from planner.kr.task import RuleBase, Task
    from planner.kr.terms import Expression

__all__ = ["relax"]

_log = logging.getLogger(__name__)


def relax(task: Task) -> Relaxation:
    """Build the relaxed program of a task.

    Raises:
        UnsupportedError: for created objects, equivalences that actions change, and aggregates
            over fluents that depend on numbers which cannot be listed.
    """
    return _Builder(task).build()


class _Builder:
    """Gathers the rules of the program while the tables are laid out."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.base: RuleBase = with_orders(task)
        self.normaliser = Normaliser(self.base)
        self.aggregates = Aggregates(self.normaliser)
        self.rules: list[Rule] = []
        self.unions: dict[str, tuple[str, ...]] = {}
        self.fresh = 0

    def build(self) -> Relaxation:
        self._refuse_unsupported()
        # Effects on a symmetric fluent go both ways, so it needs no rule.
        fluents = self.base.fluents
        mirrored = (p for p in self.base.predicates.values() if p.name not in fluents)
        rules = [*self.base.rules, *symmetric_rules(mirrored)]
        dynamic_rules = [r for r in rules if r.head.predicate in self.normaliser.dynamic]
        self.rules += [r for r in rules if r.head.predicate not in self.normaliser.dynamic]
        operators = [
            table for index in range(len(self.base.actions)) for table in self._operators(index)
        ]
        schemas = self._all_schemas(dynamic_rules)
        goal, goal_schemas = self._goal()
        schemas += goal_schemas + self.normaliser.axioms
        axioms = [self._axiom(index, schema) for index, schema in enumerate(schemas)]
        dynamic = self.normaliser.dynamic
        declared = [p for p in self.base.predicates if p in dynamic]
        made = dict.fromkeys(s.head.predicate for s in schemas)
        made |= dict.fromkeys(table.result for table in self.aggregates.tables)
        effects = (e.atom.predicate for action in self.base.actions for e in action.effects)
        names = dict.fromkeys([*declared, *effects, *made])
        return Relaxation(
            tuple(self.rules),
            tuple(names),
            frozenset(made),
            tuple(operators),
            tuple(axioms),
            goal,
            self.unions,
            self.aggregates.tables,
        )

    def _refuse_unsupported(self) -> None:
        for action in self.base.actions:
            if action.creates:
                raise UnsupportedError(
                    f"action `{action.name}` creates objects: the ground step space cannot"
                )
        for name in sorted(self.base.fluents & set(self.base.predicates)):
            if "equivalence" in self.base.predicates[name].properties:
                raise UnsupportedError(f"actions change `{name}`, which is an equivalence")

    # Actions.

    def _operators(self, index: int) -> Iterable[OperatorTable]:
        action = self.base.actions[index]
        printed = printed_parameters(action)
        action = self._without_aggregates(action, printed)
        scope = self.normaliser.scope_of(action.precondition)
        scope |= {p.name: p.types for p in action.parameters}
        declared = frozenset(p.name for p in action.parameters)
        effects, equalities = self._flattened(action)
        needed = [n for e in effects for n in _effect_variables(e)]
        needed += expression_variables(action.cost)
        for number, body in enumerate(self.normaliser.alternatives(action.precondition, scope)):
            body = replace(body, static=body.static + equalities)
            known = set(printed) | set(body.dynamic_variables()) | {v.name for v in body.hidden}
            known |= {n for part in body.static for n in binding_variables(part)}
            columns = dict.fromkeys([*printed, *(n for n in needed if n in known)])
            name = f"operator {index}.{number}"
            context = self._context(name, columns, body, scope, declared=declared)
            tables, adds, deletes = self._effects(effects, context, scope)
            yield OperatorTable(
                index, len(printed), context, adds, deletes, tuple(tables), action.cost
            )

    def _without_aggregates(self, action: ActionSchema, printed: tuple[str, ...]) -> ActionSchema:
        types = self.normaliser.scope_of(action.precondition)
        types |= {p.name: p.types for p in action.parameters}
        outside = {*printed, *expression_variables(action.cost)}
        for effect in action.effects:
            own = {v.name for v in effect.variables}
            outside |= {n for n in free_variables(effect.atom) if n not in own}
        names = frozenset(outside)
        around = Surroundings(names, names, types)
        condition = self.aggregates.rewrite(action.precondition, around)
        bound = around.beside(binding_variables(action.precondition))
        effects = tuple(
            replace(e, condition=self.aggregates.rewrite(e.condition, bound.within(e.variables)))
            for e in action.effects
        )
        return replace(action, precondition=condition, effects=effects)

    def _flattened(self, action: ActionSchema) -> tuple[list[Effect], tuple[Formula, ...]]:
        """Effects with arithmetic moved into equalities, symmetric ones in both directions."""
        effects: list[Effect] = []
        equalities: list[Formula] = []
        for effect in action.effects:
            atom, more = self._flat(effect.atom)
            if more and (effect.variables or effect.condition != TRUE):
                effect = replace(effect, condition=conjoin(effect.condition, *more))
            else:
                equalities += more
            effects.append(replace(effect, atom=atom))
            declared = self.base.predicates.get(atom.predicate)
            if declared is not None and "symmetric" in declared.properties:
                mirrored = replace(atom, arguments=atom.arguments[::-1])
                effects.append(replace(effect, atom=mirrored))
        return effects, tuple(equalities)

    def _flat(self, atom: Atom) -> tuple[Atom, list[Formula]]:
        equalities: list[Formula] = []
        arguments: list[Expression] = []
        for argument in atom.arguments:
            if isinstance(argument, Arithmetic | FunctionTerm):
                self.fresh += 1
                variable = Variable(f"value@{self.fresh}")
                equalities.append(Comparison("=", variable, argument))
                argument = variable
            arguments.append(argument)
        return replace(atom, arguments=tuple(arguments)), equalities

    def _effects(
        self, effects: Sequence[Effect], operator: Context, scope: Scope
    ) -> tuple[list[EffectTable], tuple[Atom, ...], tuple[Atom, ...]]:
        """Effects grouped by condition; those without one apart."""
        tables: list[EffectTable] = []
        plain = [e for e in effects if e.condition == TRUE and not e.variables]
        adds = tuple(e.atom for e in plain if e.positive)
        deletes = tuple(e.atom for e in plain if not e.positive)
        self.rules += [Rule(atom, operator.atom) for atom in adds]
        others = [e for e in effects if e.condition != TRUE or e.variables]
        for _, group in groupby(others, key=lambda e: (e.condition, e.variables)):
            tables += self._conditional(list(group), operator, scope, len(tables))
        return tables, adds, deletes

    def _conditional(
        self, group: list[Effect], operator: Context, scope: Scope, number: int
    ) -> list[EffectTable]:
        first = group[0]
        scope = self.normaliser.scope_of(first.condition) | scope
        scope |= {v.name: v.types for v in first.variables}
        needed = [n for e in group for n in free_variables(e.atom)]
        tables: list[EffectTable] = []
        for body in self.normaliser.alternatives(first.condition, scope):
            body = replace(body, hidden=first.variables + body.hidden)
            columns = dict.fromkeys([*operator.columns, *needed])
            name = f"{operator.predicate} effect {number + len(tables)}"
            context = self._context(name, columns, body, scope, (operator.atom,))
            adds = tuple(e.atom for e in group if e.positive)
            deletes = tuple(e.atom for e in group if not e.positive)
            self.rules += [Rule(atom, context.atom) for atom in adds]
            tables.append(EffectTable(context, adds, deletes))
        return tables

    # Axioms and the goal.

    def _all_schemas(self, rules: Sequence[Rule]) -> list[AxiomSchema]:
        """Axiom schemas of the rules over what actions change.

        A derived predicate that neither actions nor the goal depend on may use what is not
        supported: it is left out, and so is what is derived from it.
        """
        needed = self._needed(rules)
        schemas: dict[str, list[AxiomSchema]] = {}
        left_out: set[str] = set()
        for rule in rules:
            head = rule.head.predicate
            try:
                schemas.setdefault(head, []).extend(self._schemas(rule))
            except UnsupportedError as error:
                if head in needed:
                    raise
                left_out.add(head)
                _log.warning("`%s` is not shown in states: %s", head, error)
        size = 0
        while size < len(left_out):
            size = len(left_out)
            for rule in rules:
                if not left_out.isdisjoint(_predicates(rule.body)):
                    left_out.add(rule.head.predicate)
        return [s for head, found in schemas.items() if head not in left_out for s in found]

    def _needed(self, rules: Sequence[Rule]) -> set[str]:
        """Predicates that actions and the goal depend on."""
        asked = [self.task.goal]
        for action in self.base.actions:
            asked += [action.precondition, *(e.condition for e in action.effects)]
        found = {name for formula in asked for name in _predicates(formula)}
        # What makes goals wait is read by name, not by an atom.
        found |= self.base.derived - self.task.rules.derived
        size = 0
        while size < len(found):
            size = len(found)
            for rule in rules:
                if rule.head.predicate in found:
                    found |= _predicates(rule.body)
        return found

    def _schemas(self, rule: Rule) -> list[AxiomSchema]:
        head, equalities = self._flat(rule.head)
        scope = self.normaliser.scope_of(conjoin(rule.head, rule.body))
        declared = self.base.predicates.get(rule.head.predicate)
        if declared is not None:
            # What only a negation restricts ranges over the type the head declares.
            typed = zip(rule.head.arguments, declared.types, strict=True)
            scope |= {a.name: types for a, types in typed if isinstance(a, Variable)}
        names = frozenset(free_variables(rule.head))
        body = self.aggregates.rewrite(rule.body, Surroundings(names, names, scope))
        body = conjoin(body, *equalities)
        return [AxiomSchema(head, c, scope) for c in self.normaliser.alternatives(body, scope)]

    def _axiom(self, index: int, schema: AxiomSchema) -> AxiomTable:
        columns = dict.fromkeys(free_variables(schema.head))
        context = self._context(f"axiom {index}", columns, schema.body, schema.scope)
        self.rules.append(Rule(schema.head, context.atom))
        return AxiomTable(schema.head, context)

    def _goal(self) -> tuple[Context, list[AxiomSchema]]:
        """The goal's literals where it is a conjunction of them, else one auxiliary atom."""
        goal = self.task.goal
        scope = self.normaliser.scope_of(goal)
        nothing = frozenset[str]()
        goal = self.aggregates.rewrite(goal, Surroundings(nothing, nothing, scope))
        found = self.normaliser.alternatives(goal, scope)
        if len(found) == 1 and not found[0].dynamic_variables():
            body = found[0]
            checked = replace(body, positive=(), negative=())
            context = self._context("goal", {}, checked, scope)
            return replace(context, body=body), []
        head = Atom("goal reached")
        self.normaliser.dynamic.add(head.predicate)
        context = self._context("goal", {}, Conjunction(), scope)
        schemas = [AxiomSchema(head, body, scope) for body in found]
        return replace(context, body=Conjunction(positive=(head,))), schemas

    # Tables.

    def _context(
        self,
        name: str,
        columns: dict[str, None],
        body: Conjunction,
        scope: Scope,
        parents: tuple[Atom, ...] = (),
        declared: frozenset[str] = frozenset(),
    ) -> Context:
        """Lay out a table and add the rules that fill it; ``declared`` variables have types."""
        columns = columns | body.dynamic_variables()
        parts: list[Formula] = [*parents, *body.static, *body.positive]
        types = [self._type(v.name, v.types) for v in body.hidden]
        bound = bound_by([*parts, *(t for t in types if t is not None)])
        hidden = {v.name for v in body.hidden}
        for n in columns:
            # A declared type restricts a parameter even where an atom binds it.
            if not parents and n not in hidden and (n not in bound or n in declared):
                types.append(self._type(n, scope.get(n, (ANY_TYPE,))))
        condition = conjoin(*(t for t in types if t is not None), *parts)
        atom = Atom(name, tuple(Variable(n) for n in columns))
        self.rules.append(Rule(atom, condition))
        clauses = tuple(
            self._clause(f"{name} clause {number}", clause, atom, columns)
            for number, clause in enumerate(body.clauses)
            if clause.guard != FALSE
        )
        return Context(name, tuple(columns), body, clauses)

    def _clause(
        self, name: str, clause: Clause, context: Atom, columns: dict[str, None]
    ) -> ClauseTable:
        own = {v.name for v in clause.variables}
        read = dict.fromkeys(n for atom, _ in clause.literals for n in free_variables(atom))
        named = read | free_variables(clause.guard)
        shared = tuple(n for n in columns if n in named and n not in own)
        all_columns = shared + tuple(n for n in read if n in own)
        types = (self._type(v.name, v.types) for v in clause.variables)
        parts: list[Formula] = [t for t in types if t is not None]
        if shared:
            projected = Atom(f"{name} shared", tuple(Variable(n) for n in shared))
            self.rules.append(Rule(projected, context))
            parts.insert(0, projected)
        head = Atom(name, tuple(Variable(n) for n in all_columns))
        self.rules.append(Rule(head, conjoin(*parts, clause.guard)))
        return ClauseTable(name, shared, all_columns, clause.literals)

    def _type(self, variable: str, types: tuple[str, ...]) -> Atom | None:
        """The atom that restricts a variable to types; values are bound by what they occur in."""
        if not VALUE_TYPES.isdisjoint(types):
            return None
        name = types[0]
        if len(types) > 1:
            name = "either " + " ".join(types)
            self.unions[name] = types
        return Atom(name, (Variable(variable),))


def _predicates(formula: Formula) -> set[str]:
    return {atom.predicate for atom, _ in atoms_of(formula)}


def _effect_variables(effect: Effect) -> list[str]:
    own = {v.name for v in effect.variables}
    names = [*free_variables(effect.atom), *free_variables(effect.condition)]
    return [name for name in names if name not in own]
