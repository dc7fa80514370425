"""Learned rules read aloud: a sentence for each, in the words of the rule base.

Predicates say what they mean and actions what is done (``{0} is on {1}``, ``stack {x} on {y}``).
Where a predicate says nothing, the atom is shown as it is written; rule bases without any words,
such as those read from PDDL, get no sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from planner.io.dump import order_text
from planner.io.formula_writer import write_atom, write_formula
from planner.kr.control import WalkPattern
from planner.kr.formulas import Atom, Closure, Comparison, Exists, Not, conjuncts
from planner.kr.terms import Text, Variable
from planner.spaces.parameters import printed_parameters
from planner.spaces.wording import StepText
from planner.trace.words import in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.kr.actions import ActionSchema
    from planner.kr.control import ControlRule, ControlStep, GoalOrder
    from planner.kr.formulas import Formula
    from planner.kr.rules import Predicate
    from planner.kr.task import RuleBase
    from planner.learn.rules.options import Advice

__all__ = ["readings"]


def readings(advice: Advice, base: RuleBase) -> dict[str, str]:
    """Sentences by name of a rule, and by the text of an order.

    Args:
        advice: rules under names of their own.
        base: the rule base it was learned from.
    """
    predicates = {**base.predicates, **{p.name: p for p in advice.predicates}}
    reader = _Reader(predicates, {action.name: action for action in base.actions})
    found = {rule.name: reader.rule(rule) for rule in advice.control}
    found |= {order_text(order): reader.order(order) for order in advice.orders}
    return {name: sentence for name, sentence in found.items() if sentence}


@dataclass(frozen=True, slots=True)
class _Reader:
    predicates: Mapping[str, Predicate]
    actions: Mapping[str, ActionSchema]

    def rule(self, rule: ControlRule) -> str:
        """A sentence, "" without words for the steps or the goal."""
        parts = [part for part in conjuncts(rule.condition) if not self._is_typing(part)]
        steps = [self._step(step) for step in rule.steps]
        goal = "" if rule.pursues is None else self._meaning(rule.pursues.atom)
        if not all(steps) or (rule.pursues is not None and not goal):
            return ""
        aim = f"So that {goal}: " if goal else ""
        condition = _listed([self._condition(part) for part in parts])
        when = f"if {condition}, " if condition else ""
        done = sum(1 for _ in takewhile(_is_walk, rule.steps)) + 1 if rule.run == "first" else 0
        now, later = steps[: done or None], steps[done:] if done else []
        ahead = f"; later {', then '.join(later)}" if later else ""
        sentence = f"{aim}{when}{', then '.join(now)}{ahead}."
        return sentence[0].upper() + sentence[1:]

    def order(self, order: GoalOrder) -> str:
        """A sentence, "" without words for the goals."""
        later, earlier = (self._meaning(_named(atom)) for atom in (order.later, order.earlier))
        if not later or not earlier:
            return ""
        condition = _listed([self._condition(part) for part in conjuncts(order.condition)])
        when = f", if {condition}" if condition else ""
        return f"That {later} waits until {earlier}{when}."

    def _condition(self, part: Formula) -> str:
        match part:
            case Atom():
                return self._meaning(part) or write_atom(part)
            case Closure(predicate, pair):
                direct = self._meaning(Atom(predicate, pair))
                return f"{direct} (directly or through others)" if direct else write_formula(part)
            case Not(Atom() as atom) | Not(Exists(_, Atom() as atom)):
                positive = self._meaning(_named(atom))
                return f"it is not so that {positive}" if positive else write_formula(part)
            case Comparison("!=", Variable() as left, Variable() as right):
                return f"{left} is not {right}"
            case _:
                return write_formula(part)

    def _step(self, step: ControlStep) -> str:
        if isinstance(step, WalkPattern):
            who = "go" if step.mover is None else f"take {step.mover}"
            return f"{who} from {step.start} to {step.end}"
        action = self.actions[step.action]
        names = printed_parameters(action)
        # Patterns give declared parameters; others stay as the action calls them.
        unsaid = [Variable(name) for name in names[len(step.arguments) :]]
        return StepText(action).fill([*step.arguments, *unsaid])

    def _meaning(self, atom: Atom) -> str:
        return in_words(atom, self.predicates.get(atom.predicate))

    def _is_typing(self, part: Formula) -> bool:
        return isinstance(part, Atom) and part.predicate not in self.predicates


def _is_walk(step: ControlStep) -> bool:
    return isinstance(step, WalkPattern)


def _named(atom: Atom) -> Atom:
    """The atom with `something` for what is written `?`."""
    return Atom(
        atom.predicate,
        tuple(
            Text("something") if isinstance(a, Variable) and a.name.startswith("_") else a
            for a in atom.arguments
        ),
    )


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
