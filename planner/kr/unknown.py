"""Names that nothing declares, and what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.diagnostics import closest, suggest
from planner.kr.places import locate
from planner.kr.terms import ANY_TYPE

if TYPE_CHECKING:
    from collections.abc import Collection

    from planner.diagnostics import Span
    from planner.kr.formulas import Atom
    from planner.kr.places import Findings
    from planner.kr.vocabulary import Types, Vocabulary

__all__ = ["unknown_object", "unknown_predicate", "wrong_arity"]


def unknown_predicate(atom: Atom, vocabulary: Vocabulary, findings: Findings) -> None:
    """Note an atom whose predicate is not declared, with the name that was meant."""
    name, rules = atom.predicate, vocabulary.rules
    if name in vocabulary.broken:
        return
    span = locate(atom.span, name)
    if any(action.name == name for action in rules.actions):
        message = f"`{name}` is an action; a formula speaks of predicates"
        findings.error("unknown-predicate", message, span)
        return
    arity = len(atom.arguments)
    known = [*rules.predicates, *(rules.types if arity == 1 else ())]
    # Names of the right arity are offered first.
    known.sort(key=lambda n: len(vocabulary.signature(n) or ()) != arity)
    places = f"({', '.join([ANY_TYPE] * arity)})" if arity else ""
    hint = suggest(name, known) or f"declare it under `predicates:`, as `{name}{places}:`"
    related = []
    close = hint.partition("`")[2].partition("`")[0]
    if close in rules.predicates:
        related.append((rules.predicates[close].span, f"`{close}` is declared here"))
    findings.error("unknown-predicate", f"no predicate is named `{name}`", span, hint, related)


def wrong_arity(atom: Atom, wanted: int, vocabulary: Vocabulary, findings: Findings) -> None:
    """Note an atom with too many or too few arguments."""
    given = len(atom.arguments)
    plural = "argument" if wanted == 1 else "arguments"
    message = f"`{atom.predicate}` takes {wanted} {plural}, and {given} are given"
    predicate = vocabulary.rules.predicates.get(atom.predicate)
    related = [(predicate.span, "declared here")] if predicate is not None else []
    findings.error("arity", message, atom.span, "", related)


def unknown_object(
    name: str,
    span: Span | None,
    types: Collection[str],
    place: Types,
    vocabulary: Vocabulary,
    findings: Findings,
) -> None:
    """Note a name that no object has, with the object or variable that was meant."""
    if name in vocabulary.broken:
        return
    known = list(vocabulary.objects)
    known.sort(key=lambda o: not vocabulary.accepts(place, o))
    close = closest(name, known)
    hint = "declare it, or write a variable with `?`"
    if name in types:
        hint = f"did you mean `?{name}`?"
    elif close:
        hint = f"did you mean `{close}`?"
    declared = vocabulary.places.get(("object", close))
    related = [(declared, f"`{close}` is declared here")]
    message = f"no object is named `{name}`"
    findings.error("unknown-object", message, locate(span, name), hint, related)
