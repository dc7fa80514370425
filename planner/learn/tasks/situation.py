"""Objects and facts to make tasks from, grown and shrunk without breaking what always holds.

A rule base does not say which states make sense. Example tasks do: whatever pattern of facts an
object has in some state reached from an example is taken as sensible, and no other. Objects are
cloned with all their facts, or dropped with them, and the result is kept only when every object
still has a sensible pattern.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from planner.kr.formulas import Atom

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping

__all__ = ["Patterns", "Situation", "resize"]

_MANY = 2  # counts above this are alike

Pattern: TypeAlias = tuple[str, tuple[tuple[str, int, int], ...]]


@dataclass(frozen=True)
class Situation:
    """Typed objects with the facts that hold among them, in a stable order.

    Attributes:
        objects: name and type, constants of the rule base left out.
    """

    objects: Mapping[str, str]
    facts: tuple[Atom, ...]

    def cloned(self, name: str, clone: str) -> Situation:
        """With another object that has the same facts."""
        copies = [
            Atom(fact.predicate, tuple(clone if a == name else a for a in fact.arguments))
            for fact in self.facts
            if name in fact.arguments
        ]
        return Situation({**self.objects, clone: self.objects[name]}, (*self.facts, *copies))

    def without(self, name: str) -> Situation:
        """Without an object and every fact that mentions it."""
        objects = {other: kind for other, kind in self.objects.items() if other != name}
        return Situation(objects, tuple(f for f in self.facts if name not in f.arguments))


@dataclass
class Patterns:
    """What has been seen of single objects and of whole states.

    An object's pattern is its type and, for each argument place of each predicate, whether it
    stands there never, once or more often. The whole state's pattern is which predicates have no
    fact and which have one, among those that never have more.
    """

    _objects: set[Pattern] = field(default_factory=set)
    _states: list[Counter[str]] = field(default_factory=list)
    _most: Counter[str] = field(default_factory=Counter)
    _known: set[tuple[tuple[str, int], ...]] = field(default_factory=set)

    def observe(self, situation: Situation) -> None:
        """Take a situation as sensible."""
        self._objects.update(_object_patterns(situation).values())
        counts = Counter(fact.predicate for fact in situation.facts)
        self._states.append(counts)
        for predicate, count in counts.items():
            self._most[predicate] = max(self._most[predicate], count)
        self._known.clear()

    def allow(self, situation: Situation) -> bool:
        """Whether every pattern in it has been seen."""
        if not self._known:
            self._known.update(self._whole(counts) for counts in self._states)
        counts = Counter(fact.predicate for fact in situation.facts)
        if self._whole(counts) not in self._known:
            return False
        return all(p in self._objects for p in _object_patterns(situation).values())

    def _whole(self, counts: Counter[str]) -> tuple[tuple[str, int], ...]:
        single = [name for name, most in sorted(self._most.items()) if most == 1]
        return tuple((name, counts[name]) for name in single)


def _object_patterns(situation: Situation) -> dict[str, Pattern]:
    places: dict[str, Counter[tuple[str, int]]] = {name: Counter() for name in situation.objects}
    for fact in situation.facts:
        for place, argument in enumerate(fact.arguments):
            if isinstance(argument, str) and argument in places:
                places[argument][fact.predicate, place] += 1
    return {
        name: (
            situation.objects[name],
            tuple((p, place, min(n, _MANY)) for (p, place), n in sorted(counts.items())),
        )
        for name, counts in places.items()
    }


def resize(situation: Situation, size: int, patterns: Patterns, rng: random.Random) -> Situation:
    """Clone or drop objects, one after the other, until there are ``size`` or none fits."""
    while len(situation.objects) != size:
        changed = _changed(situation, len(situation.objects) < size, patterns, rng)
        if changed is None:
            return situation
        situation = changed
    return situation


def _changed(
    situation: Situation, grow: bool, patterns: Patterns, rng: random.Random
) -> Situation | None:
    names = list(situation.objects)
    rng.shuffle(names)
    for name in names:
        if grow:
            changed = situation.cloned(name, _fresh(situation.objects[name], situation.objects))
        else:
            changed = situation.without(name)
        if patterns.allow(changed):
            return changed
    return None


def _fresh(kind: str, taken: Iterable[str]) -> str:
    used = set(taken)
    stem = kind.split("|")[0]
    return next(n for n in (f"{stem}-{i}" for i in range(1, len(used) + 2)) if n not in used)
