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

from planner.kr.formulas import And, Atom, Not
from planner.kr.terms import Text, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.kr.formulas import Formula
    from planner.kr.rules import Rule
    from planner.kr.terms import Constant, Expression

    Row: TypeAlias = tuple[int, ...]
    # Columns of a row, or of an environment, as a row.
    Columns: TypeAlias = Callable[[Row], Row]

__all__ = ["Join", "PlainProgram", "PlainRule", "Step", "join_of", "read_plain"]

StepKind: TypeAlias = Literal["holds", "lacks", "matches", "every", "none", "same"]

_CONSTANTS = frozenset({str, int, Fraction, Text})
# Levels are found by repeated passes over the rules.
_RULES = 100


class Step(NamedTuple):
    """What one literal does to the environments (a named tuple, as they are made by the dozen).

    Attributes:
        kind: ``holds`` and ``lacks`` keep the environments whose key is, or is not, a row;
            ``every`` extends each with every row, ``matches`` with the rows that have its key;
            ``none`` keeps those whose key no row has; ``same`` those in which key and part agree.
        table: number of the predicate.
        key: the row, or the part of one, that an environment asks for.
        part: the columns of a row, for ``same`` of the environment, that ``key`` is compared with.
    """

    kind: StepKind
    table: int
    key: Columns
    part: Columns


class Join(NamedTuple):
    """How a rule is evaluated: what environments begin with, steps, and the row of the head."""

    constants: tuple[Constant, ...]
    steps: tuple[Step, ...]
    row: Columns


class PlainRule:
    """A plain and safe rule.

    Attributes:
        head: number of its predicate.
        reads: the numbers of the predicates of ``positive``.
        denies: of those of ``negative``.
        join: `join_of` the rule once it was due.
    """

    __slots__ = ("denies", "head", "head_atom", "join", "negative", "positive", "reads")

    def __init__(
        self,
        head: int,
        head_atom: Atom,
        reads: list[int],
        positive: list[Atom],
        denies: list[int],
        negative: list[Atom],
    ) -> None:
        self.head = head
        self.head_atom = head_atom
        self.reads = reads
        self.positive = positive
        self.denies = denies
        self.negative = negative
        self.join: Join | None = None


class PlainProgram(NamedTuple):
    """Plain rules, stratified.

    Attributes:
        arities: of the predicates, which are numbered in this order.
        strata: the rules of each stratum, each stratum after those it negates.
    """

    arities: dict[str, int]
    strata: list[list[PlainRule]]


def read_plain(rules: Sequence[Rule]) -> PlainProgram | None:
    """The rules as data; ``None`` where one is not plain, not safe, or all are not stratified.

    The general compiler then takes the rules, or says what is wrong with them.
    """
    if len(rules) > _RULES:
        return None
    arities: dict[str, int] = {}
    numbers: dict[str, int] = {}
    read: list[PlainRule] = []
    for rule in rules:
        plain = _read(rule, arities, numbers)
        if plain is None:
            return None
        read.append(plain)
    strata = _strata(read, len(numbers))
    return None if strata is None else PlainProgram(arities, strata)


def _read(rule: Rule, arities: dict[str, int], numbers: dict[str, int]) -> PlainRule | None:
    """One rule as data, ``None`` where it is not plain or not safe."""
    if rule.probability is not None:
        return None
    body = rule.body
    parts: Sequence[Formula] = body.parts if isinstance(body, And) else (body,)
    positive: list[Atom] = []
    negative: list[Atom] = []
    bound: set[str] = set()
    reads: list[int] = []
    denies: list[int] = []
    for part in parts:
        if isinstance(part, Atom):
            names = _names(part.arguments)
            if names is None:
                return None
            bound.update(names)
            positive.append(part)
            reads.append(_number(part, arities, numbers))
        elif isinstance(part, Not) and isinstance(part.body, Atom):
            names = _names(part.body.arguments)
            if names is None or len(set(names)) < len(names):
                return None
            negative.append(part.body)
            denies.append(_number(part.body, arities, numbers))
        else:
            return None
    head = rule.head
    wanted = _names(head.arguments)
    number = _number(head, arities, numbers)
    if wanted is None or not bound.issuperset(wanted) or number < 0:
        return None
    if -1 in reads or -1 in denies:
        return None
    return PlainRule(number, head, reads, positive, denies, negative)


def _names(arguments: tuple[Expression, ...]) -> list[str] | None:
    """The variables of an atom, ``None`` where it is not plain."""
    names: list[str] = []
    for argument in arguments:
        if isinstance(argument, Variable):
            names.append(argument.name)
        elif argument.__class__ not in _CONSTANTS:
            return None
    return names


def _number(atom: Atom, arities: dict[str, int], numbers: dict[str, int]) -> int:
    """The number of an atom's predicate, -1 where that has another arity elsewhere."""
    name = atom.predicate
    if arities.setdefault(name, len(atom.arguments)) != len(atom.arguments):
        return -1
    return numbers.setdefault(name, len(numbers))


def _strata(rules: list[PlainRule], tables: int) -> list[list[PlainRule]] | None:
    """The rules by level (Ullman 1988, section 3.6); ``None`` for recursion through negation."""
    level = [0] * tables
    heads = {rule.head for rule in rules}
    changed = any([not heads.isdisjoint(rule.denies) for rule in rules])
    if not changed:
        return [rules]
    while changed:
        changed = False
        for rule in rules:
            known = least = level[rule.head]
            for table in rule.reads:
                least = max(least, level[table])
            for table in rule.denies:
                if table in heads and level[table] >= least:
                    least = level[table] + 1
            if least > known:
                if least > tables:
                    return None
                level[rule.head] = least
                changed = True
    strata: list[list[PlainRule]] = [[] for _ in range(max(level) + 1)]
    for rule in rules:
        strata[level[rule.head]].append(rule)
    return strata


def join_of(rule: PlainRule) -> Join:
    """The steps of a rule in an order of evaluation: what leaves least open goes first."""
    constants: dict[Expression, int] = {}
    for atom in (rule.head_atom, *rule.positive, *rule.negative):
        for argument in atom.arguments:
            if not isinstance(argument, Variable):
                constants.setdefault(argument, len(constants))
    places = _Places(constants)
    steps: list[Step] = []
    waiting = list(zip(rule.reads, rule.positive, strict=True))
    while waiting:
        chosen = waiting[0]
        if len(waiting) > 1:
            chosen = min(waiting, key=lambda pair: places.openness(pair[1]))
        waiting.remove(chosen)
        places.extend(*chosen, steps)
    for table, atom in zip(rule.denies, rule.negative, strict=True):
        key, part = places.bound(atom)
        kind: StepKind = "lacks" if len(part) == len(atom.arguments) else "none"
        steps.append(Step(kind, table, _columns(*key), _columns(*part)))
    row, _ = places.bound(rule.head_atom)
    # Reading has let only variables and constants pass.
    first = cast("tuple[Constant, ...]", tuple(constants))
    return Join(first, tuple(steps), _columns(*row))


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

    def extend(self, table: int, atom: Atom, steps: list[Step]) -> None:
        """Take in an atom: a test where all is bound, else rows join the environments."""
        key, part = self.bound(atom)
        if len(key) == len(atom.arguments):
            steps.append(Step("holds", table, _columns(*key), _columns()))
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
