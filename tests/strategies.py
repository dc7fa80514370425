"""Generators of inputs for property tests, shared by all rooms.

`rule_bases` and `tasks` draw well-typed, safe and stratified values with every construct of the
language; `damaged_texts` draws texts that are nearly rule files.
"""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType

from hypothesis import strategies as st

from planner.kr.actions import ActionSchema, Effect
from planner.kr.control import ControlRule, GoalOrder, StepPattern, WalkPattern
from planner.kr.formulas import (
    TRUE,
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
    conjoin,
)
from planner.kr.rules import Predicate, ProbabilisticFact, Rule
from planner.kr.task import RuleBase, Task
from planner.kr.terms import Arithmetic, FunctionTerm, Text, TypedVariable, Variable

TYPES = {"thing": "object", "box": "thing", "room": "object"}
CONSTANTS = {
    "b-1": "box",
    "left": "room",
    "1": "box",
    "mod": "room",
    "Ada Lovelace": "room",
    "it's": "box",
    "no": "box",
}
# The variable's first letter says its type, so that any choice of variables is well typed.
LETTERS = {"box": "b", "room": "r", "int": "n", "string": "s"}
BASE = {
    "in": ("box", "room"),
    "beside": ("room", "room"),
    "open": ("room",),
    "weight": ("box", "int"),
    "label": ("box", "string"),
    "alarm": (),
    "goal": ("box",),
}
DERIVED = {"far": ("room", "room"), "heavy": ("box",), "total": ("room", "int"), "quiet": ()}

names = st.from_regex(r"\A[a-z][a-z0-9_]{0,6}(-[a-z0-9]{1,4})?\Z")
texts = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="{}<>\ufeff\ufffe\uffff"),
    max_size=20,
)
numbers = st.one_of(
    st.integers(-50, 50),
    st.fractions(-9, 9, max_denominator=12).filter(lambda f: f.denominator > 1),
)


def variables(kind: str) -> st.SearchStrategy[Variable]:
    """A variable of a type, one of three."""
    return st.sampled_from([Variable(f"{LETTERS[kind]}{i}") for i in "xyz"])


def constants(kind: str) -> st.SearchStrategy[object]:
    """A constant of a type."""
    if kind == "int":
        return st.integers(-99, 99)
    if kind == "string":
        return texts.filter(lambda t: t not in CONSTANTS).map(Text)
    return st.sampled_from([name for name, of in CONSTANTS.items() if of == kind])


def terms(kind: str) -> st.SearchStrategy[object]:
    """A variable or a constant of a type."""
    return st.one_of(variables(kind), variables(kind), constants(kind))


@st.composite
def atoms(draw: st.DrawFn, signatures: dict[str, tuple[str, ...]]) -> Atom:
    """An atom of one of these predicates."""
    name = draw(st.sampled_from(list(signatures)))
    return Atom(name, tuple(draw(terms(kind)) for kind in signatures[name]))


def facts() -> st.SearchStrategy[Atom]:
    """A ground atom of a base predicate that is not functional."""

    @st.composite
    def ground(draw: st.DrawFn) -> Atom:
        name = draw(st.sampled_from([n for n in BASE if n != "weight"]))
        return Atom(name, tuple(draw(constants(kind)) for kind in BASE[name]))

    return ground()


def _every_variable() -> Formula:
    """Atoms that bind each variable of the pool."""
    parts = []
    for letter in "xyz":
        box, room = Variable(f"b{letter}"), Variable(f"r{letter}")
        parts.append(Atom("in", (box, room)))
        parts.append(Atom("weight", (box, Variable(f"n{letter}"))))
        parts.append(Atom("label", (box, Variable(f"s{letter}"))))
    return conjoin(*parts)


@st.composite
def conditions(draw: st.DrawFn, signatures: dict[str, tuple[str, ...]]) -> Formula:
    """A safe condition: every variable is bound first, then come constructs of all kinds."""
    extra = draw(st.lists(_constructs(signatures), min_size=0, max_size=4))
    # The reader numbers anonymous variables in the order it meets them.
    anonymous = [part for part in extra if _is_anonymous(part)]
    numbered = {id(part): _anonymous(part, i) for i, part in enumerate(anonymous, start=1)}
    return conjoin(_every_variable(), *(numbered.get(id(part), part) for part in extra))


