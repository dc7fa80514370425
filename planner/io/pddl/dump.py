"""PDDL files out: a task becomes a domain and a problem.

What was read from PDDL comes back as the same task. Tasks from YAML can be written as far as
PDDL goes: implicit parameters become parameters after the declared ones, variables that only a
rule's body has become existential, ``goal p(..)`` becomes a predicate given at the start.
"""

from __future__ import annotations

import logging
from fractions import Fraction
from itertools import permutations
from typing import TYPE_CHECKING

from planner.errors import UnsupportedError
from planner.io.pddl.layout import layout
from planner.io.pddl.names import Names, clean_name, is_function
from planner.io.pddl.vocabulary import TOTAL_COST
from planner.io.pddl.write_actions import write_action
from planner.io.pddl.write_formulas import FormulaWriter, unsupported
from planner.io.pddl.write_rules import write_rule
from planner.kr.formulas import Atom, conjuncts
from planner.kr.strata import goal_predicate
from planner.kr.terms import ANY_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from planner.io.pddl.layout import Tree
    from planner.kr.rules import Predicate
    from planner.kr.task import Task

__all__ = ["dump_pddl"]

_log = logging.getLogger(__name__)

_REQUIREMENTS = (
    ":typing",
    ":equality",
    ":negative-preconditions",
    ":disjunctive-preconditions",
    ":existential-preconditions",
    ":universal-preconditions",
    ":conditional-effects",
    ":derived-predicates",
    ":action-costs",
)


def dump_pddl(task: Task) -> tuple[str, str]:
    """Write a task as the texts of a domain file and a problem file.

    Control rules are advice and not part of PDDL: they are left out, with a warning in the log.

    Raises:
        UnsupportedError: naming the construct that PDDL, as we write it, cannot say.
    """
    _refuse_what_has_no_place(task)
    functions = [p.name for p in task.rules.predicates.values() if is_function(p)]
    writer = FormulaWriter(task, Names(task), frozenset(functions))
    # The problem first: what `goal p(..)` reads is known once all formulas are written.
    body = _domain_body(writer)
    goal = layout([":goal", writer.closed(task.goal, ())], 2)
    problem = _problem(writer, goal)
    return _domain(writer, body), problem


def _refuse_what_has_no_place(task: Task) -> None:
    rules = task.rules
    if rules.probabilistic_facts or any(rule.probability is not None for rule in rules.rules):
        raise unsupported("probabilities", rules.name)
    if task.given:
        raise unsupported("evidence", task.name)
    for predicate in rules.predicates.values():
        if "equivalence" in predicate.properties:
            raise unsupported("equivalences", predicate.name)
        changes = predicate.name in rules.fluents or predicate.name in rules.derived
        if "symmetric" in predicate.properties and changes:
            raise unsupported("symmetric predicates that change", predicate.name)
    for fact in task.facts:
        if fact.predicate in rules.derived:
            raise unsupported("stored facts of derived predicates", str(fact))
    if rules.control or rules.orders:
        _log.warning("control rules and goal orders are left out: PDDL has no place for them")


def _counts_cost(task: Task) -> bool:
    """Whether the task's costs are written; without, PDDL counts one a step."""
    if task.minimize == "":
        return any(action.cost != 1 for action in task.rules.actions)
    return task.minimize == "cost"


def _domain_body(writer: FormulaWriter) -> list[str]:
    rules = writer.task.rules
    counts = _counts_cost(writer.task)
    blocks = [layout(write_rule(writer, rule), 2) for rule in rules.rules]
    return blocks + [write_action(writer, action, counts) for action in rules.actions]


def _domain(writer: FormulaWriter, body: list[str]) -> str:
    task = writer.task
    rules = task.rules
    blocks: list[str] = []
    if rules.types:
        blocks.append(_section(":types", _typed_runs(rules.types, writer.names.type, writer)))
    if rules.constants:
        lines = _typed_runs(rules.constants, writer.names.object, writer)
        blocks.append(_section(":constants", lines))
    ordinary = [p for p in rules.predicates.values() if p.name not in writer.functions]
    functions = [p for p in rules.predicates.values() if p.name in writer.functions]
    lines = [layout(_signature(writer, p), 4) for p in ordinary]
    for name in writer.goal_predicates:
        known = rules.predicates[name]
        head = writer.names.predicate(goal_predicate(name))
        lines.append(layout([head, *_signature(writer, known)[1:]], 4))
    blocks.append(_section(":predicates", lines))
    lines = [layout(_signature(writer, p), 4) + " - number" for p in functions]
    if _counts_cost(task):
        lines.insert(0, f"({TOTAL_COST}) - number")
        writer.needed.setdefault(":action-costs")
    if lines:
        blocks.append(_section(":functions", lines))
    needed = [":strips", *(r for r in _REQUIREMENTS if r in writer.needed)]
    blocks.insert(0, f"(:requirements {' '.join(needed)})")
    return _definition("domain", clean_name(rules.name, "rules"), blocks + body)


