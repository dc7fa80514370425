"""Learned rules in words a person would choose, named by what they do.

Rules are learned over numbered variables. Here these get the name of their type, in domains
without types that of a property the condition asks for, or else that of an action's parameter;
names change nothing else. A rule is named after what it does, and after its goal where rules for
several goals do the same; equal names are numbered as they are written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.kr.control import StepPattern, WalkPattern
from planner.kr.formulas import Atom, Closure, Comparison, Not, conjoin, conjuncts, substitute
from planner.kr.terms import ANY_TYPE, VALUE_TYPES, Variable
from planner.kr.walks import movements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.kr.control import ControlRule, ControlStep
    from planner.kr.formulas import Formula
    from planner.kr.task import RuleBase
    from planner.kr.terms import Expression, Term, TypedVariable
    from planner.kr.walks import Movement
    from planner.learn.rules.options import Advice

__all__ = ["legend", "reworded"]

_LETTERS = "xyzuvw"
_FEW = 3


def reworded(advice: Advice, base: RuleBase) -> Advice:
    """The same advice with telling names, in the order in which it is written.

    Args:
        advice: learned.
        base: the rule base it was learned from.
    """
    written = sorted(advice.control, key=lambda rule: rule.rank)
    control, sources = [], {}
    for rule, name in zip(written, _rule_names(written), strict=True):
        control.append(replace(_renamed(rule, base), name=name))
        if rule.name in advice.sources:
            sources[name] = advice.sources[rule.name]
    return replace(advice, control=tuple(control), sources=sources)


def _rule_names(rules: Sequence[ControlRule]) -> list[str]:
    goals: dict[str, set[str]] = {}
    for rule in rules:
        goals.setdefault(_deed(rule), set()).add(_goal(rule))
    stems = [
        f"{_deed(rule)}-for-{_goal(rule)}" if len(goals[_deed(rule)]) > 1 else _deed(rule)
        for rule in rules
    ]
    count, taken, names = Counter(stems), set(stems), []
    for stem in stems:
        number, name = 1, stem
        while count[stem] > 1 and name in taken:
            name, number = f"{stem}-{number}", number + 1
        taken.add(name)
        names.append(name)
    return names


def _deed(rule: ControlRule) -> str:
    """What a rule does: its actions, or the first and the last of many."""
    actions = [step.action for step in rule.steps if isinstance(step, StepPattern)]
    if not actions:
        return "walk"
    if rule.run == "first":
        return actions[0]
    chain = list(dict.fromkeys(actions)) if len(set(actions)) == 1 else actions
    return "-then-".join(chain) if len(chain) <= _FEW else f"{chain[0]}-to-{chain[-1]}"


def _goal(rule: ControlRule) -> str:
    return "" if rule.pursues is None else rule.pursues.atom.predicate


def legend(advice: Advice) -> tuple[str, ...]:
    """Lines that say how to read what the advice uses."""
    lines = [
        "How to read it: `for` is the goal a rule works towards, `if` is when it applies, and `do`",
        "or `prefer` is what to do. Of the rules that apply the cheapest goes first.",
    ]
    steps = [step for rule in advice.control for step in rule.steps]
    if any(isinstance(step, WalkPattern) for step in steps):
        lines.append("`walk` stands for as many steps as the way takes.")
    if any(rule.rank for rule in advice.control):
        lines.append("`rank`: rules of a lower rank (0 where none is written) come before others.")
    if any(rule.run == "first" for rule in advice.control):
        lines.append(
            "`run: first`: after one action (and the walk to it) all rules are asked anew."
        )
    conditions = [rule.condition for rule in advice.control]
    conditions += [order.condition for order in advice.orders]
    if any(map(_has_closure, conditions)):
        lines.append("`p+(?x, ?y)`: a fact `p` leads from ?x to ?y, or a chain of such facts does.")
    if advice.orders:
        lines.append("`order`: goals that wait until others are met.")
    return tuple(lines)


def _has_closure(condition: Formula) -> bool:
    return any(isinstance(part, Closure) for part in conjuncts(condition))


def _renamed(rule: ControlRule, base: RuleBase) -> ControlRule:
    names = _names(rule, base)

    def term(value: Term) -> Term:
        return names.get(value, value) if isinstance(value, Variable) else value

    def step(pattern: ControlStep) -> ControlStep:
        if isinstance(pattern, StepPattern):
            return replace(pattern, arguments=tuple(map(term, pattern.arguments)))
        mover = None if pattern.mover is None else term(pattern.mover)
        return replace(pattern, mover=mover, start=term(pattern.start), end=term(pattern.end))

    binding = {old.name: new for old, new in names.items()}
    pursues = rule.pursues
    if pursues is not None:
        goal = substitute(pursues.atom, binding)
        assert isinstance(goal, Atom)
        pursues = replace(pursues, atom=goal)
    return replace(
        rule,
        condition=conjoin(*dict.fromkeys(conjuncts(substitute(rule.condition, binding)))),
        pursues=pursues,
        steps=tuple(map(step, rule.steps)),
    )


def _names(rule: ControlRule, base: RuleBase) -> dict[Variable, Variable]:
    """New names for the variables of a rule, in the order in which a reader meets them."""
    variables = dict.fromkeys(_variables(rule))
    nouns = _nouns(rule, base)
    if len(variables) <= len(_LETTERS) and len({nouns.get(v, "") for v in variables}) == 1:
        return {v: Variable(_LETTERS[i]) for i, v in enumerate(variables)}
    used: Counter[str] = Counter()
    found: dict[Variable, Variable] = {}
    taken: set[str] = set()
    for variable in variables:
        noun = nouns.get(variable, "x")
        name = noun
        while name in taken or not name:
            used[noun] += 1
            gap = "-" if noun[-1:].isdigit() else ""
            name = f"{noun}{gap}{used[noun] + 1}"
        taken.add(name)
        found[variable] = Variable(name)
    return found


def _variables(rule: ControlRule) -> Iterator[Variable]:
    if rule.pursues is not None:
        yield from _only_variables(rule.pursues.atom.arguments)
    for part in conjuncts(rule.condition):
        yield from _only_variables(_arguments(part))
    for step in rule.steps:
        yield from _only_variables(_step_terms(step))


def _only_variables(terms: tuple[Expression, ...]) -> Iterator[Variable]:
    return (term for term in terms if isinstance(term, Variable))


def _arguments(part: Formula) -> tuple[Expression, ...]:
    match part:
        case Atom(_, arguments) | Closure(_, arguments) | Not(Atom(_, arguments)):
            return arguments
        case Comparison(_, left, right):
            return (left, right)
        case _:
            return ()


def _step_terms(step: ControlStep) -> tuple[Term, ...]:
    if isinstance(step, StepPattern):
        return step.arguments
    ends = (step.start, step.end)
    return ends if step.mover is None else (step.mover, *ends)


def _nouns(rule: ControlRule, base: RuleBase) -> dict[Variable, str]:
    """What each variable is: its narrowest type, else a property, else a parameter's name."""
    found: dict[Variable, str] = {}
    for variable, noun in _typed(rule, base):
        if variable not in found or _depth(noun, base) > _depth(found[variable], base):
            found[variable] = noun
    changing = base.fluents | base.derived
    for part in conjuncts(rule.condition):
        match part:
            case Atom(predicate, (Variable() as variable,)) if predicate not in changing:
                found.setdefault(variable, predicate)
            case _:
                continue
    for variable, noun in _parameters(rule, base):
        found.setdefault(variable, noun)
    return {variable: noun for variable, noun in found.items() if not noun.startswith("_")}