def _is_anonymous(part: Formula) -> bool:
    return isinstance(part, Not) and isinstance(part.body, Exists)


def _anonymous(part: Formula, number: int) -> Formula:
    assert isinstance(part, Not)
    assert isinstance(part.body, Exists)
    assert isinstance(part.body.body, Atom)
    first = part.body.body.arguments[0]
    name = f"_{number}"
    return Not(Exists((TypedVariable(name),), Atom("in", (first, Variable(name)))))


@st.composite
def _constructs(draw: st.DrawFn, signatures: dict[str, tuple[str, ...]]) -> Formula:
    atom = atoms(signatures)
    kind = draw(st.integers(0, 10))
    if kind == 0:
        return Not(draw(atom))
    if kind == 1:
        return draw(atom)
    if kind == 2:
        operator = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
        left = Arithmetic(
            draw(st.sampled_from(["+", "-", "*", "/", "//", "mod"])),
            draw(variables("int")),
            Arithmetic("-", draw(numbers), draw(variables("int"))),
        )
        return Comparison(operator, left, draw(st.one_of(numbers, variables("int"))))
    if kind == 3:
        return Comparison("before", draw(terms("box")), draw(terms("box")))
    if kind == 4:
        quantified = (TypedVariable("bq", ("box",)),)
        inside = draw(atom)
        return Forall(quantified, Atom("in", (Variable("bq"), Variable("rx"))), inside)
    if kind == 5:
        parts = (Atom("in", (Variable("bq"), Variable("rx"))), draw(atom))
        return Exists((TypedVariable("bq", ("box", "room")[:1]),), And(parts))
    if kind == 6:
        first = draw(atom)
        return Or((first, And((draw(atom), Not(draw(atom))))))
    if kind == 7:
        function = draw(st.sampled_from(["count", "sum", "min", "max"]))
        body = Atom("weight", (Variable("bq"), Variable("nq")))
        result = draw(st.sampled_from([Variable("nx"), Variable("nr"), 3]))
        return Aggregate(result, function, (Variable("nq"), Variable("bq")), body)
    if kind == 8:
        return Closure("beside", (draw(terms("room")), draw(terms("room"))))
    if kind == 9:
        return Not(Exists((TypedVariable("_1"),), Atom("in", (draw(terms("box")), Variable("_1")))))
    return Modal(draw(st.sampled_from(["goal", "open", "ready"])), draw(atom))


def rules() -> st.SearchStrategy[Rule]:
    """A rule for a derived predicate, over base predicates."""

    @st.composite
    def rule(draw: st.DrawFn) -> Rule:
        name = draw(st.sampled_from(list(DERIVED)))
        head = Atom(name, tuple(draw(variables(kind)) for kind in DERIVED[name]))
        if name == "total" and draw(st.booleans()):
            head = Atom(name, (head.arguments[0], Arithmetic("+", Variable("nx"), 1)))
        return Rule(head, draw(conditions(BASE)), draw(st.one_of(st.just(""), texts)).strip())

    return rule()


@st.composite
def actions(draw: st.DrawFn, name: str) -> ActionSchema:
    """An action with conditional and quantified effects, creation and costs."""
    parameters = (TypedVariable("bx", ("box",)), TypedVariable("ry", ("room", "thing")))
    creates = (TypedVariable("new", ("box",)),) if draw(st.booleans()) else ()
    made = {n: s for n, s in BASE.items() if n != "goal"}
    plain = [Effect(draw(atoms(made)), draw(st.booleans())) for _ in range(draw(st.integers(1, 3)))]
    if draw(st.booleans()):
        condition = draw(atoms(BASE))
        plain += [Effect(draw(atoms(made)), True, condition), Effect(draw(atoms(made)))]
    if draw(st.booleans()):
        quantified = (TypedVariable("bq", ("box",)),)
        atom = Atom("in", (Variable("bq"), Variable("rx")))
        plain.append(Effect(atom, False, draw(st.sampled_from([TRUE, Atom("alarm")])), quantified))
    if creates:
        plain.append(Effect(Atom("in", (Variable("new"), Variable("rx")))))
    weight = FunctionTerm("weight", (Variable("bx"),))
    cost = draw(
        st.sampled_from([1, 0, Fraction(1, 2), weight, Arithmetic("*", weight, 2), Variable("nx")])
    )
    text = draw(st.sampled_from(["", "move {bx}", "<bx> goes # to {ry}: \"quoted\" 'too'", "no"]))
    return ActionSchema(name, parameters, draw(conditions(BASE)), tuple(plain), cost, creates, text)


