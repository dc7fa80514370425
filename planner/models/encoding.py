"""From the states of a step space to graphs: what all states share is encoded once."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from planner.errors import ModelError
from planner.interfaces import SparingSpace
from planner.kr.formulas import atoms_of
from planner.kr.terms import Text
from planner.models.approaches import Approaches
from planner.models.closures import redundant_pairs
from planner.models.goal_steps import GoalSteps
from planner.models.goals import goal_literals
from planner.models.graph import Graph, join
from planner.models.prospects import Prospects
from planner.models.terrain import movement_maps
from planner.models.vocabulary import HINTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray, StepSpace, Table
    from planner.kr.task import Task
    from planner.kr.terms import Constant
    from planner.models.goals import GoalLiteral
    from planner.models.vocabulary import Vocabulary

__all__ = ["Encoder"]

_HOLDS, _GOAL_MET, _GOAL_OPEN, _AVOID_MET, _AVOID_OPEN = range(5)
_ACHIEVES, _UNDOES, _COVERS, _APPROACHES = range(4)


@dataclass(frozen=True, slots=True)
class _Goal:
    """The goal's atoms as rows: predicate, objects, atom number (-1: none), truth without one."""

    predicate: IntArray
    arguments: IntArray
    positive: BoolArray
    atom: IntArray
    static: BoolArray
    literals: tuple[GoalLiteral, ...]
    rows: tuple[tuple[int, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Words:
    """Words with their objects, split by how many objects they speak of."""

    facts: IntArray
    fact_nodes: IntArray
    features: IntArray
    feature_nodes: IntArray
    globals: IntArray


class Encoder:
    """Turns states of one space into graphs.

    Args:
        vocabulary: the words the model knows.
        space: where the states come from; its tables may grow between calls.
        step_width: most arguments a step may have, implicit parameters included.
        hints: what to say of each step, see `planner.models.relational_numpy.RelationalShape`.

    Raises:
        ModelError: when the space's rule base has words the vocabulary lacks.
    """

    def __init__(
        self, vocabulary: Vocabulary, space: StepSpace, step_width: int, *, hints: int = 0
    ) -> None:
        rules = space.task.rules
        self._vocabulary = vocabulary
        self._space = space
        self._width = max(2, vocabulary.largest_arity)
        self._step_width = step_width
        asked = {atom.predicate for atom, _ in atoms_of(space.task.goal)}
        self._predicates = vocabulary.predicate_numbers(rules, asked)
        self._schemas = vocabulary.schema_numbers(rules)
        # Behind the model's predicates stands what only advice reads, which is hidden.
        self._arities = np.array([*(a for _, a in vocabulary.predicates), 0], dtype=np.int32)
        hidden = [name in vocabulary.hidden for name, _ in vocabulary.predicates]
        self._visible: BoolArray = np.array([*(not h for h in hidden), False], dtype=np.bool_)
        # Deriving atoms that the model does not read would be most of the time.
        self._true_atoms = space.true_atoms
        if isinstance(space, SparingSpace):
            unneeded = self._predicates[space.unneeded]
            if not self._visible[unneeded].any():
                self._true_atoms = space.needed_atoms
        self._goal_steps: GoalSteps | None = None
        self._prospects: Prospects | None = None
        self._refresh()
        if hints:
            self._goal_steps = GoalSteps(space, self._goal.literals)
            maps = movement_maps(space)
            self._approaches = Approaches(space, self._goal.rows, maps)
            if hints > 1 and maps:
                goal = self._goal
                self._prospects = Prospects(space, maps, goal.atom, goal.positive)

    def encode(self, states: Sequence[int], steps: Sequence[IntArray]) -> Graph:
        """One graph with all the states and their legal steps."""
        if len(self._space.atoms) != len(self._atom_predicate):
            self._refresh()
        if len(self._space.steps) != len(self._step_schema):
            self._refresh_steps()
        return join([self._encode(s, legal) for s, legal in zip(states, steps, strict=True)])

    def _encode(self, state: int, steps: IntArray) -> Graph:
        true = self._true_atoms(state)
        static, goal = self._static, self._goal
        seen = true[self._atom_visible[true]]
        predicate = self._atom_predicate[seen]
        arity = self._atom_arity[seen]
        nodes = self._atom_nodes[seen]
        self._truth[true] = True
        holds = np.where(goal.atom >= 0, self._truth[goal.atom], goal.static)
        self._truth[true] = False
        asked = self._words(self._goal_words(goal, holds), goal.predicate, goal.arguments)
        hint_word, hint_step = self._hints(goal, holds, true, steps)
        edge, single = arity >= 2, arity == 1
        facts = np.concatenate([static.facts, predicate[edge], asked.facts])
        fact_nodes = np.concatenate([static.fact_nodes, nodes[edge], asked.fact_nodes])
        if self._width > 2:
            order = np.argsort(-(fact_nodes >= 0).sum(axis=1), kind="stable")
            facts, fact_nodes = facts[order], fact_nodes[order]
        whole = np.concatenate([static.globals, predicate[arity == 0], asked.globals])
        return Graph(
            nodes=np.array([self._node_count], dtype=np.int32),
            feature_word=np.concatenate([static.features, predicate[single], asked.features]),
            feature_node=np.concatenate(
                [static.feature_nodes, nodes[single, 0], asked.feature_nodes]
            ),
            global_word=whole,
            global_state=np.zeros(len(whole), dtype=np.int32),
            fact_word=facts,
            fact_nodes=fact_nodes,
            step_schema=self._step_schema[steps],
            step_nodes=self._step_nodes[steps],
            steps=np.array([len(steps)], dtype=np.int32),
            hint_word=hint_word,
            hint_step=hint_step,
        )

    def _hints(
        self, goal: _Goal, holds: BoolArray, true: IntArray, steps: IntArray
    ) -> tuple[IntArray, IntArray]:
        """Words about steps and the steps: what they do to the goal, and why they lead on."""
        if self._goal_steps is None:
            nothing = np.zeros(0, dtype=np.int32)
            return nothing, nothing
        is_open = holds != goal.positive
        position, literal, kind = self._goal_steps.of(steps)
        telling = is_open[literal] == (kind != _UNDOES)
        count = len(self._vocabulary.predicates)
        word = kind * count + goal.predicate[literal]
        near = np.array(
            self._approaches.of(steps, true, is_open) if self._approaches else [], dtype=np.int64
        ).reshape(-1, 3)
        nearer = (near[:, 1] + _APPROACHES) * count + self._predicates[near[:, 2]]
        ahead = np.array(
            self._prospects.of(steps, true, is_open) if self._prospects else [], dtype=np.int64
        ).reshape(-1, 3)
        schemas = len(self._vocabulary.schemas)
        leading = len(HINTS) * count + ahead[:, 1] * schemas + self._schemas[ahead[:, 2]]
        return (
            np.concatenate([word[telling], nearer, leading]).astype(np.int32),
            np.concatenate([position[telling], near[:, 0], ahead[:, 0]]).astype(np.int32),
        )

    def _goal_words(self, goal: _Goal, holds: BoolArray) -> IntArray:
        """The word of each goal atom: its predicate in the role its truth gives it."""
        role = np.where(
            goal.positive,
            np.where(holds, _GOAL_MET, _GOAL_OPEN),
            np.where(holds, _AVOID_OPEN, _AVOID_MET),
        )
        word = role * len(self._vocabulary.predicates) + goal.predicate
        return np.asarray(word, dtype=np.int32)

    def _words(self, word: IntArray, predicate: IntArray, arguments: IntArray) -> _Words:
        arity = self._arities[predicate]
        edge, single = arity >= 2, arity == 1
        return _Words(
            facts=word[edge],
            fact_nodes=arguments[edge],
            features=word[single],
            feature_nodes=arguments[single, 0],
            globals=word[arity == 0],
        )

    def _refresh(self) -> None:
        """Read the space's tables, which grow where steps make objects."""
        space = self._space
        self._node_count = len(space.constants)
        self._atom_predicate = self._predicates[space.atoms.symbol]
        self._atom_arity = self._arities[self._atom_predicate]
        self._atom_visible = self._visible[self._atom_predicate]
        self._atom_nodes = _padded(space.atoms.arguments, self._width)
        self._truth: BoolArray = np.zeros(len(space.atoms) + 1, dtype=np.bool_)
        self._goal = self._encode_goal()
        self._static = self._encode_static()
        self._refresh_steps()

    def _refresh_steps(self) -> None:
        steps = self._space.steps
        surplus = steps.arguments[:, self._step_width :]
        if surplus.size and surplus.max() >= 0:
            raise ModelError(
                f"the model scores steps of at most {self._step_width} arguments, "
                f"this task has steps of {steps.arguments.shape[1]}"
            )
        if self._goal_steps is not None:
            self._goal_steps.refresh()
        self._step_schema = self._schemas[steps.symbol]
        self._step_nodes = _padded(steps.arguments, self._step_width)

    def _encode_static(self) -> _Words:
        static = self._space.static
        predicate = self._predicates[static.symbol]
        arguments = _padded(static.arguments, self._width)
        kept = self._visible[predicate] & ~self._is_redundant(static)
        words = self._words(predicate[kept], predicate[kept], arguments[kept])
        kinds = _kinds(self._vocabulary, self._space.task, self._space.constants)
        return _Words(
            facts=words.facts,
            fact_nodes=words.fact_nodes,
            features=np.concatenate([words.features, kinds[:, 0]]),
            feature_nodes=np.concatenate([words.feature_nodes, kinds[:, 1]]),
            globals=words.globals,
        )

    def _is_redundant(self, static: Table) -> BoolArray:
        """Facts of transitive relations that follow from others of the same relation."""
        names = tuple(self._space.task.rules.predicates)
        redundant = np.zeros(len(static), dtype=np.bool_)
        for name in self._vocabulary.reduced:
            rows = np.flatnonzero(static.symbol == names.index(name)) if name in names else ()
            if len(rows):
                pairs = static.arguments[rows, :2]
                redundant[rows] = redundant_pairs(pairs, self._node_count)
        return redundant

    def _encode_goal(self) -> _Goal:
        space, task = self._space, self._space.task
        constants = {constant: number for number, constant in enumerate(space.constants)}
        names = {name: number for number, name in enumerate(task.rules.predicates)}
        atoms, static = _rows(space.atoms), _rows(space.static)
        rows, literals = [], []
        for literal in goal_literals(task):
            known = all(a in constants for a in literal.arguments)
            if literal.predicate in names and known:
                arguments = tuple(constants[a] for a in literal.arguments)
                rows.append((names[literal.predicate], arguments, literal.positive))
                literals.append(literal)
        nodes = [list(a) + [-1] * (self._width - len(a)) for _, a, _ in rows]
        return _Goal(
            predicate=self._predicates[np.array([p for p, _, _ in rows], dtype=np.int32)],
            arguments=np.array(nodes, dtype=np.int32).reshape(len(rows), self._width),
            positive=np.array([positive for _, _, positive in rows], dtype=np.bool_),
            atom=np.array([atoms.get((p, a), -1) for p, a, _ in rows], dtype=np.int32),
            static=np.array([(p, a) in static for p, a, _ in rows], dtype=np.bool_),
            literals=tuple(literals),
            rows=tuple((predicate, arguments) for predicate, arguments, _ in rows),
        )


def _rows(table: Table) -> dict[tuple[int, tuple[int, ...]], int]:
    """Number of each row by its predicate and arguments; the first where rows repeat."""
    found: dict[tuple[int, tuple[int, ...]], int] = {}
    for number, (symbol, row) in enumerate(
        zip(table.symbol.tolist(), table.arguments.tolist(), strict=True)
    ):
        found.setdefault((symbol, tuple(a for a in row if a >= 0)), number)
    return found


def _padded(columns: IntArray, width: int) -> IntArray:
    """The same rows with exactly ``width`` columns, filled with -1."""
    padded = np.full((len(columns), width), -1, dtype=np.int32)
    kept = columns[:, :width]
    padded[:, : kept.shape[1]] = kept
    return padded


def _kinds(
    vocabulary: Vocabulary, task: Task, constants: tuple[Constant, ...]
) -> npt.NDArray[np.int32]:
    """Rows (word, node): the types of objects, constants as themselves, values by their kind."""
    rows: list[tuple[int, int]] = []
    for node, constant in enumerate(constants):
        if isinstance(constant, str):
            declared = task.all_objects.get(constant, "").split("|")
            types = dict.fromkeys(t for d in declared if d for t in task.rules.supertypes(d))
            words = [vocabulary.type_word(t) for t in types]
            words.append(vocabulary.constant_word(constant))
        elif isinstance(constant, Text):
            words = [vocabulary.value_word("string")]
        else:
            kind = "number" if isinstance(constant, Fraction) else "int"
            words = [vocabulary.value_word(kind)]
        rows += [(word, node) for word in words if word is not None]
    return np.array(rows, dtype=np.int32).reshape(len(rows), 2)
