"""Rule bases and tasks to YAML that a person would write; reading it back gives equal ones."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from planner.io.formula_writer import (
    quote_name,
    write_atom,
    write_effects,
    write_expression,
    write_formula,
    write_probability,
    write_step,
    write_variable,
)
from planner.io.yaml_traps import single_quoted
from planner.kr.formulas import TRUE, And, Formula
from planner.kr.terms import ANY_TYPE, Text, show_constant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from planner.kr.actions import ActionSchema
    from planner.kr.control import ControlRule, GoalOrder
    from planner.kr.judges import Judge
    from planner.kr.rules import Predicate, Rule
    from planner.kr.task import RuleBase, Task
    from planner.kr.terms import Constant

__all__ = [
    "control_lines",
    "dump_rules",
    "dump_task",
    "order_text",
    "predicate_lines",
    "rules_lines",
    "yaml_text",
]

_WIDTH = 100
_PLAIN = re.compile(r"[^\W_](?:[^:#\n\t]|:(?=\S)|(?<=\S)#)*", re.UNICODE)
_SCALAR_WORDS = re.compile(
    r"(?:~|null|true|false|yes|no|on|off|y|n)|[-+.]?\d[\d_.,:eE+-]*", re.IGNORECASE
)


def dump_rules(rules: RuleBase) -> str:
    """Write a rule base.

    >>> from planner.kr.task import RuleBase
    >>> dump_rules(RuleBase(name="empty"))
    'rulebase: empty\\n'
    """
    return "\n".join(_rulebase_lines(rules)) + "\n"


def dump_task(task: Task, rules_path: str | None = None) -> str:
    """Write a task with its rule base inline, or with the path of it."""
    lines = [f"task: {yaml_text(task.name)}"] if task.name else ["task:"]
    if rules_path is not None:
        lines.append(f"rules: {yaml_text(rules_path)}")
    else:
        inline = list(_rulebase_lines(task.rules))
        lines += ["rules:", *(f"  {line}" if line else "" for line in inline)]
    if task.objects:
        lines += _object_lines("objects", task.objects)
    if task.init:
        lines += ["init:", *(f"  - {yaml_text(write_atom(atom))}" for atom in task.init)]
    lines += _formula_lines("goal", task.goal, "")
    if task.minimize:
        lines.append(f"minimize: {task.minimize}")
    if task.given:
        lines += ["given:", *(f"  - {yaml_text(write_formula(g))}" for g in task.given)]
    return "\n".join(lines) + "\n"


def yaml_text(text: str) -> str:
    """Write a text as a YAML scalar, quoted only where it must be."""
    if _is_plain(text):
        return text
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]", text):
        return '"' + "".join(_escape(c) for c in text) + '"'
    return "'" + text.replace("'", "''") + "'" if '"' in text or "\\" in text else f'"{text}"'


def _is_plain(text: str) -> bool:
    if not text or text != text.strip() or text.endswith(":") or _SCALAR_WORDS.fullmatch(text):
        return False
    # `?x = ...` is plain YAML too, since no blank follows the question mark.
    return bool(_PLAIN.fullmatch(text.removeprefix("?")) or _PLAIN.fullmatch(text.lstrip("(_")))


def _escape(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    code = ord(character)
    if 0x20 <= code < 0x7F or (code >= 0xA0 and code not in (0x2028, 0x2029, 0xFEFF)):
        return character
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"


def _key(text: str) -> str:
    """A key: one that holds a comma is plain in block style, unless other signs are in it."""
    return text if _is_plain(text) else yaml_text(text)


def _rulebase_lines(rules: RuleBase) -> Iterator[str]:
    yield f"rulebase: {yaml_text(rules.name)}" if rules.name else "rulebase:"
    if rules.types:
        yield "types:"
        yield from (f"  {_key(name)}: {_key(above)}" for name, above in rules.types.items())
    yield from predicate_lines(rules.predicates.values())
    if rules.constants:
        yield from _object_lines("constants", rules.constants)
    yield from _fact_lines(rules)
    if rules.judges:
        yield "judge:"
        for judge in rules.judges:
            yield from _judge_lines(judge)
    yield from rules_lines(rules.rules)
    if rules.actions:
        yield "actions:"
        for action in rules.actions:
            yield from _action_lines(action)
    if rules.control:
        yield "control:"
        for control in rules.control:
            yield from control_lines(control)
    if rules.orders:
        yield "order:"
        yield from (f"  - {yaml_text(order_text(order))}" for order in rules.orders)


def predicate_lines(predicates: Collection[Predicate]) -> Iterator[str]:
    """The section of predicates; nothing without any."""
    if predicates:
        yield "predicates:"
    for predicate in predicates:
        yield from _predicate_lines(predicate)


def _predicate_lines(predicate: Predicate) -> Iterator[str]:
    signature = predicate.name
    if predicate.types:
        signature += f"({', '.join('|'.join(group) for group in predicate.types)})"
    meaning = yaml_text(predicate.meaning) if predicate.meaning else ""
    if not (predicate.properties or predicate.keep or predicate.foreign is not None):
        yield f"  {_key(signature)}: {meaning}".rstrip()
        return
    yield f"  {_key(signature)}:"
    if meaning:
        yield f"    meaning: {meaning}"
    yield from (f"    {name}: true" for name in sorted(predicate.properties))
    if predicate.keep:
        yield f"    keep: {predicate.keep}"
    if predicate.foreign is not None:
        yield f"    foreign: {predicate.foreign}"


def _object_lines(section: str, objects: Mapping[str, str]) -> Iterator[str]:
    """Objects by type; where a type comes back later, a list keeps the order of declaration."""
    runs: list[tuple[str, list[str]]] = []
    for name, kind in objects.items():
        if not runs or runs[-1][0] != kind:
            runs.append((kind, []))
        runs[-1][1].append(_object_name(name))
    kinds = [kind for kind, _ in runs]
    bullet = "  " if len(set(kinds)) == len(kinds) else "  - "
    yield f"{section}:"
    for kind, names in runs:
        yield from _wrapped(f"{bullet}{_key(kind or ANY_TYPE)}: [", names, "]")


def _object_name(name: str) -> str:
    return name if re.fullmatch(r"\w+(-+\w+)*", name) and _is_plain(name) else _quoted(name)


def _quoted(text: str) -> str:
    written = yaml_text(text)
    return written if written[0] in "\"'" else f'"{written}"'


def _wrapped(start: str, words: Iterable[str], end: str) -> Iterator[str]:
    line = start
    indent = " " * len(start)
    first = True
    for word in words:
        if not first:
            line += ","
            if len(line) + len(word) + 2 > _WIDTH:
                yield line
                line = indent[: len(indent) - 1]
            line += " "
        line += word
        first = False
    yield line + end


def _fact_lines(rules: RuleBase) -> Iterator[str]:
    if not rules.facts and not rules.probabilistic_facts:
        return
    yield "facts:"
    for atom in rules.facts:
        yield f"  - {yaml_text(write_atom(atom))}"
    for fact in rules.probabilistic_facts:
        text = f"{write_probability(fact.probability)}::{write_atom(fact.atom)}"
        yield f"  - {_probable(text)}"


def _probable(text: str) -> str:
    """A probability in front is plain YAML as long as nothing behind it needs quotes."""
    number, _, rest = text.partition("::")
    return f"{number}::{rest}" if _is_plain(rest) else yaml_text(text)


def _judge_lines(judge: Judge) -> Iterator[str]:
    yield f"  {_key(judge.predicate)}:"
    if judge.model:
        yield f"    model: {yaml_text(judge.model)}"
    if judge.inputs:
        yield f"    inputs: {yaml_text(judge.inputs)}"
    if judge.classes:
        yield from _wrapped("    classes: [", (_class(value) for value in judge.classes), "]")


def _class(value: Constant) -> str:
    """An object by its name, a number as itself, a string in quotation marks of its own."""
    if isinstance(value, str):
        return _object_name(value)
    return single_quoted(str(value)) if isinstance(value, Text) else show_constant(value)


def rules_lines(rules: Sequence[Rule]) -> Iterator[str]:
    """The section of rules; nothing without any."""
    if rules:
        yield "rules:"
    for first, *others in _by_group(rules):
        yield from _rule_lines(first, others)


def _by_group(rules: Iterable[Rule]) -> Iterator[list[Rule]]:
    """Rules that are alternatives of one another together, the others alone."""
    for group, members in groupby(rules, key=lambda rule: rule.group):
        if group is None:
            yield from ([rule] for rule in members)
        else:
            yield list(members)


def _rule_lines(rule: Rule, others: Sequence[Rule] = ()) -> Iterator[str]:
    lines = []
    if rule.name:
        lines.append(f"name: {yaml_text(rule.name)}")
    if rule.body != TRUE:
        lines += _formula_lines("if", rule.body, "    ")
    if rule.probability is None:
        lines.append(f"then: {yaml_text(write_atom(rule.head))}")
    else:
        heads = "; ".join(map(_chance, (rule, *others)))
        lines.append(f"then: {yaml_text(heads) if others else _probable(heads)}")
    yield from _listed(lines)


def _chance(rule: Rule) -> str:
    assert rule.probability is not None
    return f"{write_probability(rule.probability)}::{write_atom(rule.head)}"


def _listed(lines: list[str]) -> Iterator[str]:
    """The entry of a list: the first line after its dash, the others below it."""
    yield f"  - {lines[0].lstrip()}"
    yield from (line if line.startswith("    ") else f"    {line}" for line in lines[1:])


def _formula_lines(key: str, formula: Formula, indent: str) -> list[str]:
    """A formula on one line, or a conjunction as a list where it is long."""
    text = yaml_text(write_formula(formula))
    if len(indent) + len(key) + 2 + len(text) <= _WIDTH or not isinstance(formula, And):
        return [f"{indent}{key}: {text}"]
    parts = [f"{indent}  - {yaml_text(write_formula(part))}" for part in formula.parts]
    return [f"{indent}{key}:", *parts]


def _action_lines(action: ActionSchema) -> Iterator[str]:
    schema = quote_name(action.name)
    if action.parameters:
        schema += f"({', '.join(write_variable(p) for p in action.parameters)})"
    yield f"  {_key(schema)}:"
    if action.precondition != TRUE:
        yield from _formula_lines("if", action.precondition, "    ")
    if action.creates:
        yield f"    creates: {yaml_text(', '.join(write_variable(c) for c in action.creates))}"
    effects = write_effects(action.effects)
    joined = yaml_text(" and ".join(effects))
    if not effects:
        yield "    then:"
    elif len(joined) + 10 <= _WIDTH and not any(" if " in e or "forall" in e for e in effects):
        yield f"    then: {joined}"
    else:
        yield "    then:"
        yield from (f"      - {yaml_text(effect)}" for effect in effects)
    if action.text:
        yield f"    text: {_quoted(action.text)}"
    if action.cost != 1:
        cost = write_expression(action.cost)
        yield f"    cost: {cost if re.fullmatch(r'[0-9.]+', cost) else yaml_text(cost)}"


def control_lines(control: ControlRule) -> Iterator[str]:
    """A control rule as an item of a list."""
    lines = []
    if control.name:
        lines.append(f"name: {yaml_text(control.name)}")
    if control.pursues is not None:
        lines.append(f"for: {yaml_text(write_atom(control.pursues.atom))}")
    if control.condition != TRUE:
        lines += _formula_lines("if", control.condition, "    ")
    steps = [yaml_text(write_step(step)) for step in control.steps]
    if control.forbids:
        lines.append(f"forbid: {steps[0]}")
    elif len(steps) == 1:
        lines.append(f"prefer: {steps[0]}")
    else:
        lines += ["do:", *(f"      - {step}" for step in steps)]
    if control.rank:
        lines.append(f"rank: {control.rank}")
    if control.run != "all":
        lines.append(f"run: {control.run}")
    yield from _listed(lines)


def order_text(order: GoalOrder) -> str:
    """An order statement as in files."""
    text = f"{write_atom(order.later)} after {write_atom(order.earlier)}"
    return text if order.condition == TRUE else f"{text} if {write_formula(order.condition)}"
