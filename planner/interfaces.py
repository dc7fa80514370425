"""The seams between rooms: what a search asks of a step space, a guide, a step model, a trace.

States, atoms and steps are small integers that the step space hands out; equal states have equal
numbers, so duplicate detection is a comparison of integers everywhere. Tables turn the numbers
back into predicates, schemas and constants, as NumPy columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from planner.kr.task import Task
    from planner.kr.terms import Constant
    from planner.plan import Step

    IntArray: TypeAlias = "npt.NDArray[np.int32]"
    FloatArray: TypeAlias = "npt.NDArray[np.float64]"
    BoolArray: TypeAlias = "npt.NDArray[np.bool_]"

__all__ = [
    "BoundGuide",
    "BoundStepModel",
    "Changes",
    "Clock",
    "Expansion",
    "ForesightGuide",
    "ForesightSpace",
    "Guide",
    "Judgement",
    "PathGuide",
    "RenamingSpace",
    "SparingSpace",
    "StepModel",
    "StepSpace",
    "Table",
    "TraceSink",
]


@dataclass(frozen=True, slots=True)
class Table:
    """Atoms or steps as columns.

    Attributes:
        symbol: shape (n,), the index of the predicate in ``task.rules.predicates`` or of the
            action schema in ``task.rules.actions``.
        arguments: shape (n, k), indices into the space's constants, padded with -1.
    """

    symbol: IntArray
    arguments: IntArray

    def __len__(self) -> int:
        return len(self.symbol)


class StepSpace(Protocol):
    """Where steps lead. Implementations are deterministic: numbers depend on the calls alone.

    Besides the methods, a space has these attributes.

    Attributes:
        task: what is being solved.
        constants: objects in declaration order (``task.all_objects``), then other values.
        atoms: table of the atoms that differ between states; it may grow with `successor` and
            `true_atoms`.
        steps: table of the steps; it may grow with `legal_steps`.
        static: table of the facts true in every state.
        costs: cost of each step as an integer, ``cost_scale`` to the unit.
    """

    @property
    def task(self) -> Task: ...
    @property
    def constants(self) -> tuple[Constant, ...]: ...
    @property
    def atoms(self) -> Table: ...
    @property
    def steps(self) -> Table: ...
    @property
    def static(self) -> Table: ...
    @property
    def costs(self) -> npt.NDArray[np.int64]: ...
    @property
    def cost_scale(self) -> int: ...

    def initial(self) -> int:
        """The number of the initial state."""
        ...

    def legal_steps(self, state: int) -> IntArray:
        """Steps whose preconditions hold, ascending."""
        ...

    def successor(self, state: int, step: int) -> int:
        """The state a legal step leads to."""
        ...

    def is_goal(self, state: int) -> bool:
        """Whether the goal holds."""
        ...

    def true_atoms(self, state: int) -> IntArray:
        """Numbers of the atoms true in a state, derived ones included, ascending."""
        ...

    def describe(self, step: int) -> Step:
        """The step by name, with its cost and its sentence."""
        ...


@runtime_checkable
class SparingSpace(Protocol):
    """A step space that can leave out derived atoms which only explanations ask for."""

    @property
    def unneeded(self) -> IntArray:
        """Predicates of the derived atoms that neither steps nor the goal depend on."""
        ...

    def needed_atoms(self, state: int) -> IntArray:
        """`StepSpace.true_atoms` without the atoms of `unneeded` predicates."""
        ...


@runtime_checkable
class RenamingSpace(Protocol):
    """A step space in which one number stands for states that differ in names of objects."""

    def follow(self, steps: Sequence[int]) -> tuple[int, ...]:
        """The steps of a path from the initial state, named as a plan names them."""
        ...


@dataclass(frozen=True, slots=True)
class Changes:
    """What steps make of the stored atoms of their state, derived ones left out.

    Attributes:
        atoms: shape (a,), the state's atoms that may differ between states, ascending.
        kept: shape (steps, a), which of them are true after each step.
        step: shape (m,), the place among the steps of one that makes an atom true; ascending.
        symbol: shape (m,), the atom's predicate.
        arguments: shape (m, k), its arguments, padded with -1.
    """

    atoms: IntArray
    kept: BoolArray
    step: IntArray
    symbol: IntArray
    arguments: IntArray


@runtime_checkable
class ForesightSpace(Protocol):
    """A step space that can say what steps change without numbering the states they lead to."""

    def foresee(self, state: int, steps: IntArray) -> Changes:
        """What legal steps of a state change."""
        ...

    def constant(self, number: int) -> Constant:
        """One of ``constants``, without making all of them."""
        ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a guide says of one state. Absent opinions are ``None``.

    Attributes:
        log_prior: shape (number of legal steps,), natural logarithm of the probability of each;
            ``-inf`` forbids the step, and a search that met one never says ``UNSOLVABLE``.
        value: estimated cost to go in the unit of ``costs / cost_scale``; ``inf`` is a dead end.
        preferred: shape (number of legal steps,), steps worth trying before the others.
        merges: True where steps of one schema with equal log-priors are interchangeable to the
            guide (a model that reads the objects), so that searches may treat them as one class;
            False where equality means only that the guide has no opinion (uniform, h-values).
    """

    log_prior: FloatArray | None = None
    value: float | None = None
    preferred: BoolArray | None = None
    merges: bool = False