def _problem(writer: FormulaWriter, goal: str) -> str:
    task = writer.task
    blocks = [f"(:domain {clean_name(task.rules.name, 'rules')})"]
    if task.objects:
        lines = _typed_runs(task.objects, writer.names.object, writer)
        blocks.append(_section(":objects", lines))
    blocks += [_section(":init", list(_facts(writer))), goal]
    if _counts_cost(task):
        blocks.append(f"(:metric minimize ({TOTAL_COST}))")
    return _definition("problem", clean_name(task.name, "task"), blocks)


def _facts(writer: FormulaWriter) -> Iterator[str]:
    task, names = writer.task, writer.names
    if _counts_cost(task):
        yield f"(= ({TOTAL_COST}) 0)"
    for fact in task.facts:
        if fact.predicate in writer.functions:
            yield _value(writer, fact)
            continue
        for variant in _arrangements(task.rules.predicates.get(fact.predicate), fact):
            words = [writer.term(argument, str(fact)) for argument in variant.arguments]
            yield f"({' '.join([names.predicate(fact.predicate), *words])})"
    for part in conjuncts(task.goal):
        if isinstance(part, Atom) and part.predicate in writer.goal_predicates:
            words = [writer.term(argument, str(part)) for argument in part.arguments]
            yield f"({' '.join([names.predicate(goal_predicate(part.predicate)), *words])})"


def _value(writer: FormulaWriter, fact: Atom) -> str:
    *arguments, number = fact.arguments
    if not isinstance(number, int | Fraction):
        raise unsupported("functions whose values are no numbers", str(fact))
    words = [writer.term(argument, str(fact)) for argument in arguments]
    function = " ".join([writer.names.function(fact.predicate), *words])
    return f"(= ({function}) {writer.number(number)})"


def _arrangements(predicate: Predicate | None, fact: Atom) -> Iterable[Atom]:
    if predicate is None:
        raise UnsupportedError(f"a type cannot be given as a fact in PDDL: {fact}")
    if "symmetric" not in predicate.properties:
        return (fact,)
    return [Atom(fact.predicate, row) for row in dict.fromkeys(permutations(fact.arguments))]


def _signature(writer: FormulaWriter, predicate: Predicate) -> list[Tree]:
    is_value = predicate.name in writer.functions
    head = writer.names.function if is_value else writer.names.predicate
    places = predicate.types[:-1] if is_value else predicate.types
    pairs = [(f"?x{number}", types) for number, types in enumerate(places, start=1)]
    return [head(predicate.name), *writer.typed_list(pairs)]


def _typed_runs(
    declared: Mapping[str, str], name_of: Callable[[str], str], writer: FormulaWriter
) -> list[str]:
    """Declarations with their types, neighbours of one type on a line, in order."""
    runs: list[tuple[str, list[str]]] = []
    for name, types in declared.items():
        if not runs or runs[-1][0] != types:
            runs.append((types, []))
        runs[-1][1].append(name_of(name))
    typed = any(types != ANY_TYPE for types, _ in runs) or name_of == writer.names.type
    lines = []
    for types, names in runs:
        kind = writer.type_words(tuple(types.split("|"))) if typed else []
        lines.append(" ".join([*names, *kind]))
    return lines


def _section(head: str, lines: list[str]) -> str:
    if len(lines) == 1 and len(lines[0]) < 80:
        return f"({head} {lines[0]})"
    return f"({head}\n" + "".join(f"    {line}\n" for line in lines) + "  )"


def _definition(kind: str, name: str, blocks: list[str]) -> str:
    return f"(define ({kind} {name})\n  " + "\n  ".join(blocks) + ")\n"
