"""What a user's script does: from files of facts and rules to the numbers of what follows.

    python -m benchmarks.rule_script RULES TIER FILE...

``benchmarks.rules`` runs it as a process of its own, so it imports nothing but what it needs. RULES
are lines ``head :- atom; atom`` in which words of capitals are variables; a file has the facts of
the predicate it is named after.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

from planner.tables.database import Database

if TYPE_CHECKING:
    from planner.engine.forward import Tier


def main(rules: str, tier: str, *files: str) -> None:
    """Print as JSON how many facts of each predicate hold that has a rule."""
    db = Database()
    for file in files:
        db.add(file.rpartition("/")[2].removesuffix(".tsv"), file, has_header=False)
    heads = []
    for line in rules.splitlines():
        head, body = line.split(" :- ")
        db.rule(translated(head), translated(body))
        heads.append(head.partition("(")[0])
    model = db.model(tier=cast("Tier", tier))
    counts = [f'"{name}": {model.count(name)}' for name in dict.fromkeys(heads)]
    print(f"{{{', '.join(counts)}}}")


def translated(text: str) -> str:
    """Atoms in our language: ``?`` in front of variables."""
    words = text.replace("(", "( ").replace(",", " ,").replace(")", " )").replace(";", " and")
    return " ".join(
        f"?{w}" if w.isupper() else w.replace("_", "?", w == "_") for w in words.split()
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
