"""The words a step model knows: the predicates, schemas, types and constants of a rule base.

Words are numbered by declaration, never by name, so a renamed rule base trains the same model.
Names serve only to recognise the rule base when a saved model is bound to a task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.diagnostics import suggest
from planner.errors import ModelError
from planner.kr.cone import only_advising
from planner.kr.terms import VALUE_TYPES
from planner.models.closures import closure_predicates

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from planner.interfaces import IntArray
    from planner.kr.task import RuleBase

__all__ = ["HINTS", "ROLES", "STEP_HINTS", "Vocabulary"]

ROLES = ("holds", "goal-met", "goal-open", "avoid-met", "avoid-open")
"""What an atom can be to a state: a fact; asked for and true, or still false; to be false and
false, or still true. Each predicate is one word in each role."""

HINTS = ("achieves", "undoes", "covers", "goal-own", "goal-free", "fetch")
"""What a step can do to an atom of the goal: make it true or false, or name all its objects while
it is open (`planner.models.goal_steps`); and why a move comes nearer to some place
(`planner.models.approaches`). Each predicate is one word in each."""

STEP_HINTS = ("way", "soonest", "nearest")
"""Why a step leads on (`planner.models.prospects`). Each action led to is one word in each."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words with their arities, in declaration order.

    Attributes:
        predicates: name and arity.
        schemas: name and number of declared parameters of each action.
        types: declared types; ``object`` says nothing and is left out.
        constants: objects that every task has.
        reduced: static predicates given by their transitive reduction, since they were
            transitive in every training task and a closure costs facts without telling more.
        hidden: derived predicates whose facts are not read, for the same reason.
    """

    predicates: tuple[tuple[str, int], ...]
    schemas: tuple[tuple[str, int], ...]
    types: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    reduced: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @staticmethod
    def of(rules: RuleBase, reduced: Iterable[str] = ()) -> Vocabulary:
        """The words of a rule base."""
        return Vocabulary(
            predicates=tuple((p.name, p.arity) for p in rules.predicates.values()),
            schemas=tuple((a.name, len(a.parameters)) for a in rules.actions),
            types=tuple(rules.types),
            constants=tuple(rules.constants),
            reduced=tuple(reduced),
            hidden=closure_predicates(rules),
        )

    @property
    def largest_arity(self) -> int:
        """Most arguments of any predicate."""
        return max((arity for _, arity in self.predicates), default=0)

    @property
    def word_count(self) -> int:
        """Words about objects: each predicate in each role, types, constants, kinds of value."""
        described = len(self.types) + len(self.constants) + len(VALUE_TYPES)
        return len(ROLES) * len(self.predicates) + described

    def hint_count(self, level: int) -> int:
        """Words about steps: predicates in `HINTS`, from level 2 actions in `STEP_HINTS`."""
        found = len(HINTS) * len(self.predicates)
        return found + (len(STEP_HINTS) * len(self.schemas) if level > 1 else 0)

    def word(self, predicate: int, role: int) -> int:
        """The number of a predicate in a role."""
        return role * len(self.predicates) + predicate

    def type_word(self, name: str) -> int | None:
        """The number of a type, ``None`` for ``object`` and unknown types."""
        base = len(ROLES) * len(self.predicates)
        return base + self.types.index(name) if name in self.types else None

    def constant_word(self, name: str) -> int | None:
        """The number of a constant of the rule base, ``None`` for other objects."""
        base = len(ROLES) * len(self.predicates) + len(self.types)
        return base + self.constants.index(name) if name in self.constants else None

    def value_word(self, kind: str) -> int:
        """The number of one of the built-in types ``int``, ``number`` and ``string``."""
        base = len(ROLES) * len(self.predicates) + len(self.types) + len(self.constants)
        return base + sorted(VALUE_TYPES).index(kind)

    def predicate_numbers(self, rules: RuleBase, asked: Collection[str] = ()) -> IntArray:
        """For each predicate of a rule base, in its order, the number it has here.

        Unknown derived predicates that only control rules read, as learned rules may bring them,
        have the number after the last: they are nothing to the model.

        Args:
            rules: the rule base.
            asked: predicates of the goal, which must be known.

        Raises:
            ModelError: for a predicate that is unknown or has another arity here.
        """
        known = {name for name, _ in self.predicates}
        unread = only_advising(rules) - known - set(asked)
        wanted = [(p.name, p.arity) for p in rules.predicates.values()]
        read = [word for word in wanted if word[0] not in unread]
        found = np.full(len(wanted), len(self.predicates), dtype=np.int32)
        is_read = np.array([name not in unread for name, _ in wanted], dtype=np.bool_)
        found[is_read] = _numbers(self.predicates, read, "predicate", rules.name)
        return found

    def schema_numbers(self, rules: RuleBase) -> IntArray:
        """For each action schema of a rule base, in its order, the number it has here.

        Raises:
            ModelError: for an action that is unknown or has another number of parameters here.
        """
        wanted = [(a.name, len(a.parameters)) for a in rules.actions]
        return _numbers(self.schemas, wanted, "action", rules.name)

    def to_json(self) -> dict[str, list[object]]:
        """As plain lists, the form written to a model's ``config.json``."""
        return {
            "predicates": [list(p) for p in self.predicates],
            "schemas": [list(s) for s in self.schemas],
            "types": list(self.types),
            "constants": list(self.constants),
            "reduced": list(self.reduced),
            "hidden": list(self.hidden),
        }

    @staticmethod
    def from_json(data: Mapping[str, Sequence[object]]) -> Vocabulary:
        """Read what `to_json` wrote.

        Raises:
            ModelError: when a key is missing or a value is not what it must be.
        """
        try:
            return Vocabulary(
                predicates=tuple(_word(entry) for entry in data["predicates"]),
                schemas=tuple(_word(entry) for entry in data["schemas"]),
                types=tuple(str(name) for name in data["types"]),
                constants=tuple(str(name) for name in data["constants"]),
                reduced=tuple(str(name) for name in data["reduced"]),
                hidden=tuple(str(name) for name in data["hidden"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"the model's vocabulary cannot be read: {error!r}") from error


def _word(entry: object) -> tuple[str, int]:
    if not isinstance(entry, list) or len(entry) != 2:
        raise ValueError(f"expected [name, arity], found {entry!r}")
    return str(entry[0]), int(str(entry[1]))


def _numbers(
    known: tuple[tuple[str, int], ...], wanted: list[tuple[str, int]], kind: str, base: str
) -> IntArray:
    index = {name: (number, arity) for number, (name, arity) in enumerate(known)}
    problems = []
    for name, arity in wanted:
        if name not in index:
            hint = suggest(name, index)
            problems.append(f"{kind} `{name}` is unknown to it" + (f" ({hint})" if hint else ""))
        elif index[name][1] != arity:
            problems.append(f"{kind} `{name}` has {arity} arguments, but {index[name][1]} in it")
    if problems:
        raise ModelError(
            f"the model was made for another rule base than `{base or 'this one'}`: "
            + "; ".join(problems)
        )
    return np.array([index[name][0] for name, _ in wanted], dtype=np.int32)
