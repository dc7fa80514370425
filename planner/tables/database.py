"""Rules, facts and functions together: ask, and what follows is worked out."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from planner.diagnostics import Severity, suggest
from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.gather.foreign import Foreign
from planner.engine.modal import order_rules, symmetric_rules
from planner.engine.query import answer_rows
from planner.engine.tables import add_columns
from planner.errors import InputError, RuleFileError
from planner.io.python_texts import (
    caller,
    read_facts_text,
    read_predicate,
    read_question,
    read_rules,
)
from planner.kr.formulas import Atom, Not, atoms_of, conjuncts, free_variables
from planner.kr.rules import Predicate, Rule
from planner.kr.task import RuleBase, Task
from planner.kr.terms import ANY_TYPE, VALUE_TYPES, Variable
from planner.tables.rows import Rows
from planner.tables.sources import columns_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.engine.forward import Tier
    from planner.engine.model import Model
    from planner.engine.proofs import Proof
    from planner.interfaces import IntArray
    from planner.kr.formulas import Formula
    from planner.search.limits import Meter
    from planner.tables.sources import Source

__all__ = ["Database"]

_Function = TypeVar("_Function", bound="Callable[..., object]")


class Database:
    """Facts and rules that grow, and answers to questions about what follows from them.

    Predicates need no declaration: those of facts and of the heads of rules are known. What is
    declared, or comes from a rule base, is checked against its declaration.

    >>> db = Database()
    >>> db.add("road", [("a", "b"), ("b", "c")])
    >>> db.rule("reach(?x, ?y)", if_="road(?x, ?y)")
    >>> db.rule("reach(?x, ?z)", if_="reach(?x, ?y) and road(?y, ?z)")
    >>> list(db.query("reach(a, ?where)"))
    [('b',), ('c',)]
    """

    def __init__(self, base: RuleBase | Task | None = None) -> None:
        """Begin with a rule base, as `planner.load_rules` reads it, with a task, or with nothing.

        Of a task the objects and facts are taken, not the goal.
        """
        task = base if isinstance(base, Task) else Task(base or RuleBase())
        self._base = task.rules
        self._rules: list[Rule] = list(self._base.rules)
        self._predicates: dict[str, Predicate] = dict(self._base.predicates)
        self._facts = Facts.of_task(task)
        self._functions: dict[str, Foreign] = {}
        self._model: Model | None = None

    # Telling.

    def declare(
        self,
        signature: str,
        meaning: str = "",
        *,
        keep: Literal["", "min", "max"] = "",
        symmetric: bool = False,
        equivalence: bool = False,
        functional: bool = False,
    ) -> None:
        """Declare a predicate, as in ``dist(place, place, int)``; a type may be any name.

        Raises:
            RuleFileError: when the properties do not fit the signature.
        """
        flags = {"symmetric": symmetric, "equivalence": equivalence, "functional": functional}
        properties = [name for name, is_set in flags.items() if is_set]
        self._declare(
            read_predicate(signature, meaning, caller(), properties=properties, keep=keep)
        )

    def foreign(
        self, signature: str, *, inputs: int, many: bool = False, cached: bool = True
    ) -> Callable[[_Function], _Function]:
        """Have a predicate computed by the decorated function, a batch of rows at a time.

        The function gets a column for each of the first ``inputs`` arguments and gives the others;
        `planner.engine.gather.foreign.Foreign` says how. ``cached`` functions are asked about the
        same inputs once only.
        """
        predicate = read_predicate(signature, "", caller(), foreign=inputs)

        def register(function: _Function) -> _Function:
            self._declare(predicate)
            self._functions[predicate.name] = Foreign(predicate, function, many=many, cached=cached)
            return function

        return register

    def compute(
        self,
        predicate: str,
        function: Callable[..., object],
        *,
        many: bool = False,
        cached: bool = True,
    ) -> None:
        """Give the function behind a predicate that is declared ``foreign:`` in a file.

        Raises:
            InputError: when it is not declared so.
        """
        declared = self._predicates.get(predicate)
        if declared is None or declared.foreign is None:
            hint = suggest(predicate, [n for n, p in self._predicates.items() if p.foreign])
            raise InputError(f"`{predicate}` is not declared `foreign:`. {hint}".rstrip())
        self._functions[predicate] = Foreign(declared, function, many=many, cached=cached)
        self._model = None

    def rule(self, head: str, if_: str = "", *, name: str = "") -> None:
        """Add a rule; ``and`` in the head makes several.

        Raises:
            RuleFileError: when a text is not of the language; names the caller's line.
        """
        self._rules += read_rules(head, if_, name, caller())
        self._model = None

    def fact(self, *texts: str) -> None:
        """Add facts given as texts, ``road(a, b)``."""
        where = caller()
        for text in texts:
            for atom in read_facts_text(text, where):
                self._facts.add(atom)
                row = self._facts.symbols.find_row(atom.arguments)
                assert row is not None, "adding the fact has interned its constants"
                self._type(atom.predicate, np.array([row], dtype=np.int32))
        self._model = None

    def add(self, predicate: str, source: Source, *, has_header: bool = True) -> None:
        """Add a fact for each row of a table; `planner.tables.sources.columns_from` says which.

        ``has_header`` says whether the first line of a file names its columns.

        Raises:
            InputError: for values that do not fit; names the row.
        """
        columns = columns_from(source, predicate, has_header=has_header)
        declared = self._predicates.get(predicate)
        texts: list[int] = []
        if declared is not None:
            if columns and len(columns) != declared.arity:
                message = f"`{predicate}` takes {declared.arity} columns, and {len(columns)} are"
                raise InputError(f"{message} given")
            texts = [i for i, types in enumerate(declared.types) if "string" in types]
        if columns:
            self._type(predicate, add_columns(self._facts, predicate, columns, texts))
        self._model = None

    # Asking.

    @property
    def base(self) -> RuleBase:
        """The rules and declarations so far as a rule base; undeclared places take any object."""
        known = dict(self._predicates)
        for rule in self._rules:
            arity = len(rule.head.arguments)
            known.setdefault(rule.head.predicate, Predicate.of_arity(rule.head.predicate, arity))
        return replace(self._base, predicates=MappingProxyType(known), rules=tuple(self._rules))

    @property
    def facts(self) -> Facts:
        """What was told so far, a copy."""
        return self._facts.copy()

    def model(self, meter: Meter | None = None, *, tier: Tier = "auto") -> Model:
        """Everything that follows, worked out anew after a change.

        ``tier`` says which representations to choose from (`planner.engine.forward`).

        Raises:
            RuleFileError: for rules that make no sense, such as recursion through negation.
            LimitError: when the meter says so.
        """
        if self._model is None:
            self._model = self._evaluate(self._rules, meter, tier)
        return self._model

    def rows(self, predicate: str, names: tuple[str, ...] = ()) -> Rows:
        """All facts of a predicate, stated and derived.

        Raises:
            InputError: for a predicate that nothing mentions.
        """
        self._check_known([Atom(predicate)])
        model = self.model()
        codes = model.rows(predicate)
        declared = self._predicates.get(predicate)
        width = declared.arity if declared is not None and not len(codes) else codes.shape[1]
        names = names or tuple(f"x{i}" for i in range(1, width + 1))
        return Rows(names, codes.reshape(len(codes), width), model.symbols)

    def query(self, formula: str) -> Rows:
        """The distinct bindings of a formula's variables, a column each.

        Raises:
            RuleFileError: when the text is not of the language.
            InputError: for unknown predicates, or variables that nothing binds.
        """
        asked = read_question(formula, caller())
        self._check_known([atom for atom, _ in atoms_of(asked)])
        _check_bound(asked)
        if any(atom.predicate in self._functions for atom, _ in atoms_of(asked)):
            return self._query_functions(asked)
        model = self.model()
        names, codes = answer_rows(model, asked)
        return Rows(names, codes, model.symbols)

    def why(self, fact: str) -> str:
        """A proof of a fact in words, ``""`` when it does not hold."""
        from planner.engine.render import proof_text

        proof = self._proof(fact, caller())
        return "" if proof is None else proof_text(proof)

    def prove(self, fact: str) -> Proof | None:
        """A proof of a fact as data, ``None`` when it does not hold."""
        return self._proof(fact, caller())

    # Inside.

    def _proof(self, fact: str, where: tuple[str, int]) -> Proof | None:
        (atom,) = read_facts_text(fact, where)
        return self.model().prove(atom)

    def _declare(self, predicate: Predicate) -> None:
        # Most scripts declare nothing.
        from planner.kr.places import Findings
        from planner.kr.properties import check_properties

        findings = Findings()
        alone = RuleBase(predicates=MappingProxyType({predicate.name: predicate}))
        check_properties(alone, findings)
        errors = [d for d in findings.found if d.severity is Severity.ERROR]
        if errors:
            raise RuleFileError(errors)
        self._predicates[predicate.name] = predicate
        self._model = None

    def _type(self, predicate: str, rows: IntArray) -> None:
        """Let what stands in a place of a type be of that type; values must be of theirs."""
        declared = self._predicates.get(predicate)
        for number, types in enumerate(declared.types if declared is not None else ()):
            codes = np.unique(rows[:, number])
            if VALUE_TYPES.intersection(types):
                self._check_values(predicate, number, types, codes)
            elif len(types) == 1:
                for name in self._base.supertypes(types[0]):
                    self._facts.add_rows(name, codes.reshape(-1, 1))

    def _check_values(
        self, predicate: str, number: int, types: tuple[str, ...], codes: IntArray
    ) -> None:
        from planner.kr.vocabulary import Vocabulary

        vocabulary = Vocabulary(self._base, {})
        _, is_integer = self._facts.symbols.integers()
        if "string" not in types and is_integer[codes].all():
            return
        for code in codes.tolist():
            constant = self._facts.symbols.constant(code)
            if isinstance(constant, str) or not vocabulary.accepts(types, constant):
                wanted = " or ".join(types)
                message = f"column {number + 1} of `{predicate}` holds {constant!s}, which is no"
                raise InputError(f"{message} {wanted}")

    def _evaluate(self, rules: list[Rule], meter: Meter | None, tier: Tier = "auto") -> Model:
        base = self.base
        if self._base.predicates:
            self._check_base(base)
        self._check_known([atom for rule in rules for atom, _ in atoms_of(rule.body)])
        declared = list(self._predicates.values())
        every = [*rules, *symmetric_rules(declared), *order_rules(base.orders)]
        facts = self._facts.copy()
        functions = self._functions
        return evaluate(
            every, facts, declared=declared, functions=functions, tier=tier, meter=meter
        )

    def _check_base(self, base: RuleBase) -> None:
        from planner.kr.check import check_rules

        # Facts of a table bring objects that no file declares.
        errors = [d for d in check_rules(base) if d.severity is Severity.ERROR]
        errors = [d for d in errors if d.code != "unknown-object"]
        if errors:
            raise RuleFileError(errors)

    def _check_known(self, atoms: list[Atom]) -> None:
        heads = {rule.head.predicate for rule in self._rules}
        known = [*self._predicates, *heads, *self._facts.predicates(), *self._base.types]
        names = {*known, ANY_TYPE}
        for atom in atoms:
            if atom.predicate not in names:
                place = f" ({atom.span})" if atom.span else ""
                hint = suggest(atom.predicate, known)
                message = f"no fact and no rule speaks of `{atom.predicate}`{place}"
                raise InputError(f"{message}: {hint or 'declare it'}")

    def _query_functions(self, asked: Formula) -> Rows:
        """A question about functions is evaluated with the rules, which ask them."""
        names = tuple(name for name in free_variables(asked) if name[:1] != "_")
        head = Atom("answers asked", tuple(map(Variable, names)))
        model = self._evaluate([*self._rules, Rule(head, asked)], None)
        codes = model.rows(head.predicate)
        return Rows(names, codes.reshape(len(codes), len(names)), model.symbols)


def _check_bound(asked: Formula) -> None:
    """Refuse variables under ``not`` that nothing else gives a value."""
    negated = [part for part in conjuncts(asked) if isinstance(part, Not)]
    if negated:
        from planner.kr.safety import bound_variables

        bound = bound_variables(asked)
        for part in negated:
            for name in free_variables(part):
                if name not in bound and name[:1] != "_":
                    hint = "write `?`, or bind it by an atom beside the `not`"
                    message = f"`?{name}` occurs only under `not`, so nothing says what it is"
                    raise InputError(f"{message}: {hint}")
