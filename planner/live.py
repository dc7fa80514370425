"""A task's facts as they change: told in the words of its files, followed by its rules."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.diagnostics import Severity, suggest
from planner.engine.facts import Facts
from planner.engine.forward import task_rules
from planner.engine.maintain.live import LiveModel
from planner.errors import InputError, RuleFileError
from planner.io.python_texts import caller, read_facts_text, read_question, read_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from planner.engine.gather.foreign import Foreign
    from planner.engine.maintain.commit import Change
    from planner.engine.proofs import Proof, WhyNot
    from planner.kr.formulas import Atom
    from planner.kr.rules import Rule
    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = ["Live"]

_NO_FUNCTIONS: Mapping[str, Foreign] = MappingProxyType({})


class Live:
    """The facts of a task and all that its rules derive, kept up to date while facts change.

    Each update costs time in proportion to what it changes
    (`planner.engine.maintain.live.LiveModel`); equivalences and kept extremes, and what a foreign
    predicate was asked, are worked out anew where what they rest on changes.

    Args:
        task: what is true at first, and the rules.
        functions: what computes the foreign predicates, by name
            (`planner.engine.gather.foreign.Foreign`).

    Raises:
        RuleFileError: when a functional predicate gets two values, or kept numbers get better
            without end; names the rules. A change that would do so changes nothing.
    """

    def __init__(self, task: Task, functions: Mapping[str, Foreign] = _NO_FUNCTIONS) -> None:
        self._declared = dict(task.rules.predicates)
        self._objects = dict(task.all_objects)
        self._base = task.rules
        self.model = LiveModel(
            task_rules(task),
            Facts.of_task(task),
            declared=tuple(self._declared.values()),
            functions=functions,
        )

    # Telling.

    def add(self, *facts: str) -> Change:
        """Make facts true; one text may join several by ``and``.

        Raises:
            InputError: for a predicate or an object that the task does not declare.
        """
        return self.model.add(*self._read(facts))

    def retract(self, *facts: str) -> Change:
        """Take facts back; what rules derive stays true as long as they derive it."""
        return self.model.retract(*self._read(facts))

    def update(self, added: Iterable[str] = (), removed: Iterable[str] = ()) -> Change:
        """Add and take back many facts at once, as one change."""
        return self.model.update(self._read(added), self._read(removed))

    def add_rule(self, then: str, if_: str = "", *, name: str = "") -> Change:
        """Add a rule; ``and`` in its head makes several.

        Raises:
            RuleFileError: when the rule does not fit the others; nothing is changed then.
        """
        rules = read_rules(then, if_, name, caller())
        for rule in rules:
            self._check_predicate(rule.head.predicate)
        self._check_rules(rules)
        return self.model.add_rules(*rules)

    def remove_rule(self, name: str) -> Change:
        """Take away the rules of a name.

        Raises:
            InputError: when there are none.
        """
        rules = [rule for rule in self.model.rules if rule.name == name]
        if not name or not rules:
            names = [rule.name for rule in self.model.rules if rule.name]
            raise InputError(f"there is no rule `{name}`. {suggest(name, names)}".rstrip())
        return self.model.remove_rules(*rules)

    def transaction(self) -> AbstractContextManager[Callable[[], None]]:
        """Changes that count as one, and can be undone by the function this gives."""
        return self.model.transaction()

    def observe(self, observer: Callable[[Change], None]) -> Callable[[], None]:
        """Have a function called after every change; returns what ends that."""
        return self.model.observe(observer)

    # Asking.

    def holds(self, fact: str) -> bool:
        """Whether a fact is true."""
        return all(self.model.holds(atom) for atom in self._read([fact]))

    def query(self, formula: str) -> list[dict[str, Constant]]:
        """The distinct bindings of a formula's variables."""
        return self.model.model().query(read_question(formula, caller()))

    def why(self, fact: str) -> Proof | WhyNot:
        """A proof of a fact, or the rules that come nearest to one."""
        (atom,) = self._read([fact])
        model = self.model.model()
        return model.prove(atom) or model.why_not(atom)

    def _read(self, texts: Iterable[str]) -> list[Atom]:
        atoms = [atom for text in texts for atom in read_facts_text(text, caller(3))]
        for atom in atoms:
            self._check_predicate(atom.predicate)
            for argument in atom.arguments:
                if isinstance(argument, str) and argument not in self._objects:
                    hint = suggest(argument, self._objects)
                    raise InputError(f"unknown object `{argument}` in {atom}. {hint}".rstrip())
        return atoms

    def _check_rules(self, added: tuple[Rule, ...]) -> None:
        """Refuse rules for what a file with them would be refused for."""
        from planner.kr.check import check_rules

        known = (*self._base.rules, *self.model.rules)
        constants = MappingProxyType(self._objects)
        before, after = (
            check_rules(replace(self._base, rules=rules, constants=constants))
            for rules in (known, (*known, *added))
        )
        told = {(d.code, d.message) for d in before}
        errors = [d for d in after if d.severity is Severity.ERROR]
        errors = [d for d in errors if (d.code, d.message) not in told]
        if errors:
            raise RuleFileError(errors)

    def _check_predicate(self, name: str) -> None:
        if name not in self._declared:
            hint = suggest(name, self._declared)
            raise InputError(f"unknown predicate `{name}`. {hint}".rstrip())
