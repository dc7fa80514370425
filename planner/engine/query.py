"""Queries over a model: a rule evaluated on top of what is already there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.facts import Facts
from planner.engine.normalize import answer_variables, normalize
from planner.engine.program import plan_clauses
from planner.engine.tiny.run import TinyProgram
from planner.errors import InputError
from planner.kr.formulas import Atom
from planner.kr.rules import Rule
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from planner.engine.model import Model
    from planner.engine.program import Plan
    from planner.interfaces import IntArray
    from planner.kr.formulas import Formula
    from planner.kr.terms import Constant

__all__ = ["answer", "answer_rows"]

_ANSWERS = "#answers"
_TINY_ROWS = 5_000


def answer(model: Model, formula: Formula) -> list[dict[str, Constant]]:
    """The distinct bindings of a formula's variables; see `planner.engine.model.Model.query`."""
    constant = model.symbols.constant
    variables, rows = answer_rows(model, formula)
    return [
        {name: constant(code) for name, code in zip(variables, row, strict=True)}
        for row in rows.tolist()
    ]


def answer_rows(model: Model, formula: Formula) -> tuple[tuple[str, ...], IntArray]:
    """A formula's variables and their distinct bindings as codes, a row each."""
    variables = answer_variables(formula)
    rule = Rule(Atom(_ANSWERS, tuple(map(Variable, variables))), formula)
    normal = normalize([rule])
    clauses = normal.clauses
    if model.declared:
        from planner.engine.gather.declared import over_classes

        clauses = tuple(over_classes(clauses, model.declared))
    return variables, _rows(model, plan_clauses([rule], clauses, normal.tallies))


def _rows(model: Model, plan: Plan) -> IntArray:
    derived = {clause.head.predicate for clause in plan.clauses}
    read = [name for name in plan.arities if name not in derived]
    for name in read:
        _check_arity(model, name, plan.arities[name])
    if sum(model.count(name) for name in read) <= _TINY_ROWS:
        program = TinyProgram(plan)
        tuples = {name: [tuple(row) for row in model.rows(name).tolist()] for name in read}
        found = program.run(lambda name: tuples.get(name, []), model.symbols, 2**62)
        ordered = sorted(found[_ANSWERS])
        width = plan.arities[_ANSWERS]
        return np.array(ordered, dtype=np.int32).reshape(len(ordered), width)
    from planner.engine.runs.fixpoint import run_plan

    facts = Facts(model.symbols)
    for name in read:
        facts.add_rows(name, model.rows(name).reshape(-1, plan.arities[name]))
    return run_plan(plan, facts, lambda: None)[_ANSWERS].rows()


def _check_arity(model: Model, name: str, arity: int) -> None:
    rows = model.rows(name)
    if len(rows) and rows.shape[1] != arity:
        raise InputError(f"`{name}` has {rows.shape[1]} arguments, not {arity}")
