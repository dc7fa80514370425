"""Ways to run learned rules: whole or step by step, ranked or not, with or without goal orders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from planner.kr.control import StepPattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from planner.kr.control import ControlRule, GoalOrder
    from planner.kr.rules import Predicate, Rule
    from planner.kr.task import RuleBase
    from planner.learn.rules.lifting import LearnedRule

__all__ = ["Advice", "Lift", "Option", "Preference", "preferences"]

Run: TypeAlias = Literal["all", "nearest", "shortest", "list"]
"""``all`` runs whole rules, the cheapest first. The others run a rule up to its first real step:
the ``nearest`` one, the nearest of the ``shortest`` rules, or that of the first rule of a list."""


@dataclass(frozen=True, slots=True)
class Lift:
    """A set of learned rules with how often each was seen, and in which task first."""

    support: Mapping[LearnedRule, int]
    sources: Mapping[LearnedRule, str]
    rules: tuple[LearnedRule, ...]


@dataclass(frozen=True, slots=True)
class Preference:
    """Rules that come first: those that ask for a static property, or that begin with an action."""

    literal: str = ""
    action: str = ""

    def holds(self, rule: LearnedRule) -> bool:
        """Whether a rule is preferred."""
        if self.literal:
            return any(a.predicate == self.literal for a in rule.positive)
        first = next((s.action for s in rule.steps if isinstance(s, StepPattern)), "")
        return first == self.action


@dataclass(frozen=True, slots=True)
class Option:
    """One way to run a set of rules.

    Attributes:
        folded: whether rules are cut after their first real step and chains folded.
        preferences: the first counts most.
        explained: whether rules are as general as the ``plan`` they come from allows, or as its
            first ``step`` allows, instead of as the plan happened to be.
    """

    run: Run
    folded: bool = False
    orders: tuple[GoalOrder, ...] = ()
    preferences: tuple[Preference, ...] = ()
    explained: Literal["", "plan", "step"] = ""

    def preferring(self, preference: Preference) -> Option:
        """This option with one more preference, which counts least."""
        return replace(self, preferences=(*self.preferences, preference))

    def advice(self, lift: Lift) -> Advice:
        """The control rules of a set."""
        place = {rule: i for i, rule in enumerate(self.ordered(lift))}
        keys = {rule: self._rank_key(rule, place[rule]) for rule in lift.rules}
        ranks = {key: rank for rank, key in enumerate(sorted(set(keys.values())))}
        control = tuple(
            rule.control_rule(
                f"{rule.goal.predicate}-{number}",
                rank=ranks[keys[rule]],
                first=self.run != "all",
                support=lift.support[rule],
            )
            for number, rule in enumerate(place, start=1)
        )
        sources = {c.name: lift.sources[r] for c, r in zip(control, place, strict=True)}
        return Advice(control, self.orders, sources)

    def ordered(self, lift: Lift) -> list[LearnedRule]:
        """The rules of a set in the order of the control rules that `advice` makes of them."""
        return sorted(lift.rules, key=self._list_key(lift))

    def _rank_key(self, rule: LearnedRule, place: int) -> tuple[int, ...]:
        preferred = tuple(not p.holds(rule) for p in self.preferences)
        match self.run:
            case "shortest":
                return (*preferred, rule.length)
            case "list":
                return (*preferred, place)
            case _:
                return preferred

    def _list_key(self, lift: Lift) -> Callable[[LearnedRule], tuple[int, ...]]:
        return lambda rule: (
            rule.length,
            len(rule.positive) + len(rule.closures),
            -lift.support[rule],
        )


@dataclass(frozen=True, slots=True)
class Advice:
    """What a rule base gains: control rules and goal orders.

    Attributes:
        sources: by name of a control rule, the task in which it was seen first, or who said it.
        predicates, rules: derived predicates that only the control rules read, and what defines
            them.
    """

    control: tuple[ControlRule, ...]
    orders: tuple[GoalOrder, ...]
    sources: Mapping[str, str]
    predicates: tuple[Predicate, ...] = ()
    rules: tuple[Rule, ...] = ()


def preferences(rules: Sequence[LearnedRule], base: RuleBase) -> Iterator[Preference]:
    """Every preference that tells some of the rules from others."""
    changing = base.fluents | base.derived
    literals = {
        a.predicate: None
        for rule in rules
        for a in rule.positive
        if len(a.arguments) == 1 and a.predicate in base.predicates and a.predicate not in changing
    }
    found = [Preference(literal=name) for name in base.predicates if name in literals]
    found += [Preference(action=action.name) for action in base.actions]
    for preference in found:
        chosen = sum(preference.holds(rule) for rule in rules)
        if 0 < chosen < len(rules):
            yield preference
