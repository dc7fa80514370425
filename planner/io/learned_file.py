"""``learned.yaml``: control rules and goal orders that training found, beside the rule base."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.io.draft import Draft
from planner.io.dump import control_lines, order_text, yaml_text
from planner.io.load import SCHEMA_VERSION, check_version
from planner.io.nodes import Mapping
from planner.io.problems import Problems
from planner.io.rule_sections import read_control, read_orders
from planner.io.sections import Reading
from planner.io.source import read_source
from planner.io.yaml_nodes import compose
from planner.kr.check import check_rules

if TYPE_CHECKING:
    import collections.abc as abc

    from planner.kr.control import ControlRule, GoalOrder
    from planner.kr.task import RuleBase

__all__ = ["LearnedFile", "dump_learned", "load_learned"]

_KEYS = ("schema_version", "learned_from", "control", "order")


@dataclass(frozen=True, slots=True)
class LearnedFile:
    """What a file of learned rules says.

    Attributes:
        rules_hash: of the rule base they were learned from, as `planner.learned.rules_hash`.
        sources: by name of a rule, the task in which it was seen first; written as a comment.
        notes: lines for a person, written as comments at the top.
    """

    control: tuple[ControlRule, ...]
    orders: tuple[GoalOrder, ...]
    rules_hash: str
    sources: abc.Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()


def dump_learned(learned: LearnedFile) -> str:
    """Write learned rules as YAML that a person can read and edit."""
    lines = [f"# {note}" for note in learned.notes]
    lines.append(f"schema_version: {SCHEMA_VERSION}")
    lines.append(f"learned_from: {yaml_text(learned.rules_hash)}")
    if learned.control:
        lines.append("control:")
    for rule in sorted(learned.control, key=lambda rule: rule.rank):
        seen = f"seen {rule.support} times" if rule.support != 1 else "seen once"
        source = learned.sources.get(rule.name, "")
        lines.append(f"  # {seen}" + (f", first in {source}" if source else ""))
        lines += control_lines(rule)
    if learned.orders:
        lines.append("order:")
        lines += (f"  - {yaml_text(order_text(order))}" for order in learned.orders)
    return "\n".join(lines) + "\n"


def load_learned(path: str | Path, rules: RuleBase) -> LearnedFile:
    """Read learned rules of a rule base.

    Raises:
        RuleFileError: with every error of the file.
    """
    problems = Problems()
    source = read_source(Path(path))
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
        if "control" in fields:
            read_control(reading, fields["control"][1], draft)
        if "order" in fields:
            read_orders(reading, fields["order"][1], draft)
    else:
        message = "a file of learned rules has `learned_from:` and `control:`"
        problems.error("wrong-file", message, source.span(0, 0))
    found = check_rules(draft.finish(), draft.origin())
    # What the rule base itself gets wrong was reported when it was read.
    problems.add(d for d in found if d.span is not None and d.span.file == source.name)
    problems.finish()
    return LearnedFile(tuple(draft.control), tuple(draft.orders), digest)
