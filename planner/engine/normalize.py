"""From rules with formulas to Horn clauses.

Bodies become alternatives of conjunctions (a disjunction is several clauses), quantifiers become
variables or nested bodies, expressions inside atoms become equations. Negation moves inwards as
far as it can: what is left of it is `Absent`, over atoms and over conjunctions with variables of
their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from planner.engine.clauses import (
    Absent,
    Body,
    BodyLiteral,
    Clause,
    Fold,
    Tally,
    open_variables,
)
from planner.engine.safety import bindable, bound_by, close, unbound
from planner.errors import InputError, UnsupportedError
from planner.kr.formulas import (
    Aggregate,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Formula,
    Modal,
    Not,
    Or,
    expression_variables,
    free_variables,
    show,
    substitute,
)
from planner.kr.strata import NegativeCycle, goal_predicate, readings, stratify
from planner.kr.terms import (
    ANY_TYPE,
    VALUE_TYPES,
    Arithmetic,
    Expression,
    FunctionTerm,
    TypedVariable,
    Variable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.kr.extremes import Keep
    from planner.kr.rules import Rule

__all__ = ["Normalized", "answer_variables", "blocked_predicate", "describe", "normalize"]

_ALTERNATIVES_LIMIT = 4096
_NONE_KEPT: Mapping[str, Keep] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Normalized:
    """Rules as clauses, in the order of the rules."""

    clauses: tuple[Clause, ...]
    tallies: tuple[Tally, ...]


def blocked_predicate(predicate: str) -> str:
    """The reserved name of the atoms that an ``order:`` makes wait."""
    return f"blocked {predicate}"


def normalize(rules: Sequence[Rule], kept: Mapping[str, Keep] = _NONE_KEPT) -> Normalized:
    """Bring rules into Horn clauses; ``kept`` predicates keep an extreme of their numbers.

    Raises:
        InputError: for a variable that nothing binds, or recursion through negation.
        UnsupportedError: for probabilistic rules, and formulas that multiply out too far.
    """
    stratification = stratify(rules, kept)
    if isinstance(stratification, NegativeCycle):
        places = ", ".join(str(rule.span) for rule in stratification.rules if rule.span)
        what = stratification.reason or "recursion through negation"
        raise InputError(f"{what}: {stratification} {places}".rstrip())
    component = {name: c for c in stratification.components for name in c}
    shared = _Shared()
    for index, rule in enumerate(rules):
        if rule.probability is not None:
            raise UnsupportedError(f"probabilistic rules are not evaluated here: {rule}")
        mutual = component[rule.head.predicate]
        _RuleNormalizer(rule, index, frozenset(mutual), shared).run()
    return Normalized(tuple(shared.clauses), tuple(shared.tallies))


def answer_variables(formula: Formula) -> tuple[str, ...]:
    """The variables a query asks for: free, written by a name, and bound by the formula."""
    free = free_variables(formula)
    normalizer = _RuleNormalizer(_anonymous_rule(formula), -1, frozenset(), _Shared())
    alternatives = normalizer.alternatives(formula, True)
    found = [{v for literal in body for v in bindable(literal)} for body in alternatives]
    common = set.intersection(*found) if found else set()
    return tuple(v for v in free if v in common and not v.startswith("_"))


def _anonymous_rule(formula: Formula) -> Rule:
    from planner.kr.rules import Rule

    return Rule(Atom("#query"), formula)


class _Shared:
    """What the rules of one program have in common while they are normalised."""

    def __init__(self) -> None:
        self.clauses: list[Clause] = []
        self.tallies: list[Tally] = []
        self.made: set[str] = set()
        self.counter = 0

    def fresh(self) -> int:
        self.counter += 1
        return self.counter


class _RuleNormalizer:
    """Normalises one rule; keeps its variable names apart."""

    def __init__(self, rule: Rule, index: int, mutual: frozenset[str], shared: _Shared) -> None:
        self.rule = rule
        self.index = index
        self.mutual = mutual
        self.shared = shared
        self.taken = set(free_variables(rule.body))
        self.taken.update(v for a in rule.head.arguments for v in expression_variables(a))

    def run(self) -> None:
        equations: list[BodyLiteral] = []
        head = self._flat_atom(self.rule.head, equations)
        for body in self.alternatives(self.rule.body, True):
            self._emit(head, [*body, *equations])

    def _emit(self, head: Atom, body: Iterable[BodyLiteral]) -> None:
        outside = frozenset(open_variables(head))
        closed = close(tuple(body), outside)
        self._check_safe(head, closed)
        self.shared.clauses.append(Clause(head, closed, self.index))

    def _check_safe(self, head: Atom, body: Body) -> None:
        bound = bound_by(body)
        missing = [*unbound(body, bound), *(v for v in open_variables(head) if v not in bound)]
        if missing:
            place = f" ({self.rule.span})" if self.rule.span else ""
            names = ", ".join(f"?{v}" for v in dict.fromkeys(missing))
            raise InputError(f"nothing binds {names} in the rule {self.rule}{place}")

    # Alternatives of conjunctions.

    def alternatives(self, formula: Formula, positive: bool) -> list[list[BodyLiteral]]:
        """The formula, or its negation, as a disjunction of conjunctions."""
        match formula:
            case Atom():
                return self._literal(formula, formula, positive)
            case Closure(predicate, pair, span):
                self._define_closure(predicate)
                return self._literal(Atom(f"{predicate}+", pair, span), formula, positive)
            case Modal():
                return self.alternatives(_without_modal(formula), positive)
            case Comparison():
                return self._literal(formula, formula, positive)
            case Aggregate():
                return self._fold(formula, positive)
            case Not(body):
                return self.alternatives(body, not positive)
            case And(parts) | Or(parts):
                every = [self.alternatives(part, positive) for part in parts]
                if isinstance(formula, And) == positive:
                    return self._product(every)
                return [body for bodies in every for body in bodies]
            case Exists(variables, body):
                inner = self._exists(variables, body, True)
                return inner if positive else _denied(inner, Not(formula))
            case Forall(variables, condition, body):
                if not positive:
                    return self._exists(variables, And((condition, Not(body))), True)
                if any(name in self.mutual for name, _ in readings(body)):
                    return self._recursive_forall(variables, condition, body)
                counter = self._exists(variables, And((condition, Not(body))), True)
                return _denied(counter, formula)
            case _:
                assert_never(formula)

    def _literal(
        self, literal: Atom | Comparison, source: Formula, positive: bool
    ) -> list[list[BodyLiteral]]:
        extra: list[BodyLiteral] = []
        flat: BodyLiteral
        if isinstance(literal, Atom):
            flat = self._flat_atom(literal, extra)
        else:
            left = self._without_functions(literal.left, extra)
            right = self._without_functions(literal.right, extra)
            flat = replace(literal, left=left, right=right)
            if not positive and not extra and _is_plain(left) and _is_plain(right):
                if literal.operator == "=":
                    return [[replace(literal, operator="!=")]]
                if literal.operator == "!=":
                    return [[replace(literal, operator="=")]]
        bodies: list[list[BodyLiteral]] = [[*extra, flat]]
        return bodies if positive else _denied(bodies, Not(source))

    def _product(self, every: list[list[list[BodyLiteral]]]) -> list[list[BodyLiteral]]:
        count = 1
        for bodies in every:
            count *= len(bodies)
            if count > _ALTERNATIVES_LIMIT:
                raise UnsupportedError(
                    f"a rule of `{self.rule.head.predicate}` has more than {_ALTERNATIVES_LIMIT} "
                    "alternatives when multiplied out: give a part of it a rule of its own"
                )
        return [[literal for body in chosen for literal in body] for chosen in product(*every)]

    def _fold(self, formula: Aggregate, positive: bool) -> list[list[BodyLiteral]]:
        extra: list[BodyLiteral] = []
        terms = tuple(self._without_functions(t, extra) for t in formula.terms)
        bodies = tuple((*body, *extra) for body in self.alternatives(formula.body, True))
        fold = Fold(formula.result, formula.function, terms, bodies, (), formula)
        return [[fold]] if positive else _denied([[fold]], Not(formula))

    # Quantifiers.

    def _exists(
        self, variables: tuple[TypedVariable, ...], body: Formula, positive: bool
    ) -> list[list[BodyLiteral]]:
        renamed, body = self._rename(variables, body)
        bodies = self.alternatives(body, positive)
        return [[*self._type_literals(renamed, inner), *inner] for inner in bodies]

    def _rename(
        self, variables: tuple[TypedVariable, ...], *bodies: Formula
    ) -> tuple[tuple[TypedVariable, ...], Formula]:
        """Give quantified variables names that occur nowhere else in the rule."""
        binding: dict[str, Expression] = {}
        renamed = []
        for variable in variables:
            name = variable.name
            if name in self.taken:
                name = f"{name}#{self.shared.fresh()}"
                binding[variable.name] = Variable(name)
            self.taken.add(name)
            renamed.append(replace(variable, name=name))
        body = bodies[0] if len(bodies) == 1 else And(bodies)
        return tuple(renamed), substitute(body, binding) if binding else body

    def _type_literals(
        self, variables: tuple[TypedVariable, ...], body: Sequence[BodyLiteral]
    ) -> list[BodyLiteral]:
        bound = bound_by(body)
        literals: list[BodyLiteral] = []
        for variable in variables:
            if VALUE_TYPES.intersection(variable.types):
                continue
            if variable.types == (ANY_TYPE,) and variable.name in bound:
                continue
            literals.append(Atom(self._type_predicate(variable.types), (variable.variable,)))
        return literals

    def _type_predicate(self, types: tuple[str, ...]) -> str:
        if len(types) == 1:
            return types[0]
        name = "#" + "|".join(types)
        if name not in self.shared.made:
            self.shared.made.add(name)
            x = Variable("x")
            for one in types:
                self.shared.clauses.append(Clause(Atom(name, (x,)), (Atom(one, (x,)),), -1))
        return name

    def _recursive_forall(
        self, variables: tuple[TypedVariable, ...], condition: Formula, body: Formula
    ) -> list[list[BodyLiteral]]:
        """All instances of the guard are counted, and so are those whose body holds."""
        names, both = self._rename(variables, condition, body)
        assert isinstance(both, And)
        condition, body = both.parts
        outer = tuple(v for v in free_variables(both) if v not in {name.name for name in names})
        guards = [
            [*self._type_literals(names, inner), *inner]
            for inner in self.alternatives(condition, True)
        ]
        bound = set.intersection(*(bound_by(g) for g in guards)) if guards else set()
        given = tuple(v for v in outer if v in bound)
        number = self.shared.fresh()
        inner_arguments = tuple(Variable(v.name) for v in names)
        guard = Atom(f"guard#{number}", (*map(Variable, given), *inner_arguments))
        met = Atom(f"met#{number}", (*map(Variable, outer), *inner_arguments))
        every = Atom(f"every#{number}", tuple(map(Variable, outer)))
        for literals in guards:
            self._emit(guard, literals)
        for literals in self.alternatives(body, True):
            self._emit(met, [guard, *literals])
        columns = tuple(outer.index(v) for v in given)
        self.shared.tallies.append(Tally(every, met.predicate, guard.predicate, columns))
        source = Forall(names, condition, body)
        return [[Absent(((guard,),), (), source)], [every]]

    # Atoms.

    def _define_closure(self, predicate: str) -> None:
        name = f"{predicate}+"
        if name in self.shared.made:
            return
        self.shared.made.add(name)
        x, y, z = Variable("x"), Variable("y"), Variable("z")
        step = Atom(predicate, (y, z))
        one = Clause(Atom(name, (y, z)), (step,), -1)
        more = Clause(Atom(name, (x, z)), (Atom(name, (x, y)), step), -1)
        self.shared.clauses += [one, more]

    def _flat_atom(self, atom: Atom, extra: list[BodyLiteral]) -> Atom:
        if all(_is_plain(a) for a in atom.arguments):
            return atom
        return replace(atom, arguments=tuple(self._plain(a, extra) for a in atom.arguments))

    def _plain(self, expression: Expression, extra: list[BodyLiteral]) -> Expression:
        value = self._without_functions(expression, extra)
        if not isinstance(value, Arithmetic):
            return value
        variable = Variable(f"value#{self.shared.fresh()}")
        extra.append(Comparison("=", variable, value))
        return variable

    def _without_functions(self, expression: Expression, extra: list[BodyLiteral]) -> Expression:
        match expression:
            case Arithmetic(_, left, right):
                return replace(
                    expression,
                    left=self._without_functions(left, extra),
                    right=self._without_functions(right, extra),
                )
            case FunctionTerm(predicate, arguments):
                variable = Variable(f"value#{self.shared.fresh()}")
                extra.append(Atom(predicate, (*arguments, variable)))
                return variable
            case _:
                return expression


def _without_modal(modal: Modal) -> Formula:
    atom = modal.atom
    asked = replace(atom, predicate=goal_predicate(atom.predicate))
    if modal.mode == "goal":
        return asked
    is_open = And((asked, Not(atom)))
    if modal.mode == "open":
        return is_open
    blocked = replace(atom, predicate=blocked_predicate(atom.predicate))
    return And((is_open, Not(blocked)))


def _denied(bodies: Sequence[Sequence[BodyLiteral]], source: Formula) -> list[list[BodyLiteral]]:
    return [[Absent(tuple(tuple(body) for body in bodies), (), source)]] if bodies else [[]]


def _is_plain(expression: Expression) -> bool:
    return not isinstance(expression, Arithmetic | FunctionTerm)


def describe(clause: Clause) -> str:
    """A clause in words, for messages and for `explain --joins`."""
    return f"{clause.head} <- {' and '.join(_describe(literal) for literal in clause.body)}"


def _describe(literal: BodyLiteral) -> str:
    return show(literal) if isinstance(literal, Atom | Comparison) else show(literal.source)
