"""The sections of facts, rules, control rules and goal orders."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from planner.io.formula_grammar import parse_atom
from planner.io.head_grammar import parse_head
from planner.io.nodes import Mapping, Node, Scalar, Sequence
from planner.io.step_grammar import parse_order, parse_step
from planner.kr.control import ControlRule, GoalOrder
from planner.kr.formulas import TRUE, Atom, Formula, Modal
from planner.kr.rules import ProbabilisticFact, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.diagnostics import Span
    from planner.io.draft import Draft
    from planner.io.head_grammar import Head
    from planner.io.positions import Place
    from planner.io.sections import Reading
    from planner.kr.control import ControlStep

__all__ = ["read_control", "read_facts", "read_orders", "read_rules"]

_RULE_KEYS = ("name", "if", "then")
_CONTROL_KEYS = ("name", "for", "if", "do", "prefer", "forbid", "rank", "run")


def read_facts(reading: Reading, node: Node, draft: Draft, into: list[Atom], what: str) -> None:
    """Facts, one a text or joined by ``and``, with a probability in front or not."""
    for text in reading.texts(node, what) if not _is_null(node) else ():
        head = reading.parse(parse_head, text)
        if head is None:
            continue
        if head.others:
            draft.rules += _alternatives(head, TRUE, "", draft)
        elif head.probability is None:
            into += head.atoms
        else:
            draft.probabilistic_facts += (
                ProbabilisticFact(head.probability, atom) for atom in head.atoms
            )


def _alternatives(head: Head, body: Formula, name: str, draft: Draft) -> Iterator[Rule]:
    """The rules of an annotated disjunction, under a number of their own."""
    group = draft.next_group()
    for probability, atom in ((head.probability, head.atoms[0]), *head.others):
        yield Rule(atom, body, name, probability, group, atom.span)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.is_null


def read_rules(reading: Reading, node: Node, draft: Draft) -> None:
    """A list of rules, each with ``if`` and ``then``."""
    for item in reading.items(node, "`rules`"):
        _read_rule(reading, item, draft)


def _read_rule(reading: Reading, node: Node, draft: Draft) -> None:
    if not isinstance(node, Mapping):
        message = "a rule must be a mapping with `if:` and `then:`"
        written = node.value if isinstance(node, Scalar) else ""
        condition, conclusion = _in_two(written) or ("road(?x, ?y)", "reachable(?x, ?y)")
        hint = f"write `- if: {condition}` and below it `  then: {conclusion}`"
        reading.problems.error("not-a-rule", message, reading.span(node), hint)
        return
    before = reading.problems.damage_count
    fields = reading.fields(node, _RULE_KEYS, "a rule")
    body: Formula = TRUE
    if "if" in fields:
        body = reading.formula(fields["if"][1], "the condition of a rule", count(1))
    if "then" not in fields:
        reading.problems.error("missing-key", "this rule has no `then:`", reading.span(node))
        return
    name = _read_name(reading, fields)
    is_damaged = reading.problems.damage_count > before
    for text in reading.texts(fields["then"][1], "the head of a rule"):
        head = reading.parse(parse_head, text)
        if head is None:
            continue
        if head.others:
            made = [*_alternatives(head, body, name, draft)]
        else:
            made = [Rule(a, body, name, head.probability, span=a.span) for a in head.atoms]
        draft.rules += made
        if is_damaged:
            draft.damaged.update(rule.span for rule in made)


def _in_two(text: str) -> tuple[str, str] | None:
    """The body and the head of a rule that is written in another language."""
    plain = text.strip().rstrip(".")
    for sign in (":-", "<-"):
        head, found, body = plain.partition(sign)
        if found:
            return body.strip(), head.strip()
    for sign in ("=>", "->", " then "):
        body, found, head = plain.partition(sign)
        if found:
            return body.strip().removeprefix("if ").strip(), head.strip()
    return None


def _read_name(reading: Reading, fields: dict[str, tuple[Scalar, Node]]) -> str:
    if "name" not in fields or _is_null(fields["name"][1]):
        return ""
    text = reading.text(fields["name"][1], "a name")
    return text.value if text is not None else ""


def read_control(reading: Reading, node: Node, draft: Draft) -> None:
    """A list of control rules."""
    for item in reading.items(node, "`control`"):
        if not isinstance(item, Mapping):
            message = (
                "a control rule must be a mapping with `if:` and `do:`, `prefer:` or `forbid:`"
            )
            reading.problems.error("not-a-rule", message, reading.span(item))
            continue
        before = reading.problems.damage_count
        rule = _read_control_rule(reading, item)
        if rule is not None:
            draft.control.append(rule)
            if reading.problems.damage_count > before:
                draft.damaged.add(rule.span)


def _read_control_rule(reading: Reading, node: Mapping) -> ControlRule | None:
    fields = reading.fields(node, _CONTROL_KEYS, "a control rule")
    fresh = count(1)
    doing = [key for key in ("do", "prefer", "forbid") if key in fields]
    if len(doing) != 1:
        message = "a control rule has one of `do:`, `prefer:` and `forbid:`"
        reading.problems.error("missing-key", message, reading.span(node))
        return None
    pursues: Modal | None = None
    condition: Formula = TRUE
    if "for" in fields:
        pursues = _read_pursued(reading, fields["for"][1], fresh)
    if "if" in fields:
        what = "the condition of a control rule"
        condition = reading.formula(fields["if"][1], what, fresh)
    key, value = fields[doing[0]]
    steps = _read_steps(reading, value, fresh)
    if doing[0] != "do" and len(steps) > 1:
        message = f"`{doing[0]}:` takes one step"
        reading.problems.error("too-many-steps", message, reading.span(key), "write `do:`")
    if not steps:
        return None
    rank = reading.integer(fields["rank"][1], "`rank`") if "rank" in fields else 0
    run = _read_run(reading, fields["run"][1]) if "run" in fields else "all"
    return ControlRule(
        condition=condition,
        steps=tuple(steps),
        pursues=pursues,
        name=_read_name(reading, fields),
        rank=rank,
        run="first" if run == "first" else "all",
        forbids=doing[0] == "forbid",
        span=_span_of_steps(reading, value),
    )


def _span_of_steps(reading: Reading, node: Node) -> Span:
    """The text of the first step: most control rules have one."""
    if isinstance(node, Sequence) and node.items:
        return reading.span(node.items[0])
    return reading.span(node)


def _read_run(reading: Reading, node: Node) -> str:
    text = reading.text(node, "`run`")
    if text is not None and text.value not in ("all", "first"):
        message = f"`run` is `all` or `first`, not `{text.value}`"
        reading.problems.error("bad-value", message, reading.span(text))
    return text.value if text is not None else "all"


def _read_pursued(reading: Reading, node: Node, fresh: Iterator[int]) -> Modal | None:
    text = reading.text(node, "`for`")
    if text is None:
        return None

    def parser(value: str, place: Place) -> Atom:
        return parse_atom(value, place=place, fresh=fresh)

    atom = reading.parse(parser, text)
    return None if atom is None else Modal("ready", atom, atom.span)


def _read_steps(reading: Reading, node: Node, fresh: Iterator[int]) -> list[ControlStep]:
    texts = reading.texts(node, "the steps of a control rule")

    def parser(value: str, place: Place) -> ControlStep:
        return parse_step(value, place, fresh)

    found = [reading.parse(parser, text) for text in texts]
    return [step for step in found if step is not None]


def read_orders(reading: Reading, node: Node, draft: Draft) -> None:
    """``later after earlier if condition``, one or a list."""
    if isinstance(node, Sequence) and not node.items:
        return
    for text in reading.texts(node, "an order of goals"):
        fresh = count(1)

        def parser(
            value: str, place: Place, fresh: Iterator[int] = fresh
        ) -> tuple[Atom, Atom, Formula, Span]:
            return parse_order(value, place, fresh)

        order = reading.parse(parser, text)
        if order is not None:
            draft.orders.append(GoalOrder(*order))
