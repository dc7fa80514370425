"""One workload with one engine, in a process of its own: prints a JSON line of what it took.

    python -m benchmarks.rule_peers ENGINE RULES FOLDER

``derive`` is what the engine calls grounding, reasoning, running or querying, in CPU seconds;
importing and loading facts are not in it. ``counts`` are of the derived predicates.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.rule_programs import INPUTS, RULES, quoted
from benchmarks.rule_sql import derive_with_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Counts = dict[str, int]


class Clock:
    """CPU seconds of the part that is measured."""

    def __init__(self) -> None:
        self.start = time.process_time()
        self.spent_s = 0.0

    def begin(self) -> None:
        """Start measuring."""
        self.start = time.process_time()

    def end(self) -> None:
        """Stop measuring."""
        self.spent_s = time.process_time() - self.start


def heads(kind: str) -> dict[str, int]:
    """The derived predicates with their arities."""
    found = (re.match(r"(\w+)\((.*?)\)", text) for text in RULES[kind])
    return {match[1]: match[2].count(",") + 1 for match in found if match}


def facts(kind: str, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Every fact: its predicate and its cells."""
    for name in INPUTS[kind]:
        for line in (folder / f"{name}.tsv").read_text(encoding="utf-8").splitlines():
            yield name, line.split("\t")


def literal(cell: str) -> str:
    """A number as it is, anything else quoted."""
    return cell if cell.lstrip("-").isdigit() else f'"{cell}"'


def fact_text(kind: str, folder: Path) -> str:
    """All facts in the common syntax."""
    return "\n".join(f"{n}({','.join(map(literal, r))})." for n, r in facts(kind, folder))


def rule_text(kind: str) -> str:
    """All rules in the common syntax."""
    return "\n".join(quoted(text).replace("; ", ", ") + "." for text in RULES[kind])


def with_clingo(kind: str, folder: Path, clock: Clock) -> Counts:
    """Grounding by clingo."""
    import clingo

    control = clingo.Control(["-Wnone"])
    control.add("base", [], rule_text(kind) + fact_text(kind, folder))
    clock.begin()
    control.ground([("base", [])])
    clock.end()
    atoms = control.symbolic_atoms
    return {name: len(list(atoms.by_signature(name, n))) for name, n in heads(kind).items()}


def with_nemo(kind: str, folder: Path, clock: Clock) -> Counts:
    """Reasoning by Nemo."""
    import nmo_python as nemo

    number = "string" if kind == "rdfs" else "int"
    lines = [
        f'@import {name} :- tsv {{resource="{folder / name}.tsv", '
        f"format=({','.join([number] * n)})}}."
        for name, n in INPUTS[kind].items()
    ]
    rules = re.sub(r"\b_\b", "?FRESH", rule_text(kind))
    lines.append(re.sub(r"\b(?<!\?)([A-Z])\b", r"?\1", rules))
    lines += [f"@output {name}." for name in heads(kind)]
    engine = nemo.NemoEngine(nemo.load_string("\n".join(lines)))
    clock.begin()
    engine.reason()
    clock.end()
    return {name: sum(1 for _ in engine.result(name)) for name in heads(kind)}


def with_duckdb(kind: str, folder: Path, clock: Clock) -> Counts:
    """Queries by DuckDB, recursive ones where they say it."""
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    for name, n in INPUTS[kind].items():
        kinds = "VARCHAR" if kind == "rdfs" else "INTEGER"
        columns = ", ".join(f"'c{i}': '{kinds}'" for i in range(n))
        connection.execute(
            f"create table {name} as select * from read_csv('{folder / name}.tsv', "
            f"delim='\t', header=false, columns={{{columns}}})"
        )
    clock.begin()
    counts = derive_with_sql(kind, connection.execute)
    clock.end()
    return counts


def with_egglog(kind: str, folder: Path, clock: Clock) -> Counts:
    """Relations and rules of egglog."""
    import egglog.bindings as egglog

    sort = "String" if kind == "rdfs" else "i64"
    lines = [
        f"(relation {name} ({' '.join([sort] * n)}))"
        for name, n in {**INPUTS[kind], **heads(kind)}.items()
    ]
    for text in RULES[kind]:
        head, body = quoted(text).split(" :- ")
        parts = " ".join(_bracketed(part, str.lower) for part in body.split("; "))
        lines.append(f"(rule ({parts}) ({_bracketed(head, str.lower)}))")
    lines += [f"({name} {' '.join(map(literal, row))})" for name, row in facts(kind, folder)]
    graph = egglog.EGraph()
    graph.run_program(*graph.parse_program("\n".join(lines)))
    run = graph.parse_program("(run-schedule (saturate (run)))")
    clock.begin()
    graph.run_program(*run)
    clock.end()
    counts = {}
    for name in heads(kind):
        (shown,) = graph.run_program(*graph.parse_program(f"(print-size {name})"))
        counts[name] = int(re.sub(r"\D", "", str(shown).rpartition("(")[2]))
    return counts


def with_clips(kind: str, folder: Path, clock: Clock) -> Counts:
    """Production rules of CLIPS."""
    import clips

    environment = clips.Environment()
    for number, text in enumerate(RULES[kind]):
        head, body = text.split(" :- ")
        patterns = " ".join(_pattern(part) for part in body.split("; "))
        environment.build(f"(defrule r{number} {patterns} => (assert {_pattern(head)}))")
    for name, row in facts(kind, folder):
        environment.assert_string(f"({name} {' '.join(row)})")
    clock.begin()
    environment.run()
    clock.end()
    counts = dict.fromkeys(heads(kind), 0)
    for fact in environment.facts():
        if fact.template.name in counts:
            counts[fact.template.name] += 1
    return counts


def _bracketed(part: str, name: Callable[[str], str]) -> str:
    """``p(X, Y)`` as ``(p x y)``, ``X < Y`` as ``(< x y)``; each wildcard a name of its own."""
    if "(" not in part:
        left, sign, right = part.split()
        return f"({sign} {name(left)} {name(right)})"
    predicate, _, inside = part.rstrip(")").partition("(")
    cells = inside.split(", ")
    shown = [
        cell if cell.startswith('"') else name(f"ANY{i}" if cell == "_" else cell)
        for i, cell in enumerate(cells)
    ]
    return f"({predicate} {' '.join(shown)})"


def _pattern(part: str) -> str:
    shown = _bracketed(part, lambda cell: f"?{cell.lower()}" if cell.isupper() else cell)
    if "(" in part:
        return re.sub(r"\?any\d", "?", shown)
    return f"(test {shown.replace('!=', '<>')})"


ENGINES = {
    "clingo": with_clingo,
    "nemo": with_nemo,
    "duckdb": with_duckdb,
    "egglog": with_egglog,
    "clips": with_clips,
}


def main() -> None:
    """Run the engine that is asked for."""
    engine, kind, folder = sys.argv[1:]
    clock = Clock()
    counts = ENGINES[engine](kind, Path(folder), clock)
    print(json.dumps({"derive": clock.spent_s, "counts": counts}))


if __name__ == "__main__":
    main()
