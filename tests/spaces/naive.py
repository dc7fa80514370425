"""A naive interpreter of tasks: states are sets of facts, formulas are tried on every object.

It shares nothing with the ground step space but the knowledge types. Derived predicates must be
declared in an order of strata: a rule may negate only what is declared before its head.
"""

from itertools import product

from planner.kr.formulas import (
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Modal,
    Not,
    Or,
    conjuncts,
)
from planner.kr.terms import ANY_TYPE, Variable


class Naive:
    def __init__(self, task):
        self.task = task
        self.rules = task.rules
        self.objects = list(task.all_objects)
        self.derived = [p for p in self.rules.predicates if p in self.rules.derived]
        self.goals = {
            (a.predicate, a.arguments) for a in conjuncts(task.goal) if isinstance(a, Atom)
        }

    def initial(self):
        return frozenset((a.predicate, a.arguments) for a in self.task.facts)

    def closed(self, state):
        facts = set(state)
        for head in self.derived:
            rules = [r for r in self.rules.rules if r.head.predicate == head]
            grown = True
            while grown:
                new = {fact for rule in rules for fact in self._consequences(rule, facts)}
                grown = not new <= facts
                facts |= new
        return facts

    def steps(self, state):
        """Pairs of (name, arguments) and successor."""
        facts = self.closed(state)
        for action in self.rules.actions:
            declared = [p.name for p in action.parameters]
            extra = [n for n in names_in(action.precondition) if n not in declared]
            domains = [self._domain(p.types) for p in action.parameters]
            for values in product(*domains, *(self.objects for _ in extra)):
                binding = dict(zip(declared + extra, values, strict=True))
                if self.holds(action.precondition, binding, facts):
                    yield (action.name, values), self._applied(action, binding, state, facts)

    def is_goal(self, state):
        return self.holds(self.task.goal, {}, self.closed(state))

    def holds(self, formula, binding, facts):
        match formula:
            case Atom(predicate, arguments):
                values = self._values(arguments, binding)
                if predicate == ANY_TYPE or predicate in self.rules.types:
                    return self.task.has_type(values[0], predicate)
                return (predicate, values) in facts
            case Modal("goal", Atom(predicate, arguments)):
                return (predicate, self._values(arguments, binding)) in self.goals
            case Closure(predicate, pair):
                return self._reaches(predicate, self._values(pair, binding), facts)
            case Comparison(operator, left, right):
                a, b = self._values((left, right), binding)
                if operator == "before":
                    return self.objects.index(a) < self.objects.index(b)
                return (a == b) is (operator == "=")
            case Not(body):
                return not self.holds(body, binding, facts)
            case And(parts):
                return all(self.holds(p, binding, facts) for p in parts)
            case Or(parts):
                return any(self.holds(p, binding, facts) for p in parts)
            case Exists(variables, body):
                return any(self.holds(body, b, facts) for b in self._bindings(variables, binding))
            case Forall(variables, condition, body):
                return all(
                    self.holds(body, b, facts)
                    for b in self._bindings(variables, binding)
                    if self.holds(condition, b, facts)
                )

    def _applied(self, action, binding, state, facts):
        added, deleted = set(), set()
        for effect in action.effects:
            for inner in self._bindings(effect.variables, binding):
                if self.holds(effect.condition, inner, facts):
                    values = self._values(effect.atom.arguments, inner)
                    (added if effect.positive else deleted).add((effect.atom.predicate, values))
        return (state - deleted) | added

    def _consequences(self, rule, facts):
        names = list(dict.fromkeys([*names_in(rule.head), *names_in(rule.body)]))
        for values in product(self.objects, repeat=len(names)):
            binding = dict(zip(names, values, strict=True))
            if self.holds(rule.body, binding, facts):
                yield rule.head.predicate, self._values(rule.head.arguments, binding)

    def _reaches(self, predicate, pair, facts):
        edges = {args for name, args in facts if name == predicate}
        seen, frontier = set(), {pair[0]}
        while frontier:
            frontier = {b for a, b in edges if a in frontier} - seen
            seen |= frontier
        return pair[1] in seen

    def _bindings(self, variables, binding):
        domains = [self._domain(v.types) for v in variables]
        for values in product(*domains):
            yield binding | dict(zip([v.name for v in variables], values, strict=True))

    def _domain(self, types):
        return self.objects if types == (ANY_TYPE,) else self.task.objects_of(types)

    def _values(self, terms, binding):
        return tuple(binding[t.name] if isinstance(t, Variable) else t for t in terms)


def names_in(formula, bound=frozenset()):
    """Free variables in order of first occurrence."""
    found = {}
    match formula:
        case Atom(_, arguments) | Modal(_, Atom(_, arguments)) | Closure(_, arguments):
            terms = arguments
        case Comparison(_, left, right):
            terms = (left, right)
        case Not(body):
            return names_in(body, bound)
        case And(parts) | Or(parts):
            for part in parts:
                found |= dict.fromkeys(names_in(part, bound))
            return list(found)
        case Exists(variables, body):
            return names_in(body, bound | {v.name for v in variables})
        case Forall(variables, condition, body):
            return names_in(And((condition, body)), bound | {v.name for v in variables})
    return list(
        dict.fromkeys(t.name for t in terms if isinstance(t, Variable) and t.name not in bound)
    )
