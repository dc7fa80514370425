"""Step spaces written by hand: what a user's own Python world looks like."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

import numpy as np

from planner.interfaces import Judgement, Table
from planner.kr.actions import ActionSchema, Effect
from planner.kr.formulas import Atom, Comparison, Not, conjoin, conjuncts
from planner.kr.rules import Predicate
from planner.kr.task import RuleBase, Task
from planner.kr.terms import TypedVariable, Variable
from planner.plan import Step


class GraphWorld:
    """A labelled graph: states are nodes, steps are edges in the order given.

    ``edges`` holds (source, target, schema, cost); the initial state is node 0.
    """

    cost_scale = 1

    def __init__(self, edges, goals, schemas=1):
        actions = tuple(ActionSchema(f"schema{i}") for i in range(schemas))
        self.task = Task(RuleBase(actions=actions))
        self.constants = ()
        self.atoms = self.static = Table(np.zeros(0, np.int32), np.zeros((0, 0), np.int32))
        self._edges = edges
        self._goals = frozenset(goals)
        symbols = np.array([edge[2] for edge in edges], dtype=np.int32)
        self.steps = Table(symbols, np.zeros((len(edges), 0), np.int32))
        self.costs = np.array([edge[3] for edge in edges], dtype=np.int64)
        self.expanded = []

    def initial(self):
        return 0

    def legal_steps(self, state):
        return np.array(
            [i for i, edge in enumerate(self._edges) if edge[0] == state], dtype=np.int32
        )

    def successor(self, state, step):
        source, target, _, _ = self._edges[step]
        assert source == state, "an illegal step was taken"
        return target

    def is_goal(self, state):
        return state in self._goals

    def true_atoms(self, state):
        return np.zeros(0, np.int32)

    def describe(self, step):
        return Step(f"edge{step}")


def tree_world(branching, depth, goals, schemas=1):
    """A complete tree; node ``i`` has the children ``i * branching + 1 ...``."""
    inner = sum(branching**level for level in range(depth))
    edges = [
        (node, node * branching + 1 + child, child % schemas, 1)
        for node in range(inner)
        for child in range(branching)
    ]
    return GraphWorld(edges, goals, schemas)


@dataclass(frozen=True)
class TableGuide:
    """A guide that looks priors and values up by state."""

    priors: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)
    merges: bool = False
    name: str = "table"

    def bind(self, space):
        return self

    def judge(self, states, steps):
        return [
            Judgement(
                log_prior=self.priors.get(state),
                value=self.values.get(state),
                merges=self.merges,
            )
            for state in states
        ]


class StripsWorld:
    """A task of conjunctive conditions and unconditional effects, on frozensets of atoms."""

    cost_scale = 1

    def __init__(self, task):
        self.task = task
        values = {a: None for fact in task.facts for a in fact.arguments}
        self.constants = tuple(dict.fromkeys([*task.all_objects, *values]))
        self._code = {name: index for index, name in enumerate(self.constants)}
        self._predicates = list(task.rules.predicates)
        fluents = task.rules.fluents
        self._start = frozenset(self._pack(a) for a in task.facts if a.predicate in fluents)
        static = sorted(self._pack(a) for a in task.facts if a.predicate not in fluents)
        self.static = self._table(static)
        self._operators = list(self._ground(frozenset(static)))
        self.steps = self._table([(schema, *args) for schema, args, *_ in self._operators])
        self.costs = np.ones(len(self._operators), dtype=np.int64)
        atoms = set(self._start)
        for *_, add, delete in self._operators:
            atoms |= add | delete
        self._atoms = sorted(atoms)
        self._number = {atom: i for i, atom in enumerate(self._atoms)}
        self.atoms = self._table(self._atoms)
        self._states = [self._start]
        self._index = {self._start: 0}
        self._goal = [
            (self._pack(a.body if isinstance(a, Not) else a), isinstance(a, Not))
            for a in conjuncts(task.goal)
        ]
        self._static_set = frozenset(static)

    def initial(self):
        return 0

    def legal_steps(self, state):
        facts = self._states[state]
        legal = [
            i
            for i, (_, _, positive, negative, *_) in enumerate(self._operators)
            if positive <= facts and not negative & facts
        ]
        return np.array(legal, dtype=np.int32)

    def successor(self, state, step):
        _, _, positive, negative, add, delete = self._operators[step]
        facts = self._states[state]
        assert positive <= facts, "an illegal step was taken"
        assert not negative & facts, "an illegal step was taken"
        after = (facts - delete) | add
        if after not in self._index:
            self._index[after] = len(self._states)
            self._states.append(after)
        return self._index[after]

    def is_goal(self, state):
        facts = self._states[state] | self._static_set
        return all((atom in facts) != negated for atom, negated in self._goal)

    def true_atoms(self, state):
        return np.array(sorted(self._number[a] for a in self._states[state]), dtype=np.int32)

    def describe(self, step):
        schema, args, *_ = self._operators[step]
        names = tuple(self.constants[a] for a in args)
        return Step(self.task.rules.actions[schema].name, names, Fraction(1))

    def _pack(self, atom, binding=MappingProxyType({})):
        codes = (
            binding[a.name] if isinstance(a, Variable) else self._code[a] for a in atom.arguments
        )
        return (self._predicates.index(atom.predicate), *codes)

    def _table(self, rows):
        width = max((len(row) for row in rows), default=1) - 1
        symbols = np.array([row[0] for row in rows], dtype=np.int32)
        arguments = np.full((len(rows), width), -1, dtype=np.int32)
        for i, row in enumerate(rows):
            arguments[i, : len(row) - 1] = row[1:]
        return Table(symbols, arguments)

    def _ground(self, static):
        fluents = self.task.rules.fluents
        for number, schema in enumerate(self.task.rules.actions):
            domains = [self.task.objects_of(p.types) for p in schema.parameters]
            for values in itertools.product(*domains):
                binding = {
                    p.name: self._code[v] for p, v in zip(schema.parameters, values, strict=True)
                }
                positive, negative, possible = set(), set(), True
                for part in conjuncts(schema.precondition):
                    if isinstance(part, Comparison):
                        left, right = binding[part.left.name], binding[part.right.name]
                        possible &= (left == right) == (part.operator == "=")
                        continue
                    atom = part.body if isinstance(part, Not) else part
                    packed = self._pack(atom, binding)
                    if atom.predicate not in fluents:
                        possible &= (packed in static) != isinstance(part, Not)
                    else:
                        (negative if isinstance(part, Not) else positive).add(packed)
                if not possible:
                    continue
                add = {self._pack(e.atom, binding) for e in schema.effects if e.positive}
                delete = {self._pack(e.atom, binding) for e in schema.effects if not e.positive}
                yield (number, tuple(binding.values()), positive, negative, add, delete - add)


def atom(text):
    """Read ``p(?x, a)``."""
    predicate, _, rest = text.rstrip(")").partition("(")
    terms = [t.strip() for t in rest.split(",") if t.strip()]
    return Atom(predicate, tuple(Variable(t[1:]) if t[0] == "?" else t for t in terms))


def literals(text):
    """Read ``p(?x) & !q(?x) & ?x != ?y``."""
    parts = []
    for raw in filter(None, (part.strip() for part in text.split("&"))):
        if "!=" in raw:
            left, right = (Variable(t.strip()[1:]) for t in raw.split("!="))
            parts.append(Comparison("!=", left, right))
        else:
            parts.append(Not(atom(raw[1:])) if raw[0] == "!" else atom(raw))
    return conjoin(*parts)


def schema(name, parameters, condition, effects):
    """An action from short texts: parameters ``x:block``, effects as literals."""
    typed = tuple(TypedVariable(n, (t,)) for n, t in (p.split(":") for p in parameters.split()))
    made = tuple(
        Effect(e.body, False) if isinstance(e, Not) else Effect(e)
        for e in conjuncts(literals(effects))
    )
    return ActionSchema(name, typed, literals(condition), made)


def rule_base(types, predicates, actions, **more):
    """A rule base; ``predicates`` maps names to types joined by blanks."""
    declared = {
        name: Predicate(name, tuple((t,) for t in text.split()))
        for name, text in predicates.items()
    }
    return RuleBase(
        types=dict.fromkeys(types, "object"), predicates=declared, actions=tuple(actions), **more
    )


def blocks_rules(**more):
    """Blocksworld with four operators."""
    return rule_base(
        ["block"],
        {
            "on": "block block",
            "ontable": "block",
            "clear": "block",
            "holding": "block",
            "handempty": "",
        },
        [
            schema(
                "pick-up",
                "x:block",
                "clear(?x) & ontable(?x) & handempty",
                "holding(?x) & !clear(?x) & !ontable(?x) & !handempty",
            ),
            schema(
                "put-down",
                "x:block",
                "holding(?x)",
                "ontable(?x) & clear(?x) & handempty & !holding(?x)",
            ),
            schema(
                "stack",
                "x:block y:block",
                "holding(?x) & clear(?y)",
                "on(?x, ?y) & clear(?x) & handempty & !holding(?x) & !clear(?y)",
            ),
            schema(
                "unstack",
                "x:block y:block",
                "on(?x, ?y) & clear(?x) & handempty",
                "holding(?x) & clear(?y) & !on(?x, ?y) & !clear(?x) & !handempty",
            ),
        ],
        **more,
    )


def blocks_task(towers, goal, **more):
    """A task from towers written bottom first, such as ``["abc", "d"]``."""
    init = [atom("handempty")]
    names = sorted("".join(towers))
    for tower in towers:
        init.append(atom(f"ontable({tower[0]})"))
        init += [atom(f"on({up}, {low})") for low, up in itertools.pairwise(tower)]
        init.append(atom(f"clear({tower[-1]})"))
    return Task(
        blocks_rules(**more),
        objects=dict.fromkeys(names, "block"),
        init=tuple(init),
        goal=literals(goal),
    )


def delivery_rules(**more):
    """One-van deliveries over roads: a movement schema and two errands."""
    return rule_base(
        ["van", "parcel", "place"],
        {
            "at": "van place",
            "lies": "parcel place",
            "in": "parcel van",
            "road": "place place",
            "free": "van",
        },
        [
            schema(
                "drive",
                "v:van a:place b:place",
                "at(?v, ?a) & road(?a, ?b)",
                "at(?v, ?b) & !at(?v, ?a)",
            ),
            schema(
                "load",
                "p:parcel v:van a:place",
                "at(?v, ?a) & lies(?p, ?a) & free(?v)",
                "in(?p, ?v) & !lies(?p, ?a) & !free(?v)",
            ),
            schema(
                "unload",
                "p:parcel v:van a:place",
                "at(?v, ?a) & in(?p, ?v)",
                "lies(?p, ?a) & free(?v) & !in(?p, ?v)",
            ),
        ],
        **more,
    )


def delivery_task(road_length, parcels, **more):
    """A van at place ``l0`` of a straight road; ``parcels`` gives (from, to) for each parcel."""
    places = [f"l{i}" for i in range(road_length)]
    init = [atom("at(v, l0)"), atom("free(v)")]
    for a, b in itertools.pairwise(places):
        init += [atom(f"road({a}, {b})"), atom(f"road({b}, {a})")]
    init += [atom(f"lies(p{i}, l{a})") for i, (a, _) in enumerate(parcels)]
    goal = " & ".join(f"lies(p{i}, l{b})" for i, (_, b) in enumerate(parcels))
    objects = {"v": "van", **{f"p{i}": "parcel" for i in range(len(parcels))}}
    objects |= dict.fromkeys(places, "place")
    return Task(delivery_rules(**more), objects=objects, init=tuple(init), goal=literals(goal))


def replay(space, outcome):
    """Follow a plan; True when every step is legal, its cost is right and it ends in a goal."""
    state = space.initial()
    for step in outcome.steps:
        if step not in space.legal_steps(state).tolist():
            return False
        state = space.successor(state, step)
    return space.is_goal(state) and outcome.cost == sum(int(space.costs[s]) for s in outcome.steps)
