"""Heights of facts: how deep their smallest proofs are.

What the model leaves false is known, so its negations and aggregates are mere tests; with those,
all rules can be run together, and a fact then first appears in the round that is its height.
Computed when a proof is first asked for, so that evaluations pay nothing for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.engine.clauses import Tally
from planner.engine.facts import Facts
from planner.engine.gather.kinds import GATHERED, STATED, Keep, declared_name
from planner.engine.program import Layer, Plan, atoms_in
from planner.kr.formulas import Atom, Comparison

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.engine.clauses import Body, BodyLiteral, Clause
    from planner.engine.model import Model

__all__ = ["FINAL", "as_stated", "with_known_negation"]

FINAL = "#final"
"""Ends the names of copies of complete predicates."""


def with_known_negation(model: Model) -> tuple[Plan, Facts]:
    """The model's program as one layer of rules without negation, and its facts.

    Nested bodies read copies of the complete predicates. Of a partial predicate only the rows that
    are there are derived.
    """
    plan = model.plan
    read: dict[str, None] = {}
    gatherings = [tally for layer in plan.layers for tally in layer.tallies]
    kept = {kind.stated: kind.head.predicate for kind in gatherings if isinstance(kind, Keep)}
    clauses = tuple(_with_best(_with_final(c, read), kept, read) for c in plan.clauses)
    clauses = tuple(_within(c, read) if c.head.predicate in model.partial else c for c in clauses)
    read.update(dict.fromkeys(tally.guard for tally in gatherings if isinstance(tally, Tally)))
    tallies = tuple(
        replace(tally, guard=tally.guard + FINAL) if isinstance(tally, Tally) else tally
        for tally in gatherings
    )
    predicates = tuple(name for layer in plan.layers for name in layer.predicates)
    recursive = tuple(
        tuple(i for i, part in enumerate(c.body) if _is_derived(part, predicates)) for c in clauses
    )
    layer = Layer(predicates, tuple(range(len(clauses))), recursive, tallies)
    arities = dict(plan.arities)
    facts = Facts(model.symbols)
    for name in model.facts.predicates():
        facts.add_rows(name, model.facts.array(name))
    for name in read:
        rows = model.rows(name)
        arities[name + FINAL] = plan.arities.get(name, rows.shape[1])
        facts.add_rows(name + FINAL, rows.reshape(len(rows), arities[name + FINAL]))
    known = replace(plan, clauses=clauses, layers=(layer,), arities=arities, exact_rounds=True)
    return known, facts


def _with_best(clause: Clause, kept: Mapping[str, str], read: dict[str, None]) -> Clause:
    """A kept number is derived where it is the best in the end: others were only passed."""
    best = kept.get(clause.head.predicate)
    if best is None:
        return clause
    return _if_final(best, clause, read)


def _within(clause: Clause, read: dict[str, None]) -> Clause:
    """Only what is there is derived."""
    return _if_final(clause.head.predicate, clause, read)


def _if_final(predicate: str, clause: Clause, read: dict[str, None]) -> Clause:
    read[predicate] = None
    final = Atom(predicate + FINAL, clause.head.arguments)
    return replace(clause, body=(*clause.body, final))


def as_stated(clause: Clause) -> Clause:
    """The clause without the condition that only the best number, or what is there, counts."""
    head = clause.head.predicate
    last = clause.body[-1] if clause.body else None
    if not isinstance(last, Atom):
        return clause
    finals = (head + FINAL, declared_name(head) + GATHERED + FINAL)
    is_condition = last.predicate == finals[head.endswith(STATED)]
    return replace(clause, body=clause.body[:-1]) if is_condition else clause


def _is_derived(literal: BodyLiteral, predicates: Iterable[str]) -> bool:
    return isinstance(literal, Atom) and literal.predicate in predicates


def _with_final(clause: Clause, read: dict[str, None]) -> Clause:
    body: list[BodyLiteral] = []
    for literal in clause.body:
        if isinstance(literal, Atom | Comparison):
            body.append(literal)
        else:
            inner = tuple(_final_body(one, read) for one in literal.bodies)
            body.append(replace(literal, bodies=inner))
    return replace(clause, body=tuple(body))


def _final_body(body: Body, read: dict[str, None]) -> Body:
    read.update(dict.fromkeys(atom.predicate for atom in atoms_in(body)))
    renamed: list[BodyLiteral] = []
    for literal in body:
        if isinstance(literal, Atom):
            renamed.append(replace(literal, predicate=literal.predicate + FINAL))
        elif isinstance(literal, Comparison):
            renamed.append(literal)
        else:
            inner = tuple(_final_body(one, read) for one in literal.bodies)
            renamed.append(replace(literal, bodies=inner))
    return tuple(renamed)
