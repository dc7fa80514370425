"""The words of text models, and what they read: a legal step with all that touches its objects.

``<cand> stack r0 r1 <goal> goal-open:on r0 r1 <state> on r0 r2 clear r1 <act>`` is one text.
Objects are roles in order of appearance, so names cannot matter; a text is as long as the
surroundings of a step are wide, however large the task.

What lies further away is told by one word on an atom of the goal. The goal's atoms form chains
(``on(a, b)``, ``on(b, c)``: the first rests on the second); an atom is ``<settled>`` when it is
true and all it rests on is settled, and ``<ready>`` when only it is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kr.terms import VALUE_TYPES
from planner.models.vocabulary import ROLES, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import IntArray
    from planner.models.graph import Graph

__all__ = ["ACT", "BAD", "GOOD", "PAD", "ROLE_COUNT", "StepTexts", "settled_goals", "words_of"]

_SPECIAL = ("<pad>", "<unk>", "<good>", "<bad>", "<cand>", "<goal>", "<state>", "<act>")
PAD, _UNKNOWN, GOOD, BAD, _CANDIDATE, _GOAL, _STATE, ACT = range(len(_SPECIAL))
_CHAIN_WORDS = ("<ready>", "<settled>")
_MET, _OPEN = ROLES.index("goal-met"), ROLES.index("goal-open")
ROLE_COUNT = 32
"""Objects told apart in one text; those beyond share the last role."""


def words_of(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Every word, by its token number: special words, roles, schemas, words about objects."""
    predicates = [
        name if role == ROLES[0] else f"{role}:{name}"
        for role in ROLES
        for name, _ in vocabulary.predicates
    ]
    return (
        *_SPECIAL,
        *(f"r{n}" for n in range(ROLE_COUNT)),
        *(f"do:{name}" for name, _ in vocabulary.schemas),
        *predicates,
        *(f"type:{name}" for name in vocabulary.types),
        *(f"object:{name}" for name in vocabulary.constants),
        *(f"value:{name}" for name in sorted(VALUE_TYPES)),
        *_CHAIN_WORDS,
    )