class Guide(Protocol):
    """What looks promising. Binding prepares it for one space; the bound guide may cache."""

    @property
    def name(self) -> str:
        """The name it is chosen by on the command line."""
        ...

    def bind(self, space: StepSpace) -> BoundGuide:
        """Prepare for a space."""
        ...


class BoundGuide(Protocol):
    """A guide bound to a space.

    A guide that asks a step model also has ``model_calls``, the number of states the model has
    judged so far; searches read it with a default of 0 and report it to the meter. One whose values
    do not depend on the legal steps has ``reads_steps = False``: who wants values only may then
    leave the steps empty, which spares working them out. With ``values_only = True`` it says
    nothing but values, with ``finds_dead_ends = False`` none that is infinite.
    """

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states, each with its legal steps; one judgement a state."""
        ...


@runtime_checkable
class ForesightGuide(Protocol):
    """A bound guide that can value the successors of a state without asking for their numbers."""

    def values_after(self, state: int, steps: IntArray) -> FloatArray | None:
        """The ``value`` of the successor by each step; ``None`` where they must be judged."""
        ...


@runtime_checkable
class PathGuide(Protocol):
    """A bound guide whose judgement depends on the path to a state as well."""

    def reach(self, parent: int, state: int) -> None:
        """Say from which state (-1: none) another is reached first, before it is judged."""
        ...


class StepModel(Protocol):
    """A learned distribution over the legal steps of a state."""

    @property
    def kind(self) -> str:
        """``relational``, ``text``, ... as written in the model's configuration."""
        ...

    def bind(self, space: StepSpace) -> BoundStepModel:
        """Prepare for a space: encode what all its states share.

        Raises:
            ModelError: when the space's rule base has words the model does not know.
        """
        ...


class BoundStepModel(Protocol):
    """A step model bound to a space.

    One that knows what judging a state takes says so in ``call_work``, in billionths of a CPU
    second; it is an estimate from sizes alone, so that searches which share time by it repeat.
    """

    def log_probs(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[FloatArray]:
        """For each state the log-probability of each of its legal steps; they sum to one."""
        ...

    def values(self, states: Sequence[int]) -> list[float] | None:
        """Estimated steps to the goal, or ``None`` when the model has no value output."""
        ...


@dataclass(frozen=True, slots=True)
class Expansion:
    """One expansion of a search, as the trace records it.

    Attributes:
        node: number of the node, counted from 0 in order of generation; ``parent`` is -1 and
            ``step`` -1 at the root.
        cost: cost of the path to the node, in the unit of ``costs``.
        value: the guide's estimate of the cost to go, or ``None``.
        log_prior: log-probability of each of ``steps``, or ``None``.
        successors: the child node of each of ``steps``, -1 where none was made.
    """

    node: int
    parent: int
    step: int
    state: int
    cost: int
    value: float | None
    steps: IntArray
    log_prior: FloatArray | None = None
    successors: IntArray | None = None
    note: str = field(default="")


class TraceSink(Protocol):
    """Receives what a search does, as it does it."""

    def expanded(self, expansion: Expansion) -> None:
        """Record one expansion."""
        ...


class Clock(Protocol):
    """Time as an argument, so that limits can be tested."""

    def wall(self) -> float:
        """Seconds of a clock that never goes back."""
        ...

    def cpu(self) -> float:
        """CPU seconds of this process, user and system."""
        ...
