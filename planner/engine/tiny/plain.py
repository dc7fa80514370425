"""Plain rules as data: heads and bodies of atoms and negated atoms over variables and constants.

Most rules are plain. For a program that is run once over a handful of facts, making closures, a
join plan and strongly connected components costs more than the evaluation; reading the rules into
the steps below is enough, and only when a rule is first due. A body is solved a set of
environments at a time: an environment is one tuple, first the constants of the rule, then the rows
of its atoms one after the other, so that a key is a selection from it and an extension a
concatenation. Both are single operations of the interpreter.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, cast

from planner.engine.symbols import check_constant
from planner.kr.formulas import And, Atom, Not
from planner.kr.terms import Text, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.kr.formulas import Formula
    from planner.kr.rules import Rule
    from planner.kr.terms import Constant, Expression

    # Of codes, or of the constants themselves.
    Row: TypeAlias = tuple[object, ...]
    # Columns of a row, or of an environment, as a row.
    Columns: TypeAlias = Callable[[Row], Row]

__all__ = ["Join", "PlainProgram", "PlainRule", "Row", "Step", "Test", "join_of", "read_plain"]

StepKind: TypeAlias = Literal["every", "matches", "none", "same"]

_CONSTANTS = frozenset({str, int, Fraction, Text})
# Levels are found by repeated passes over the rules.
_RULES = 100


class Step(NamedTuple):
    """What one literal does to the environments (a named tuple, as they are made by the dozen).

    Attributes:
        kind: ``every`` extends each with every row, ``matches`` with the rows that have its key;
            ``none`` keeps those whose key no row has, ``same`` those in which key and part agree.
        table: the predicate.
        key: the row, or the part of one, that an environment asks for.
        part: the columns of a row, for ``same`` of the environment, that ``key`` is compared with.
    """

    kind: StepKind
    table: str
    key: Columns
    part: Columns


class Test(NamedTuple):
    """Keeps the environments whose key is (``wanted``), or is not, a row."""

    wanted: bool
    table: str
    key: Columns


class Join(NamedTuple):
    """How a rule is evaluated: what environments begin with, steps, tests, the row of the head."""

    constants: tuple[Constant, ...]
    steps: list[Step]
    tests: list[Test]
    row: Columns


class PlainRule:
    """A plain and safe rule.

    Attributes:
        head: its predicate.
        reads: the predicates of ``positive``.
        denies: the predicates of ``negative``.
        needs: the same as a set.
        join: `join_of` the rule once it was due.
    """

    __slots__ = ("denies", "head", "head_atom", "join", "needs", "negative", "positive", "reads")

    def __init__(self, head_atom: Atom, positive: list[Atom], negative: list[Atom]) -> None:
        self.head = head_atom.predicate
        self.head_atom = head_atom
        self.reads = [atom.predicate for atom in positive]
        self.needs = frozenset(self.reads)
        self.positive = positive
        self.denies = [atom.predicate for atom in negative]
        self.negative = negative
        self.join: Join | None = None


class PlainProgram(NamedTuple):
    """Plain rules, stratified.

    Attributes:
        arities: of the predicates.
        heads: those that rules derive.
        strata: the rules of each stratum, each stratum after those it negates.
    """

    arities: dict[str, int]
    heads: dict[str, None]
    strata: list[list[PlainRule]]


def read_plain(rules: Sequence[Rule]) -> PlainProgram | None:
    """The rules as data; ``None`` where one is not plain, not safe, or all are not stratified.

    The general compiler then takes the rules, or says what is wrong with them.
    """
    if len(rules) > _RULES:
        return None
    arities: dict[str, int] = {}
    read: list[PlainRule] = []
    for rule in rules:
        plain = _read(rule, arities)
        if plain is None:
            return None
        read.append(plain)
    heads = dict.fromkeys([rule.head for rule in read])
    strata = _strata(read, heads)
    return None if strata is None else PlainProgram(arities, heads, strata)


def _read(rule: Rule, arities: dict[str, int]) -> PlainRule | None:
    """One rule as data, ``None`` where it is not plain or not safe."""
    if rule.probability is not None:
        return None
    body = rule.body
    parts: Sequence[Formula] = body.parts if isinstance(body, And) else (body,)
    positive: list[Atom] = []
    negative: list[Atom] = []
    bound: list[str] = []
    for part in parts:
        if isinstance(part, Atom):
            names = _variables(part, arities)
            if names is None:
                return None
            bound += names
            positive.append(part)
        elif isinstance(part, Not) and isinstance(part.body, Atom):
            names = _variables(part.body, arities)
            if names is None or len(set(names)) < len(names):
                return None
            negative.append(part.body)
        else:
            return None
    wanted = _variables(rule.head, arities)
    if wanted is None:
        return None
    for name in wanted:
        if name not in bound:
            return None
    return PlainRule(rule.head, positive, negative)


def _variables(atom: Atom, arities: dict[str, int]) -> list[str] | None:
    """The variables of an atom; ``None`` where it is not plain, or has another arity elsewhere."""
    arguments = atom.arguments
    if arities.setdefault(atom.predicate, len(arguments)) != len(arguments):
        return None
    names: list[str] = []
    for argument in arguments:
        if isinstance(argument, Variable):
            names.append(argument.name)
        elif argument.__class__ not in _CONSTANTS:
            return None
    return names


def _strata(rules: list[PlainRule], heads: dict[str, None]) -> list[list[PlainRule]] | None:
    """The rules by level (Ullman 1988, section 3.6); ``None`` for recursion through negation."""
    changed = False
    for rule in rules:
        for name in rule.denies:
            changed = changed or name in heads
    if not changed:
        return [rules]
    # What no rule derives has no level, and is complete before all others.
    level = dict.fromkeys(heads, 0)
    while changed:
        changed = False
        for rule in rules:
            known = least = level[rule.head]
            for name in rule.reads:
                if level.get(name, 0) > least:
                    least = level[name]
            for name in rule.denies:
                if level.get(name, -1) >= least:
                    least = level[name] + 1
            if least > known:
                if least > len(heads):
                    return None
                level[rule.head] = least
                changed = True
    strata: list[list[PlainRule]] = [[] for _ in range(max(level.values()) + 1)]
    for rule in rules:
        strata[level[rule.head]].append(rule)
    return strata


def join_of(rule: PlainRule) -> Join:
    """The steps of a rule in an order of evaluation: what leaves least open goes first.

    The rule keeps them.

    Raises:
        InputError: for an integer that does not fit into 64 bits.
    """
    constants: dict[Expression, int] = {}
    for atom in (rule.head_atom, *rule.positive, *rule.negative):
        for argument in atom.arguments:
            if not isinstance(argument, Variable):
                constants.setdefault(argument, len(constants))
    places = _Places(constants)
    steps: list[Step] = []
    tests: list[Test] = []
    waiting = list(rule.positive)
    while waiting:
        number = 0
        if len(waiting) > 1:
            openness = list(map(places.openness, waiting))
            number = openness.index(min(openness))
        places.extend(waiting.pop(number), steps, tests)
    for atom in rule.negative:
        key, part = places.bound(atom)
        if len(part) == len(atom.arguments):
            tests.append(Test(False, atom.predicate, _columns(*key)))
        else:
            steps.append(Step("none", atom.predicate, _columns(*key), _columns(*part)))
    row, _ = places.bound(rule.head_atom)
    # Reading has let only variables and constants pass.
    first = cast("tuple[Constant, ...]", tuple(constants))
    for constant in first:
        check_constant(constant)
    rule.join = Join(first, steps, tests, _columns(*row))
    return rule.join


class _Places:
    """Where in an environment the constants and variables of a rule stand."""

    __slots__ = ("constants", "slots", "width")

    def __init__(self, constants: dict[Expression, int]) -> None:
        self.constants = constants
        self.slots: dict[str, int] = {}
        self.width = len(constants)

    def bound(self, atom: Atom) -> tuple[list[int], list[int]]:
        """The places of the arguments that have one, and their columns."""
        key: list[int] = []
        part: list[int] = []
        for column, argument in enumerate(atom.arguments):
            if isinstance(argument, Variable):
                slot = self.slots.get(argument.name, -1)
            else:
                slot = self.constants[argument]
            if slot >= 0:
                key.append(slot)
                part.append(column)
        return key, part

    def openness(self, atom: Atom) -> tuple[int, int]:
        """How many arguments have no place; of equal ones the atom with more that have."""
        bound = len(self.bound(atom)[0])
        return len(atom.arguments) - bound, -bound

    def extend(self, atom: Atom, steps: list[Step], tests: list[Test]) -> None:
        """Take in an atom: a test where all is bound, else rows join the environments."""
        table = atom.predicate
        key, part = self.bound(atom)
        if len(key) == len(atom.arguments):
            tests.append(Test(True, table, _columns(*key)))
            return
        kind: StepKind = "matches" if key else "every"
        steps.append(Step(kind, table, _columns(*key), _columns(*part)))
        again: list[int] = []
        first: list[int] = []
        for column, argument in enumerate(atom.arguments):
            if isinstance(argument, Variable) and column not in part:
                slot = self.slots.setdefault(argument.name, self.width + column)
                if slot < self.width + column:
                    again.append(self.width + column)
                    first.append(slot)
        if again:
            steps.append(Step("same", table, _columns(*again), _columns(*first)))
        self.width += len(atom.arguments)


@lru_cache(maxsize=4096)
def _columns(*columns: int) -> Columns:
    if not columns:
        return _nothing
    if len(columns) == 1:
        # A slice, as the selection is to be a tuple.
        return itemgetter(slice(columns[0], columns[0] + 1))
    return itemgetter(*columns)


def _nothing(_row: Row) -> Row:
    return ()