class StepTexts:
    """Writes the texts of the legal steps of one state, as token numbers.

    Args:
        vocabulary: what the numbers mean.
        graph: one state, from `planner.models.encoding.Encoder`.
        hops: how often the atoms that mention an object seen so far are added.
        limit: tokens, those before the closing ``<act>``, for which atoms are left out. What a
            network has positions for must not be exceeded by a single one.
    """

    def __init__(self, vocabulary: Vocabulary, graph: Graph, hops: int, limit: int) -> None:
        self._schemas = len(_SPECIAL) + ROLE_COUNT
        self._words = self._schemas + len(vocabulary.schemas)
        self._predicate_count = len(vocabulary.predicates)
        self._hops, self._limit = hops, limit
        self._facts: list[tuple[int, tuple[int, ...]]] = list(
            zip(graph.fact_word.tolist(), _rows(graph.fact_nodes), strict=True)
        )
        self._facts_of: dict[int, list[int]] = {}
        for number, (_, nodes) in enumerate(self._facts):
            for node in dict.fromkeys(nodes):
                self._facts_of.setdefault(node, []).append(number)
        self._features: dict[int, list[int]] = {}
        for word, node in zip(
            graph.feature_word.tolist(), graph.feature_node.tolist(), strict=True
        ):
            self._features.setdefault(node, []).append(word)
        for words in self._features.values():
            words.sort()
        self._whole = sorted(graph.global_word.tolist())
        ready = len(words_of(vocabulary)) - len(_CHAIN_WORDS)
        goals = [(w // max(1, self._predicate_count), nodes) for w, nodes in self._facts]
        self._chain_word = {
            number: ready + settled for number, settled in settled_goals(goals).items()
        }

    def write(self, schema: int, arguments: Sequence[int]) -> tuple[int, ...]:
        """The text of one step."""
        roles: dict[int, int] = {}
        tokens = [_CANDIDATE, self._schemas + schema]
        tokens += [self._role(roles, node) for node in arguments if node >= 0]
        facts = self._around(roles)
        tokens.append(_GOAL)
        self._append(tokens, [fact for fact in facts if self._is_goal(fact)], roles)
        tokens.append(_STATE)
        self._append(tokens, [fact for fact in facts if not self._is_goal(fact)], roles)
        room = max(0, self._limit - len(tokens))
        tokens += [self._words + word for word in self._whole[:room]]
        for node in roles:
            for word in self._features.get(node, ()):
                if len(tokens) + 2 <= self._limit:
                    tokens += [self._words + word, self._role(roles, node)]
        return (*tokens, ACT)

    def _around(self, roles: dict[int, int]) -> list[int]:
        """Facts within the given number of hops, nearest first; new objects are given roles.

        Within a hop facts are ordered by their words and by the roles and features of their
        objects, so that the order in which objects were declared hardly matters.
        """
        found: dict[int, None] = {}
        frontier = list(roles)
        for _ in range(self._hops):
            near = dict.fromkeys(n for node in frontier for n in self._facts_of.get(node, ()))
            ordered = sorted(
                (n for n in near if n not in found), key=lambda n: self._rank(n, roles)
            )
            frontier = []
            for number in ordered:
                found.setdefault(number)
                for node in self._facts[number][1]:
                    if node not in roles:
                        self._role(roles, node)
                        frontier.append(node)
        return list(found)

    def _rank(self, number: int, roles: dict[int, int]) -> tuple[int, list[tuple[int, list[int]]]]:
        word, nodes = self._facts[number]
        return word, [(roles.get(n, ROLE_COUNT), self._features.get(n, [])) for n in nodes]

    def _append(self, tokens: list[int], facts: list[int], roles: dict[int, int]) -> None:
        for number in facts:
            word, nodes = self._facts[number]
            if len(tokens) + len(nodes) + 2 >= self._limit:
                return
            tokens.append(self._words + word)
            tokens += [self._role(roles, node) for node in nodes]
            if number in self._chain_word:
                tokens.append(self._chain_word[number])

    def _is_goal(self, number: int) -> bool:
        return self._facts[number][0] >= self._predicate_count

    @staticmethod
    def _role(roles: dict[int, int], node: int) -> int:
        role = roles.setdefault(node, min(len(roles), ROLE_COUNT - 1))
        return len(_SPECIAL) + role


def settled_goals(facts: Sequence[tuple[int, tuple[int, ...]]]) -> dict[int, bool]:
    """Which atoms of the goal are settled (True), and which only miss themselves (False).

    Args:
        facts: role, as a place in `ROLES`, and objects of each atom; only the goal's atoms of two
            or more objects that are to be true count.

    >>> met, is_open = ROLES.index("goal-met"), ROLES.index("goal-open")
    >>> settled_goals([(met, (0, 1)), (is_open, (1, 2)), (met, (3, 4)), (is_open, (5, 3))])
    {1: False, 2: True, 3: False}
    """
    goals = [n for n, (role, nodes) in enumerate(facts) if role in (_MET, _OPEN) and len(nodes) > 1]
    resting: dict[int, list[int]] = {}  # by object, the atoms that rest on something with it first
    for n in goals:
        resting.setdefault(facts[n][1][-1], []).append(n)
    unsettled = [n for n in goals if facts[n][0] == _OPEN]
    loose = set(unsettled)
    broken: dict[int, None] = {}  # atoms that rest on something unsettled
    for n in unsettled:  # grows while it is walked
        for above in resting.get(facts[n][1][0], ()):
            broken.setdefault(above)
            if above not in loose:
                loose.add(above)
                unsettled.append(above)
    return {n: n not in loose for n in goals if n not in broken}


def _rows(nodes: IntArray) -> list[tuple[int, ...]]:
    return [tuple(n for n in row if n >= 0) for row in np.asarray(nodes).tolist()]