@st.composite
def control_rules(draw: st.DrawFn) -> ControlRule:
    """A control rule for the action ``move``, or a walk."""
    step = StepPattern("move", (Variable("bx"), Variable("ry")))
    walk = WalkPattern(Variable("bx"), Variable("rx"), Variable("ry"))
    other = WalkPattern(None, Variable("rx"), Variable("ry"), "open")
    forbids = draw(st.booleans())
    steps = (step,) if forbids else draw(st.sampled_from([(step,), (walk, step), (other, step)]))
    return ControlRule(
        draw(conditions(BASE)),
        steps,
        draw(st.sampled_from([None, Modal("ready", Atom("in", (Variable("bx"), Variable("rx"))))])),
        draw(st.sampled_from(["", "first things first"])),
        draw(st.integers(0, 3)),
        draw(st.sampled_from(["all", "first"])),
        forbids,
    )


@st.composite
def rule_bases(draw: st.DrawFn, *, with_actions: bool = True) -> RuleBase:
    """A rule base that every check accepts."""
    declared = {
        name: Predicate(
            name,
            tuple((kind,) for kind in kinds),
            draw(texts).strip(),
            frozenset({"functional"} if name == "weight" else ()),
        )
        for name, kinds in {**BASE, **DERIVED}.items()
    }
    is_certain = with_actions or draw(st.booleans())
    uncertain = () if is_certain else tuple(draw(st.lists(facts(), max_size=2, unique=True)))
    certain = [atom for atom in draw(st.lists(facts(), max_size=4, unique=True))]
    order = GoalOrder(
        Atom("in", (Variable("bx"), Variable("rx"))),
        Atom("in", (Variable("by"), Variable("rx"))),
        Comparison("!=", Variable("bx"), Variable("by")),
    )
    return RuleBase(
        name=draw(names),
        types=MappingProxyType(TYPES),
        predicates=MappingProxyType(declared),
        constants=MappingProxyType(CONSTANTS),
        facts=tuple(certain),
        rules=tuple(draw(st.lists(rules(), max_size=3))),
        actions=(draw(actions("move")),) if with_actions else (),
        control=tuple(draw(st.lists(control_rules(), max_size=2))) if with_actions else (),
        orders=(order,) if draw(st.booleans()) else (),
        probabilistic_facts=tuple(ProbabilisticFact(Fraction(1, 3), atom) for atom in uncertain),
    )


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    """A task over a drawn rule base."""
    base = draw(rule_bases(with_actions=draw(st.booleans())))
    return Task(
        rules=base,
        name=draw(names),
        objects=MappingProxyType({"z1": "box", "z2": "room", "z3": "box"}),
        init=tuple(draw(st.lists(facts(), max_size=3, unique=True))),
        goal=draw(conditions({**BASE, **DERIVED})),
        minimize=draw(st.sampled_from(["", "cost", "length"])),
        given=() if base.actions else (Atom("alarm"),),
    )


@st.composite
def damaged_texts(draw: st.DrawFn, text: str) -> str:
    """A text with pieces cut out, doubled, or replaced by signs that mean something."""
    signs = ["{", "}", "[", "]", ": ", "- ", "? ", "!", "&a ", "*a", '"', "'", "#", "|", ">"]
    signs += ["\t", "\n", "  ", "\x00", "\ufeff", "\u2028", "(", ")", "?", ",", "not ", "9" * 30]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        text = text[:start] + draw(st.sampled_from(["", "", *signs])) + text[start + length :]
    return text
