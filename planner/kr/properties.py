"""Do the properties that predicates are declared with make sense for them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.kr.terms import NUMERIC_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.kr.actions import ActionSchema
    from planner.kr.formulas import Atom
    from planner.kr.places import Findings
    from planner.kr.rules import Predicate
    from planner.kr.task import RuleBase

__all__ = ["check_properties", "check_second_values"]


def check_properties(rules: RuleBase, findings: Findings) -> None:
    """Check every declaration of a rule base against its signature, rules and actions."""
    for predicate in rules.predicates.values():
        _check_pair(predicate, findings)
        if predicate.keep:
            _check_keep(predicate, rules, findings)
        if predicate.foreign is not None:
            _check_foreign(predicate, rules, findings)
    functional = {n for n, p in rules.predicates.items() if "functional" in p.properties}
    for action in rules.actions if functional else ():
        _check_functional_effects(action, functional, findings)


def check_second_values(facts: Iterable[Atom], rules: RuleBase, findings: Findings) -> None:
    """Refuse stated facts that give a functional predicate two values."""
    functional = {n for n, p in rules.predicates.items() if "functional" in p.properties}
    values: dict[tuple[object, ...], Atom] = {}
    for atom in facts if functional else ():
        if atom.predicate not in functional or not atom.arguments:
            continue
        first = values.setdefault((atom.predicate, *atom.arguments[:-1]), atom)
        if first.arguments[-1] != atom.arguments[-1]:
            message = f"`{atom.predicate}` is functional, and this is a second value"
            findings.error("second-value", message, atom.span, "", [(first.span, "first value")])


def _check_pair(predicate: Predicate, findings: Findings) -> None:
    for name in ("symmetric", "equivalence"):
        if name not in predicate.properties or predicate.arity < 2:
            continue
        if predicate.arity != 2:
            message = f"`{name}` is for two arguments, and `{predicate.name}` has {predicate.arity}"
            findings.error("bad-property", message, predicate.span)
        elif len(set(predicate.types)) > 1:
            first, second = ("|".join(group) for group in predicate.types)
            message = f"`{name}` needs two arguments of one type, not `{first}` and `{second}`"
            hint = "give both places the type above them, as `object`"
            findings.error("bad-property", message, predicate.span, hint)


def _check_keep(predicate: Predicate, rules: RuleBase, findings: Findings) -> None:
    name, keep = predicate.name, predicate.keep
    if not predicate.types or not NUMERIC_TYPES.issuperset(predicate.types[-1]):
        message = f"`keep: {keep}` compares the last argument of `{name}`, which is no number"
        findings.error("bad-property", message, predicate.span, "make it an `int` or a `number`")
    for other in ("symmetric", "equivalence", "functional"):
        if other in predicate.properties:
            hint = f"`keep: {keep}` leaves one value anyway" if other == "functional" else ""
            message = f"`{name}` cannot be both `{other}` and `keep: {keep}`"
            findings.error("bad-property", message, predicate.span, hint)
    changed = _first_effect(name, rules)
    if changed is not None:
        message = f"an action changes `{name}`, and `keep: {keep}` is for what rules derive"
        hint = "derive it by a rule from another predicate that the action changes"
        related = [(predicate.span, "declared here")]
        findings.error("bad-property", message, changed.span, hint, related)


def _first_effect(name: str, rules: RuleBase) -> Atom | None:
    effects = (effect for action in rules.actions for effect in action.effects)
    return next((effect.atom for effect in effects if effect.atom.predicate == name), None)


def _check_foreign(predicate: Predicate, rules: RuleBase, findings: Findings) -> None:
    name, related = predicate.name, [(predicate.span, "declared here")]
    assert predicate.foreign is not None
    if predicate.foreign > predicate.arity:
        message = f"`{name}` has {predicate.arity} arguments, fewer than its {predicate.foreign} "
        findings.error("bad-property", message + "inputs", predicate.span)
    if predicate.properties or predicate.keep:
        message = f"`{name}` is computed by a function: no other property applies"
        findings.error("bad-property", message, predicate.span)
    stated = [atom.span for atom in rules.facts if atom.predicate == name]
    stated += [rule.span for rule in rules.rules if rule.head.predicate == name]
    changed = _first_effect(name, rules)
    stated += [changed.span] if changed is not None else []
    for span in stated:
        message = f"`{name}` is computed by a function, so nothing else can say when it holds"
        findings.error("foreign-stated", message, span, "", related)


def _check_functional_effects(
    action: ActionSchema, functional: set[str], findings: Findings
) -> None:
    """Warn of an action that gives a functional predicate a value and takes none away."""
    deleted = {(e.atom.predicate, e.atom.arguments[:-1]) for e in action.effects if not e.positive}
    for effect in action.effects:
        name, arguments = effect.atom.predicate, effect.atom.arguments
        if not effect.positive or name not in functional or (name, arguments[:-1]) in deleted:
            continue
        # What is made for a new object, or where nothing was, has no old value to lose.
        if {v.name for v in action.creates} & {getattr(a, "name", "") for a in arguments[:-1]}:
            continue
        message = f"`{name}` is functional, and `{action.name}` may leave its old value beside this"
        hint = _deletion(effect.atom)
        findings.warn("second-value", message, effect.atom.span, hint)


def _deletion(atom: Atom) -> str:
    *keys, _ = (str(argument) for argument in atom.arguments)
    old = f"{atom.predicate}({', '.join([*keys, '?old'])})"
    return f"read the old value in `if:` and add `not {old}`"