def _depth(kind: str, base: RuleBase) -> int:
    return sum(1 for _ in base.supertypes(kind))


def _typed(rule: ControlRule, base: RuleBase) -> Iterator[tuple[Variable, str]]:
    """Variables with the types that atoms and steps give them, `object` left out."""
    atoms = [] if rule.pursues is None else [rule.pursues.atom]
    atoms += [part for part in conjuncts(rule.condition) if isinstance(part, Atom)]
    places: list[tuple[Expression, tuple[str, ...]]] = []
    for atom in atoms:
        if atom.predicate in base.predicates:
            places += zip(atom.arguments, base.predicates[atom.predicate].types, strict=True)
        else:
            places += [(argument, (atom.predicate,)) for argument in atom.arguments]
    for step, parameters in _steps(rule, base):
        places += zip(step.arguments, (p.types for p in parameters), strict=False)
    for walk, moved in _walks(rule, base):
        types = base.predicates[moved.predicate].types
        places += [(walk.start, types[moved.place]), (walk.end, types[moved.place])]
    for term, kinds in places:
        plain = len(kinds) == 1 and kinds[0] != ANY_TYPE and kinds[0] not in VALUE_TYPES
        if isinstance(term, Variable) and plain:
            yield term, kinds[0]


def _parameters(rule: ControlRule, base: RuleBase) -> Iterator[tuple[Variable, str]]:
    """Variables with the names that the actions give them."""
    for step, parameters in _steps(rule, base):
        for term, parameter in zip(step.arguments, parameters, strict=False):
            if isinstance(term, Variable):
                yield term, parameter.name


def _steps(
    rule: ControlRule, base: RuleBase
) -> Iterator[tuple[StepPattern, tuple[TypedVariable, ...]]]:
    """The steps of a rule that are no walks, each with the parameters of its action."""
    parameters = {action.name: action.parameters for action in base.actions}
    for step in rule.steps:
        if isinstance(step, StepPattern):
            yield step, parameters[step.action]


def _walks(rule: ControlRule, base: RuleBase) -> Iterator[tuple[WalkPattern, Movement]]:
    """The walks of a rule, each with a movement of the base."""
    known = {movement.predicate: movement for movement in movements(base)}
    for step in rule.steps:
        if isinstance(step, WalkPattern) and step.predicate in known:
            yield step, known[step.predicate]
