"""An action schema over codes: its patterns, tests and effects, ready for matching."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from planner.engine.batch_matching import all_matches
from planner.engine.matching import Pattern, SlotTest, matches
from planner.kr.formulas import expression_variables
from planner.kr.terms import Arithmetic, FunctionTerm, Variable
from planner.spaces.lifted_task import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from planner.engine.matching import FactIndex, Row
    from planner.kr.formulas import Atom, Comparison
    from planner.kr.strips import StripsSchema
    from planner.kr.task import RuleBase
    from planner.kr.terms import Constant, Expression, Term, TypedVariable

__all__ = ["LiftedSchema", "lift_schema"]


@dataclass(frozen=True, slots=True)
class LiftedSchema:
    """A schema with variables as slots; the first slots are its parameters in printed order.

    Attributes:
        patterns: types, static atoms and fluents that must hold.
        absent: patterns that must not hold.
        tests: comparisons over the slots.
        effect_slots: parameters that the effects or the cost read: steps that agree in them lead
            to the same state.
        add, delete: patterns of the effects.
    """

    strips: StripsSchema
    parameter_count: int
    slots: int
    patterns: tuple[Pattern, ...]
    absent: tuple[Pattern, ...]
    tests: tuple[SlotTest, ...]
    effect_slots: tuple[int, ...]
    add: tuple[Pattern, ...]
    delete: tuple[Pattern, ...]

    def bindings(
        self, index: FactIndex, bound: Sequence[tuple[int, int]] = ()
    ) -> Iterator[list[int]]:
        """Every binding under which the precondition holds; copy what is kept."""
        return matches(index, self.patterns, self.slots, bound, lambda b: self._accepts(index, b))

    def distinct_bindings(
        self,
        index: FactIndex,
        most: int,
        bound: Sequence[tuple[int, int]] = (),
        check: Callable[[], None] | None = None,
    ) -> list[list[int]]:
        """The first ``most`` bindings under which the precondition holds and effects differ.

        Args:
            index: what is true.
            most: bindings that are enough.
            bound: slots bound beforehand.
            check: called between pieces of work; raises to stop.
        """

        def absent(pattern: Pattern) -> SlotTest:
            slots = tuple(~a for a in pattern.arguments if a < 0)
            return SlotTest(slots, lambda b: not index.holds(pattern.predicate, ground(pattern, b)))

        tests = [*self.tests, *(absent(pattern) for pattern in self.absent)]
        return all_matches(
            index,
            self.patterns,
            self.slots,
            most,
            self.effect_slots,
            bound=bound,
            tests=tests,
            check=check,
        )

    def is_applicable(self, index: FactIndex, arguments: Row) -> bool:
        """Whether the precondition holds for a tuple of all parameters."""
        binding = [*arguments, *([-1] * (self.slots - len(arguments)))]
        if self.slots > len(arguments):
            bound = tuple(enumerate(arguments))
            return next(iter(self.bindings(index, bound)), None) is not None
        held = all(index.holds(p.predicate, ground(p, binding)) for p in self.patterns)
        return held and self._accepts(index, binding)

    def _accepts(self, index: FactIndex, binding: Sequence[int]) -> bool:
        return all(test.holds(binding) for test in self.tests) and not any(
            index.holds(p.predicate, ground(p, binding)) for p in self.absent
        )


def ground(pattern: Pattern, binding: Sequence[int]) -> Row:
    """The row of a pattern under a binding."""
    return tuple(a if a >= 0 else binding[~a] for a in pattern.arguments)


def lift_schema(
    strips: StripsSchema,
    parameters: Sequence[str],
    rules: RuleBase,
    predicates: Mapping[str, int],
    code: Callable[[Constant], int],
    constants: Sequence[Constant],
) -> LiftedSchema:
    """Compile a schema.

    Args:
        strips: its conjunctive form.
        parameters: names in printed order.
        rules: declares the types that atoms imply.
        predicates: numbers of predicates and types.
        code: the code of a constant.
        constants: by code; it may grow after the call.

    Raises:
        UnsupportedError: for arithmetic in atoms and variables that no atom binds.
    """
    slots = {name: slot for slot, name in enumerate(parameters)}

    def term(value: Expression) -> int:
        match value:
            case Variable(name):
                return ~slots.setdefault(name, len(slots))
            case Arithmetic() | FunctionTerm():
                raise refusal(f"an atom of `{strips.name}` holds arithmetic", strips.action.span)
            case constant:
                return code(constant)

    def pattern(atom: Atom) -> Pattern:
        return Pattern(predicates[atom.predicate], tuple(term(a) for a in atom.arguments))

    patterns = [pattern(atom) for atom in strips.positive]
    for parameter in strips.parameters:
        if len(parameter.types) > 1:
            raise refusal(f"`{strips.name}` has a parameter of several types", strips.action.span)
        if not _is_implied(parameter, strips, rules):
            patterns.append(Pattern(predicates[parameter.types[0]], (~slots[parameter.name],)))
    bound = {~a for p in patterns for a in p.arguments if a < 0}
    absent = [pattern(atom) for atom in strips.negative]
    tests = [_test(comparison, term, constants) for comparison in strips.tests]
    effects = [[pattern(atom) for atom in atoms] for atoms in (strips.add, strips.delete)]
    if set(slots.values()) - bound:
        raise refusal(f"no atom binds a variable of `{strips.name}`", strips.action.span)
    told_apart = {~a for part in effects for p in part for a in p.arguments if a < 0}
    told_apart |= {slots[name] for name in expression_variables(strips.action.cost)}
    return LiftedSchema(
        strips,
        len(parameters),
        len(slots),
        tuple(patterns),
        tuple(absent),
        tuple(tests),
        tuple(sorted(told_apart)),
        tuple(effects[0]),
        tuple(effects[1]),
    )


def _is_implied(parameter: TypedVariable, strips: StripsSchema, rules: RuleBase) -> bool:
    """Whether an atom of the precondition admits no other type for the parameter."""
    for atom in strips.positive:
        declared = rules.predicates.get(atom.predicate)
        for place, argument in enumerate(atom.arguments):
            if declared is None or argument != parameter.variable:
                continue
            if all(rules.is_subtype(t, parameter.types[0]) for t in declared.types[place]):
                return True
    return False


def _test(
    comparison: Comparison, term: Callable[[Term], int], constants: Sequence[Constant]
) -> SlotTest:
    if isinstance(comparison.left, Arithmetic | FunctionTerm) or isinstance(
        comparison.right, Arithmetic | FunctionTerm
    ):
        raise refusal("a precondition holds arithmetic", comparison.span)
    left, right = term(comparison.left), term(comparison.right)

    def values(binding: Sequence[int]) -> tuple[int, int]:
        first = left if left >= 0 else binding[~left]
        return first, right if right >= 0 else binding[~right]

    def compare(binding: Sequence[int]) -> bool:
        first, second = values(binding)
        match comparison.operator:
            case "=":
                return first == second
            case "!=":
                return first != second
            case "before":
                return first < second
            case operator:
                one, two = constants[first], constants[second]
                if not isinstance(one, int | Fraction) or not isinstance(two, int | Fraction):
                    return False
                less, equal = one < two, one == two
                return {
                    "<": less,
                    "<=": less or equal,
                    ">": not less and not equal,
                    ">=": not less,
                }[operator]

    return SlotTest(tuple(~side for side in (left, right) if side < 0), compare)
