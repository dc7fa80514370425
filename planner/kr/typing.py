"""Names, arities and types: every atom fits its declaration, every variable has values to take.

A variable takes the intersection of the types of the places it stands in (alternatives of an
``or`` are looked at one by one). An empty intersection means that the rule can never apply, which
is always a mistake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from planner.diagnostics import suggest
from planner.kr.formulas import (
    Aggregate,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Formula,
    Modal,
    Not,
    Or,
    conjuncts,
)
from planner.kr.places import Findings, locate
from planner.kr.terms import (
    ANY_TYPE,
    VALUE_TYPES,
    Arithmetic,
    Expression,
    FunctionTerm,
    Text,
    TypedVariable,
    Variable,
    show_constant,
)
from planner.kr.unknown import unknown_object, unknown_predicate, wrong_arity
from planner.kr.vocabulary import NUMERIC, Types, Vocabulary

if TYPE_CHECKING:
    from planner.diagnostics import Span
    from planner.kr.clauses import Clause
    from planner.kr.terms import Constant

__all__ = ["check_fact", "check_typing"]

_ORDERED = ("<", "<=", ">", ">=")


def check_typing(clause: Clause, vocabulary: Vocabulary, findings: Findings) -> dict[str, Types]:
    """Check one clause; the types of its variables, as far as they are known."""
    return _Typing(vocabulary, findings).clause(clause)


def check_fact(atom: Atom, vocabulary: Vocabulary, findings: Findings) -> None:
    """Check one ground atom."""
    typing = _Typing(vocabulary, findings)
    for argument in atom.arguments:
        if isinstance(argument, Variable):
            message = f"a fact has no variables, and `{argument}` is one"
            findings.error("variable-in-fact", message, locate(atom.span, str(argument)))
            return
        if isinstance(argument, Arithmetic | FunctionTerm):
            message = "a fact does not compute; write the value"
            findings.error("arithmetic-in-fact", message, atom.span)
            return
    typing.atom(atom, {})


class _Typing:
    """Walks the formulas of one clause with the types its variables have so far."""

    def __init__(self, vocabulary: Vocabulary, findings: Findings) -> None:
        self._vocabulary = vocabulary
        self._findings = findings
        self._seen: dict[str, Atom] = {}

    def clause(self, clause: Clause) -> dict[str, Types]:
        types: dict[str, Types] = {}
        for variable in (*clause.parameters, *clause.creates):
            types[variable.name] = variable.types
            self._declared(variable, clause.span)
        for variable in clause.creates:
            if any(t in VALUE_TYPES for t in variable.types):
                message = f"`?{variable.name}` is created, so it must be an object"
                self._findings.error("bad-type", message, locate(clause.span, f"?{variable.name}"))
        self._formula(clause.condition, types)
        for made in clause.made:
            inner = {**types, **{v.name: v.types for v in made.variables}}
            for variable in made.variables:
                self._declared(variable, made.atom.span)
            self._formula(made.condition, inner)
            # A head narrows its variables for all of the rule, an effect for itself.
            self.atom(made.atom, types if clause.kind == "rule" else inner)
        for expression in clause.extra:
            if isinstance(expression, Arithmetic | FunctionTerm):
                self._numeric(expression, types, clause.extra_span)
        return types

    def _declared(self, variable: TypedVariable, span: Span | None) -> None:
        for name in variable.types:
            if self._vocabulary.is_type(name) or name in self._vocabulary.broken:
                continue
            known = [*self._vocabulary.rules.types, ANY_TYPE, *sorted(VALUE_TYPES)]
            message = f"no type is named `{name}`"
            self._findings.error("unknown-type", message, locate(span, name), suggest(name, known))

    def _formula(self, formula: Formula, types: dict[str, Types]) -> None:
        match formula:
            case Atom():
                self.atom(formula, types)
            case Closure():
                self._closure(formula, types)
            case Modal(_, atom):
                self.atom(atom, types)
            case Comparison():
                self._comparison(formula, types)
            case Aggregate():
                self._aggregate(formula, types)
            case Not(body):
                self._formula(body, dict(types))
            case And():
                self._conjunction(formula, types)
            case Or(parts):
                for part in parts:
                    self._formula(part, dict(types))
            case Forall(variables, condition, body):
                inner = self._quantified(variables, types, formula.span)
                self._formula(condition, inner)
                self._formula(body, inner)
            case Exists(variables, body):
                self._formula(body, self._quantified(variables, types, formula.span))
            case _:
                assert_never(formula)

    def _conjunction(self, formula: And, types: dict[str, Types]) -> None:
        """Atoms first: they say what the variables are that comparisons then compare."""
        parts = conjuncts(formula)
        late = []
        for part in parts:
            if isinstance(part, Atom | Closure | Modal):
                self._formula(part, types)
            else:
                late.append(part)
        for part in late:
            self._formula(part, types)

    def _quantified(
        self, variables: tuple[TypedVariable, ...], types: dict[str, Types], span: Span | None
    ) -> dict[str, Types]:
        for variable in variables:
            self._declared(variable, span)
        # Without a type the variable takes that of its places, values included.
        inner = dict(types)
        for variable in variables:
            inner.pop(variable.name, None)
            if variable.types != (ANY_TYPE,):
                inner[variable.name] = variable.types
        return inner

    def atom(self, atom: Atom, types: dict[str, Types]) -> None:
        """Check an atom and narrow the types of its variables."""
        signature = self._vocabulary.signature(atom.predicate)
        if signature is None:
            unknown_predicate(atom, self._vocabulary, self._findings)
            return
        if len(signature) != len(atom.arguments):
            wrong_arity(atom, len(signature), self._vocabulary, self._findings)
            return
        for argument, place in zip(atom.arguments, signature, strict=True):
            if isinstance(argument, Variable):
                self._narrow(argument.name, place, types, atom)
            elif isinstance(argument, Arithmetic | FunctionTerm):
                self._computed(argument, place, types, atom)
            else:
                self._constant(argument, place, atom, types)

    def _narrow(self, name: str, place: Types, types: dict[str, Types], atom: Atom) -> None:
        before = types.get(name)
        first = self._seen.setdefault(name, atom)
        if before is None or before == place:
            types[name] = place
            return
        common = self._vocabulary.intersect(before, place)
        if common:
            types[name] = common
            return
        message = (
            f"`?{name}` is {_a(before)} elsewhere, and `{atom.predicate}` takes {_a(place)} here"
        )
        related = self._declaration(atom)
        if first is not atom:
            span = locate(first.span, f"?{name}")
            related = [*related, (span, f"`?{name}` stands here, too"), *self._declaration(first)]
        self._findings.error("type", message, locate(atom.span, f"?{name}"), "", related)

    def _declaration(self, atom: Atom) -> list[tuple[Span | None, str]]:
        predicate = self._vocabulary.rules.predicates.get(atom.predicate)
        return [(predicate.span, f"`{predicate.name}` is declared here")] if predicate else []

    def _computed(
        self,
        expression: Arithmetic | FunctionTerm,
        place: Types,
        types: dict[str, Types],
        atom: Atom,
    ) -> None:
        self._numeric(expression, types, atom.span)
        if not self._vocabulary.intersect(NUMERIC, place):
            message = f"`{atom.predicate}` takes {_a(place)} here, not a computed number"
            self._findings.error("type", message, atom.span, "", self._declaration(atom))

    def _constant(
        self, constant: Constant, place: Types, atom: Atom, types: dict[str, Types]
    ) -> None:
        if isinstance(constant, str) and constant not in self._vocabulary.objects:
            unknown_object(constant, atom.span, types, place, self._vocabulary, self._findings)
        elif not self._vocabulary.accepts(place, constant):
            text = show_constant(constant)
            message = f"`{atom.predicate}` takes {_a(place)} here, and `{text}` is not"
            if isinstance(constant, str):
                message += f": it is {_a((self._vocabulary.objects[constant],))}"
            hint = ""
            if isinstance(constant, Text) and constant.value in self._vocabulary.objects:
                hint = f"write `{constant.value}` without quotation marks"
            self._findings.error(
                "type", message, locate(atom.span, text), hint, self._declaration(atom)
            )

    def _closure(self, closure: Closure, types: dict[str, Types]) -> None:
        signature = self._vocabulary.signature(closure.predicate)
        if signature is not None and len(signature) != 2:
            message = f"a closure needs a predicate of 2 arguments, `{closure.predicate}` has "
            message += str(len(signature))
            self._findings.error("arity", message, closure.span)
            return
        self.atom(Atom(closure.predicate, closure.arguments, closure.span), types)

    def _comparison(self, comparison: Comparison, types: dict[str, Types]) -> None:
        left, right = comparison.left, comparison.right
        for side in (left, right):
            if isinstance(side, Arithmetic):
                self._numeric(side, types, comparison.span)
            elif isinstance(side, str) and side not in self._vocabulary.objects:
                unknown_object(
                    side, comparison.span, types, (ANY_TYPE,), self._vocabulary, self._findings
                )
        first, second = self._types_of(left, types), self._types_of(right, types)
        if first and second and not self._vocabulary.intersect(first, second):
            message = f"{_a(first)} cannot be compared with {_a(second)}"
            self._findings.error("type", message, comparison.span)
        elif comparison.operator == "=":
            self._equate(left, second, types)
            self._equate(right, first, types)
        elif comparison.operator in _ORDERED:
            self._ordered(comparison, first, second)
        elif comparison.operator == "before" and any(t in VALUE_TYPES for t in (*first, *second)):
            message = "`before` compares objects by the order of their declaration"
            self._findings.error("type", message, comparison.span, "write `<` for numbers")

    def _equate(self, side: Expression, other: Types, types: dict[str, Types]) -> None:
        if isinstance(side, Variable) and other:
            before = types.get(side.name, other)
            types[side.name] = self._vocabulary.intersect(before, other) or before

    def _ordered(self, comparison: Comparison, first: Types, second: Types) -> None:
        for types in (first, second):
            if types and not any(t in VALUE_TYPES for t in types):
                message = f"`{comparison.operator}` compares numbers or strings, not {_a(types)}"
                hint = "objects have an order of declaration: `before(?a, ?b)`"
                self._findings.error("type", message, comparison.span, hint)
                return

    def _types_of(self, expression: Expression, types: dict[str, Types]) -> Types:
        """Types of an expression; empty when they are not known."""
        match expression:
            case Variable(name):
                return types.get(name, ())
            case Arithmetic() | FunctionTerm():
                return NUMERIC
            case Text():
                return ("string",)
            case str():
                declared = self._vocabulary.objects.get(expression)
                return tuple(declared.split("|")) if declared else ()
            case _:
                return NUMERIC

    def _aggregate(self, aggregate: Aggregate, types: dict[str, Types]) -> None:
        inner = dict(types)
        self._formula(aggregate.body, inner)
        terms = aggregate.terms
        if aggregate.function == "sum" and isinstance(terms[0], Variable):
            self._number(terms[0], inner, aggregate.span)
        for term in terms:
            if isinstance(term, Arithmetic):
                self._numeric(term, inner, aggregate.span)
        if isinstance(aggregate.result, Variable):
            result = NUMERIC if aggregate.function in ("count", "sum") else ()
            self._equate(aggregate.result, result or self._types_of(terms[0], inner), types)

    def _numeric(self, expression: Expression, types: dict[str, Types], span: Span | None) -> None:
        """Check that arithmetic is done with numbers."""
        match expression:
            case Arithmetic(_, left, right):
                self._numeric(left, types, span)
                self._numeric(right, types, span)
            case Variable():
                self._number(expression, types, span)
            case FunctionTerm():
                self._function(expression, types, span)
            case str() | Text():
                message = f"`{show_constant(expression)}` is not a number"
                self._findings.error("type", message, locate(span, str(expression)))
            case _:
                return

    def _number(self, variable: Variable, types: dict[str, Types], span: Span | None) -> None:
        known = types.get(variable.name, NUMERIC)
        if not self._vocabulary.intersect(known, NUMERIC):
            message = f"`{variable}` is {_a(known)}, and only numbers can be computed with"
            self._findings.error("type", message, locate(span, str(variable)))

    def _function(self, term: FunctionTerm, types: dict[str, Types], span: Span | None) -> None:
        """Check that a cost reads the last argument of a functional predicate of numbers."""
        predicate = self._vocabulary.rules.predicates.get(term.predicate)
        if predicate is None:
            known = [p.name for p in self._vocabulary.rules.predicates.values()]
            message = f"no predicate is named `{term.predicate}`"
            hint = suggest(term.predicate, known)
            self._findings.error("unknown-predicate", message, span, hint)
            return
        if predicate.arity != len(term.arguments) + 1:
            message = f"as a value `{term.predicate}` takes {predicate.arity - 1} arguments"
            self._findings.error("arity", message, span, "", [(predicate.span, "declared here")])
            return
        if not self._vocabulary.intersect(predicate.types[-1], NUMERIC):
            message = f"the value of `{term.predicate}` is not a number"
            self._findings.error("type", message, span, "", [(predicate.span, "declared here")])
        if not predicate.is_functional:
            message = f"`{term.predicate}` may have several values: declare it `functional: true`"
            related = [(predicate.span, "declared here")]
            self._findings.error("not-functional", message, span, "", related)
        types[""] = predicate.types[-1]
        self.atom(Atom(term.predicate, (*term.arguments, Variable("")), span), types)
        del types[""]


def _a(types: Types) -> str:
    """``a block``, ``an item or a van``."""
    words = [f"{'an' if t[:1] in 'aeiou' else 'a'} {t}" for t in types]
    return " or ".join(words)
