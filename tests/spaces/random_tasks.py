"""Small random tasks that use the whole rule language the ground step space understands."""

from types import MappingProxyType

from planner.kr.actions import ActionSchema, Effect
from planner.kr.formulas import (
    TRUE,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Modal,
    Not,
    Or,
    conjoin,
)
from planner.kr.rules import Predicate, Rule
from planner.kr.task import RuleBase, Task
from planner.kr.terms import TypedVariable, Variable

TYPES = {"box": "object", "crate": "box", "tool": "object"}
STATIC = {"heavy": 1, "linked": 2}
FLUENT = {"ready": 0, "open": 1, "near": 2}
DERIVED = {"sees": 2, "safe": 1, "calm": 0}


class Maker:
    """Makes formulas over variables in scope; deeper ones less likely."""

    def __init__(self, random, objects):
        self.random = random
        self.objects = objects
        self.fresh = 0

    def task(self):
        random = self.random
        objects = {o: random.choice(list(TYPES)) for o in self.objects}
        arity = STATIC | FLUENT | DERIVED
        predicates = {n: Predicate.of_arity(n, k) for n, k in arity.items()}
        facts = [
            Atom(name, tuple(random.choice(self.objects) for _ in range(k)))
            for name, k in (STATIC | FLUENT).items()
            for _ in range(random.randint(1, 4))
        ]
        base = RuleBase(
            types=MappingProxyType(TYPES),
            predicates=MappingProxyType(predicates),
            rules=tuple(self.rules()),
            actions=tuple(self.action(i) for i in range(random.randint(2, 4))),
        )
        goal = self.formula([], 2, arity)
        if random.random() < 0.3:
            goal = conjoin(self.atom([], FLUENT), self.literal([], arity), goal)
        return Task(
            base, objects=MappingProxyType(objects), init=tuple(dict.fromkeys(facts)), goal=goal
        )

    def rules(self):
        below = dict(STATIC | FLUENT)
        for name, arity in DERIVED.items():
            variables = [f"h{i}" for i in range(arity)]
            head = Atom(name, tuple(Variable(v) for v in variables))
            for _ in range(self.random.randint(1, 2)):
                scope, parts = list(variables), [Atom("object", (Variable(v),)) for v in variables]
                if self.random.random() < 0.6:
                    scope.append("y")
                    parts.append(self.positive(scope, {"linked": 2, "near": 2, name: arity}))
                    parts.append(Atom("object", (Variable("y"),)))
                parts.append(self.formula(scope, 2, below))
                yield Rule(head, conjoin(*parts))
            below[name] = arity

    def action(self, index):
        random = self.random
        names = ["x", "z"][: random.randint(0, 2)]
        parameters = tuple(TypedVariable(n, self.types()) for n in names)
        scope = list(names)
        parts = [self.formula(scope, random.randint(0, 3), STATIC | FLUENT | DERIVED)]
        if random.random() < 0.3:
            scope.append("w")
            parts.insert(0, Atom("near", (Variable("w"), self.term(names))))
        effects = tuple(self.effect(scope) for _ in range(random.randint(2, 5)))
        return ActionSchema(f"do{index}", parameters, conjoin(*parts), effects)

    def effect(self, scope):
        variables = ()
        if self.random.random() < 0.25:
            variables = (TypedVariable("e", self.types()),)
        inner = [*scope, *(v.name for v in variables)]
        condition = TRUE
        if self.random.random() < 0.4:
            condition = self.formula(inner, 2, STATIC | FLUENT | DERIVED)
        return Effect(self.atom(inner, FLUENT), self.random.random() < 0.5, condition, variables)

    def formula(self, scope, depth, arity):
        kind = self.random.random()
        if depth == 0 or kind < 0.4:
            return self.literal(scope, arity)
        if kind < 0.6:
            return And(tuple(self.formula(scope, depth - 1, arity) for _ in range(2)))
        if kind < 0.75:
            return Or(tuple(self.formula(scope, depth - 1, arity) for _ in range(2)))
        if kind < 0.8:
            return Not(self.formula(scope, depth - 1, arity))
        self.fresh += 1
        # Names are reused, so that inner quantifiers hide outer variables.
        variable = TypedVariable(f"q{self.fresh % 2}", self.types())
        body = self.formula([*scope, variable.name], depth - 1, arity)
        if kind < 0.9:
            return Exists((variable,), body)
        condition = self.literal([*scope, variable.name], arity)
        return Forall((variable,), condition if kind < 0.95 else TRUE, body)

    def literal(self, scope, arity):
        kind = self.random.random()
        if kind < 0.1 and scope:
            pair = (self.term(scope), self.term(scope))
            return Comparison(self.random.choice(["=", "!=", "before"]), *pair)
        if kind < 0.15:
            name = self.random.choice(["linked", "near"])
            return Closure(name, (self.term(scope), self.term(scope)))
        if kind < 0.2:
            return Modal("goal", self.atom(scope, FLUENT))
        atom = self.atom(scope, arity | {"box": 1})
        return atom if self.random.random() < 0.7 else Not(atom)

    def positive(self, scope, arity):
        """An atom that binds the last variable of the scope."""
        name = self.random.choice([n for n, k in arity.items() if k])
        terms = [self.term(scope) for _ in range(arity[name])]
        terms[self.random.randrange(len(terms))] = Variable(scope[-1])
        return Atom(name, tuple(terms))

    def atom(self, scope, arity):
        name = self.random.choice(list(arity))
        return Atom(name, tuple(self.term(scope) for _ in range(arity[name])))

    def term(self, scope):
        if scope and self.random.random() < 0.85:
            return Variable(self.random.choice(scope))
        return self.random.choice(self.objects)

    def types(self):
        return self.random.choice(
            [("object",), ("object",), ("box",), ("crate",), ("tool",), ("crate", "tool")]
        )


def random_task(random):
    return Maker(random, ["a", "b", "c"][: random.randint(2, 3)]).task()
