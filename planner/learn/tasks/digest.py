"""A fingerprint of a task that renaming its objects does not change."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from planner.models.goals import goal_literals

if TYPE_CHECKING:
    from planner.kr.task import Task

__all__ = ["digest"]

_ROUNDS = 4


def digest(task: Task) -> str:
    """Equal for tasks that differ in the names of objects and the order of facts only.

    Colour refinement (Weisfeiler and Leman 1968): rarely, tasks that differ get equal
    fingerprints, which costs a generator a task and does no other harm.
    """
    facts = [("init", f.predicate, f.arguments) for f in task.init]
    facts += [
        ("goal" if literal.positive else "avoid", literal.predicate, literal.arguments)
        for literal in goal_literals(task)
    ]
    colours = {name: f"{kind}" for name, kind in task.objects.items()}
    for _ in range(_ROUNDS):
        seen: dict[str, list[str]] = {name: [] for name in colours}
        for role, predicate, arguments in facts:
            shown = [colours.get(str(a), repr(a)) for a in arguments]
            for place, argument in enumerate(arguments):
                if isinstance(argument, str) and argument in seen:
                    seen[argument].append(f"{role} {predicate} {place} {' '.join(shown)}")
        colours = {n: _hash(colours[n] + "|" + ";".join(sorted(seen[n]))) for n in colours}
    whole = sorted(colours.values())
    whole += sorted(
        f"{role} {predicate} {' '.join(colours.get(str(a), repr(a)) for a in arguments)}"
        for role, predicate, arguments in facts
    )
    return _hash("\n".join(whole))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
