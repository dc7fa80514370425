"""The section of actions."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

from planner.diagnostics import closest
from planner.io.effect_grammar import parse_effects
from planner.io.formula_grammar import parse_expression
from planner.io.nodes import Mapping, Node, Scalar, Sequence
from planner.io.schema_grammar import Schema, parse_schema, parse_variables
from planner.kr.actions import ActionSchema, Effect
from planner.kr.formulas import TRUE, Formula, free_variables
from planner.kr.terms import ANY_TYPE, TypedVariable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.diagnostics import Span
    from planner.io.draft import Draft
    from planner.io.positions import Place
    from planner.io.sections import Reading
    from planner.kr.terms import Expression

__all__ = ["read_actions"]

_KEYS = ("if", "then", "cost", "text", "creates", "name", "parameters")
_PLACEHOLDER = re.compile(r"\{\??([^{}]*)\}|<\??([\w-]+)>")


def read_actions(reading: Reading, node: Node, draft: Draft) -> None:
    """A mapping from schemas to actions, or a list of actions with a ``name:``."""
    if isinstance(node, Sequence):
        for item in node.items:
            _read_listed(reading, item, draft)
        return
    if reading.is_cut(node):
        return
    for key, value in reading.pairs(node, "`actions`"):
        schema = reading.parse(parse_schema, key)
        if schema is not None:
            _read_action(reading, schema, value, draft)


def _read_listed(reading: Reading, node: Node, draft: Draft) -> None:
    if not isinstance(node, Mapping):
        message = "an action must be a mapping"
        reading.problems.error("not-an-action", message, reading.span(node))
        return
    name = node.get("name")
    if name is None:
        message = "this action has no `name:`"
        reading.problems.error("missing-key", message, reading.span(node), "add `name: stack`")
        return
    text = reading.text(name, "the name of an action")
    schema = reading.parse(parse_schema, text) if text is not None else None
    if schema is not None:
        _read_action(reading, schema, node, draft)


def _read_action(reading: Reading, schema: Schema, node: Node, draft: Draft) -> None:
    before = reading.problems.damage_count
    fields = reading.fields(node, _KEYS, "an action")
    if any(action.name == schema.name for action in draft.actions):
        message = f"two actions are named `{schema.name}`"
        reading.problems.error("declared-twice", message, schema.span)
    fresh = count(1)
    written = list(zip(schema.parameters, schema.spans, strict=True))
    if "parameters" in fields:
        written += _read_variables(reading, fields["parameters"][1])
    parameters = _checked(reading, written, draft)
    created: list[tuple[TypedVariable, Span]] = []
    if "creates" in fields:
        created = _read_variables(reading, fields["creates"][1])
    creates = _checked(reading, created, draft, taken={p.name for p in parameters})
    precondition: Formula = TRUE
    if "if" in fields:
        what = "the condition of an action"
        precondition = reading.formula(fields["if"][1], what, fresh, existential=True)
    effects: list[Effect] = []
    if "then" not in fields:
        message = f"the action `{schema.name}` has no `then:`"
        reading.problems.error("missing-key", message, schema.span, "add `then:` with its effects")
    elif not _is_null(fields["then"][1]):
        effects = _read_effects(reading, fields["then"][1], fresh)
    names = [p.name for p in (*parameters, *creates)]
    names += [name for name in free_variables(precondition) if name not in names]
    cost: Expression = 1
    if "cost" in fields:
        cost = _read_cost(reading, fields["cost"][1])
        draft.places["cost", schema.name] = reading.span(fields["cost"][1])
    draft.actions.append(
        ActionSchema(
            name=schema.name,
            parameters=parameters,
            precondition=precondition,
            effects=tuple(effects),
            cost=cost,
            creates=creates,
            text=_read_text(reading, fields["text"][1], names) if "text" in fields else "",
            span=schema.span,
        )
    )
    if reading.problems.damage_count > before:
        draft.damaged.add(schema.span)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.is_null


def _read_variables(reading: Reading, node: Node) -> list[tuple[TypedVariable, Span]]:
    """``?x - block`` in a list or in one text; null for none."""
    found: list[tuple[TypedVariable, Span]] = []
    if _is_null(node) or (isinstance(node, Sequence) and not node.items):
        return found
    for text in reading.texts(node, "a list of variables"):
        found += reading.parse(parse_variables, text) or ()
    return found


def _checked(
    reading: Reading,
    written: list[tuple[TypedVariable, Span]],
    draft: Draft,
    taken: set[str] | None = None,
) -> tuple[TypedVariable, ...]:
    names = set(taken or ())
    checked = []
    for variable, span in written:
        if variable.name in names:
            message = f"the parameter `?{variable.name}` is declared twice"
            reading.problems.error("declared-twice", message, span)
            continue
        names.add(variable.name)
        known = draft.check_types(variable.types, span, reading.problems)
        checked.append(variable if known else TypedVariable(variable.name, (ANY_TYPE,)))
    return tuple(checked)


def _read_effects(reading: Reading, node: Node, fresh: Iterator[int]) -> list[Effect]:
    def parser(text: str, place: Place) -> tuple[Effect, ...]:
        return parse_effects(text, place, fresh)

    effects: list[Effect] = []
    for text in reading.texts(node, "the effects of an action"):
        effects += reading.parse(parser, text) or ()
    return effects


def _read_cost(reading: Reading, node: Node) -> Expression:
    text = reading.text(node, "the cost of an action")
    if text is None:
        return 1

    def parser(value: str, place: Place) -> Expression:
        return parse_expression(value, place=place)

    cost = reading.parse(parser, text)
    return 1 if cost is None else cost


def _read_text(reading: Reading, node: Node, names: list[str]) -> str:
    text = reading.text(node, "the text of an action")
    if text is None:
        return ""
    for match in _PLACEHOLDER.finditer(text.value):
        name = match[1] if match[1] is not None else match[2]
        if name in names:
            continue
        message = f"`{match[0]}` names no variable of this action"
        span = reading.place(text).span(*match.span())
        used = {m[1] if m[1] is not None else m[2] for m in _PLACEHOLDER.finditer(text.value)}
        unused = [n for n in names if n not in used]
        close = closest(name, names) or (unused[0] if len(unused) == 1 else "")
        there = ", ".join(f"{{{n}}}" for n in names) or "none"
        hint = f"did you mean `{{{close}}}`?" if close else f"there is {there}"
        reading.problems.error("unknown-placeholder", message, span, hint)
    return text.value
