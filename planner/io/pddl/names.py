"""Names on the way out: legal in PDDL, different for different things, and found again.

PDDL is case-insensitive and has no names with blanks or other letters than ASCII's. What is
already a PDDL word keeps its name, so that a task read from PDDL goes back unchanged; the others
are lower-cased and cleaned, and numbered where that makes two things alike. `restore_plan` leads
from a plan over the written files back to the task's own names.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.io.pddl.escape import FUNCTION_PREFIX, PREDICATE_PREFIX, TYPE_PREFIX, is_name, unescape
from planner.kr.terms import ANY_TYPE, NUMERIC_TYPES, VALUE_TYPES
from planner.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from planner.kr.rules import Predicate
    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = ["Names", "clean_name", "is_function", "restore_plan"]


def is_function(predicate: Predicate) -> bool:
    """Whether a predicate is a numeric function of PDDL: determined, with a number as value."""
    if "functional" not in predicate.properties or not predicate.types:
        return False
    return not NUMERIC_TYPES.isdisjoint(predicate.types[-1])


class Names:
    """PDDL names of a task's types, predicates, objects, actions and variables."""

    def __init__(self, task: Task) -> None:
        rules = task.rules
        types = rules.types.keys() | {ANY_TYPE}
        ordinary = [p.name for p in rules.predicates.values() if not is_function(p)]
        functions = [p.name for p in rules.predicates.values() if is_function(p)]
        self._types = _assign("type", rules.types, lambda n: unescape(n, VALUE_TYPES, TYPE_PREFIX))
        self._types[ANY_TYPE] = ANY_TYPE
        self._predicates = _assign(
            "predicate", ordinary, lambda n: unescape(n, types, PREDICATE_PREFIX)
        )
        taken = types | set(ordinary)
        self._functions = _assign(
            "predicate", functions, lambda n: unescape(n, taken, FUNCTION_PREFIX)
        )
        self._objects = _assign("object", task.all_objects, str)
        self._actions = _assign("action", [a.name for a in rules.actions], str)
        self._variables: dict[str, str] = {}

    def type(self, name: str) -> str:
        """The PDDL name of a type."""
        return self._types[name]

    def predicate(self, name: str) -> str:
        """The PDDL name of a predicate; a new one gets a name of its own."""
        return _one_more(self._predicates, name, "predicate")

    def function(self, name: str) -> str:
        """The PDDL name of a functional predicate with numbers as values."""
        return self._functions[name]

    def object(self, name: str) -> str:
        """The PDDL name of an object."""
        return self._objects[name]

    def action(self, name: str) -> str:
        """The PDDL name of an action."""
        return self._actions[name]

    def variable(self, name: str) -> str:
        """The PDDL name of a variable, with its question mark."""
        return "?" + _one_more(self._variables, name, "variable")


def restore_plan(task: Task, plan: Plan) -> Plan:
    """Rename the steps of a plan over the files that `dump_pddl` writes for a task.

    Names that the files do not have are left as they are, for the validator to complain about.
    """
    names = Names(task)
    actions = {names.action(a.name): a.name for a in task.rules.actions}
    objects = {names.object(o): o for o in task.all_objects}

    def restored(argument: Constant) -> Constant:
        return objects.get(argument, argument) if isinstance(argument, str) else argument

    return Plan(
        tuple(
            replace(
                step,
                name=actions.get(step.name, step.name),
                arguments=tuple(restored(a) for a in step.arguments),
            )
            for step in plan
        )
    )


def clean_name(name: str, fallback: str) -> str:
    """A name as a single PDDL word."""
    if not name:
        return fallback
    return name if _is_word(name, "name") else _cleaned(name, "name")


def _assign(kind: str, names: Iterable[str], unescaped: Callable[[str], str]) -> dict[str, str]:
    wanted = {name: unescaped(name) for name in names}
    found = {name: word for name, word in wanted.items() if _is_word(word, kind)}
    for name in wanted:
        _one_more(found, name, kind)
    # In the order of declaration.
    return {name: found[name] for name in wanted}


def _one_more(found: dict[str, str], name: str, kind: str) -> str:
    if name not in found:
        word = name if _is_word(name, kind) else _cleaned(name, kind)
        taken = set(found.values())
        number, candidate = 2, word
        while candidate in taken:
            candidate = f"{word}-{number}"
            number += 1
        found[name] = candidate
    return found[name]


def _is_word(name: str, kind: str) -> bool:
    return is_name(name) and not (kind == "type" and name == ANY_TYPE)


def _cleaned(name: str, kind: str) -> str:
    word = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")
    if not word or not word[0].isalpha() or not _is_word(word, kind):
        word = f"{kind[0]}-{word}" if word else kind
    return word
