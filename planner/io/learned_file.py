"""``learned.yaml``: control rules and goal orders that training found, beside the rule base.

Control rules may read derived predicates that the file declares and defines itself. The rule
base's own predicates it cannot define anew, so what it says changes no plan's validity.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.io.declarations import read_predicates
from planner.io.draft import Draft
from planner.io.dump import control_lines, order_text, predicate_lines, rules_lines, yaml_text
from planner.io.load import SCHEMA_VERSION, check_version
from planner.io.nodes import Mapping
from planner.io.problems import Problems
from planner.io.rule_sections import read_control, read_orders, read_rules
from planner.io.sections import Reading
from planner.io.source import read_source, source_of_text
from planner.io.yaml_nodes import compose
from planner.kr.check import check_rules

if TYPE_CHECKING:
    import collections.abc as abc

    from planner.io.nodes import Node, Scalar
    from planner.io.source import Source
    from planner.kr.control import ControlRule, GoalOrder
    from planner.kr.rules import Predicate, Rule
    from planner.kr.task import RuleBase

__all__ = ["LearnedFile", "dump_learned", "load_learned", "load_learned_text"]

_WIDTH = 100

_KEYS = ("schema_version", "learned_from", "predicates", "rules", "control", "order")


@dataclass(frozen=True, slots=True)
class LearnedFile:
    """What a file of learned rules says.

    Attributes:
        rules_hash: of the rule base they were learned from, as `planner.learned.rules_hash`.
        sources: by name of a rule, the task in which it was seen first, or who proposed it; written
            as a comment.
        readings: sentences by name of a rule, and by the text of an order; written as comments.
        notes: lines for a person, written as comments at the top.
        predicates, rules: derived predicates that only control rules read, and what defines them.
    """

    control: tuple[ControlRule, ...]
    orders: tuple[GoalOrder, ...]
    rules_hash: str
    sources: abc.Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()
    predicates: tuple[Predicate, ...] = ()
    rules: tuple[Rule, ...] = ()
    readings: abc.Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def added_to(self, base: RuleBase) -> RuleBase:
        """The rule base with all that the file says."""
        own = {predicate.name: predicate for predicate in self.predicates}
        return replace(
            base,
            predicates=MappingProxyType({**base.predicates, **own}) if own else base.predicates,
            rules=base.rules + self.rules,
            control=base.control + self.control,
            orders=base.orders + self.orders,
        )


def dump_learned(learned: LearnedFile) -> str:
    """Write learned rules as YAML that a person can read and edit."""
    lines = [f"# {note}" for note in learned.notes]
    lines.append(f"schema_version: {SCHEMA_VERSION}")
    lines.append(f"learned_from: {yaml_text(learned.rules_hash)}")
    lines += predicate_lines(learned.predicates)
    lines += rules_lines(learned.rules)
    if learned.control:
        lines.append("control:")
    for rule in sorted(learned.control, key=lambda rule: rule.rank):
        lines += _comment(learned.readings.get(rule.name, ""))
        lines += (f"  # {told}" for told in _seen(rule, learned.sources.get(rule.name, "")))
        lines += control_lines(rule)
    if learned.orders:
        lines.append("order:")
        for order in learned.orders:
            lines += _comment(learned.readings.get(order_text(order), ""))
            lines.append(f"  - {yaml_text(order_text(order))}")
    return "\n".join(lines) + "\n"


def _comment(sentence: str) -> list[str]:
    return textwrap.wrap(
        sentence, _WIDTH, initial_indent="  # ", subsequent_indent="  # ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _seen(rule: ControlRule, source: str) -> abc.Iterator[str]:
    """Where a rule comes from: from plans, or else from who is named."""
    if rule.support:
        seen = f"seen {rule.support} times" if rule.support != 1 else "seen once"
        yield seen + (f", first in {source}" if source else "")
    elif source:
        yield source


def load_learned(path: str | Path, rules: RuleBase) -> LearnedFile:
    """Read learned rules of a rule base.

    Raises:
        RuleFileError: with every error of the file.
    """
    return _read(read_source(Path(path)), rules)


def load_learned_text(text: str, rules: RuleBase, name: str = "<string>") -> LearnedFile:
    """Read learned rules from a text; ``name`` stands in messages.

    Raises:
        RuleFileError: with every error of the text.
    """
    return _read(source_of_text(text, name), rules)


def _read(source: Source, rules: RuleBase) -> LearnedFile:
    problems = Problems()
    reading = Reading(source, problems)
    node = compose(source, problems)
    draft = Draft()
    draft.add(rules, problems, source.span(0, 0))
    draft.control, draft.orders = [], []
    digest = ""
    if isinstance(node, Mapping):
        fields = reading.fields(node, _KEYS, "a file of learned rules")
        if "learned_from" in fields:
            text = reading.text(fields["learned_from"][1], "`learned_from`")
            digest = text.value if text is not None else ""
        check_version(reading, fields)
        _read_sections(reading, fields, draft, rules)
    else:
        message = "a file of learned rules has `learned_from:` and `control:`"
        problems.error("wrong-file", message, source.span(0, 0))
    found = check_rules(draft.finish(), draft.origin())
    # What the rule base itself gets wrong was reported when it was read.
    problems.add(d for d in found if d.span is not None and d.span.file == source.name)
    problems.finish()
    return LearnedFile(
        tuple(draft.control),
        tuple(draft.orders),
        digest,
        predicates=tuple(p for name, p in draft.predicates.items() if name not in rules.predicates),
        rules=tuple(draft.rules[len(rules.rules) :]),
    )


def _read_sections(
    reading: Reading,
    fields: abc.Mapping[str, tuple[Scalar, Node]],
    draft: Draft,
    rules: RuleBase,
) -> None:
    if "predicates" in fields:
        read_predicates(reading, fields["predicates"][1], draft)
    if "rules" in fields:
        read_rules(reading, fields["rules"][1], draft)
        _refuse_other_heads(reading, draft, rules)
    if "control" in fields:
        read_control(reading, fields["control"][1], draft)
    if "order" in fields:
        read_orders(reading, fields["order"][1], draft)


def _refuse_other_heads(reading: Reading, draft: Draft, rules: RuleBase) -> None:
    """Advice must not change what is true: rules define the file's own predicates only."""
    for rule in draft.rules[len(rules.rules) :]:
        name = rule.head.predicate
        if name in rules.predicates or name in rules.types:
            message = f"`{name}` belongs to the rule base and cannot be derived here"
            hint = "declare a predicate of your own under `predicates:` and derive that"
            span = rule.span or reading.source.span(0, 0)
            reading.problems.error("not-own-predicate", message, span, hint)
