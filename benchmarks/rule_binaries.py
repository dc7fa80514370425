"""The workloads with SWI-Prolog and Souffle, where their programs are on the machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from benchmarks.common import run
from benchmarks.rule_peers import fact_text, heads, rule_text
from benchmarks.rule_programs import INPUTS, RULES, quoted

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.common import Usage

__all__ = ["run_souffle", "run_swipl"]

# Souffle's compiler is a C++ compiler; its time is not counted.
_COMPILE_S = 120


def run_swipl(
    program: Path, kind: str, folder: Path, seconds: float
) -> tuple[float, dict[str, int]] | None:
    """CPU seconds of tabled evaluation and the counts, ``None`` when it did not end."""
    tables = ", ".join(f"{name}/{arity}" for name, arity in heads(kind).items())
    goals = "".join(
        f"number_of({name}({', '.join('_' * n)}), N{name}), format('{name} ~w~n', [N{name}]), "
        for name, n in heads(kind).items()
    )
    rules = rule_text(kind).replace("!=", r"=\=")
    lines = [":- set_prolog_flag(double_quotes, atom).", f":- table {tables}."]
    lines += [f":- discontiguous {name}/{arity}." for name, arity in heads(kind).items()]
    lines += [_tests_last(rules), fact_text(kind, folder)]
    lines.append(
        "number_of(G, N) :- S = c(0), (G, arg(1, S, A), B is A + 1, nb_setarg(1, S, B), fail "
        "; arg(1, S, N))."
    )
    lines.append(
        f"main :- statistics(cputime, A), {goals}statistics(cputime, B), C is B - A, "
        "format('derive ~w~n', [C])."
    )
    source = folder / "program.pl"
    source.write_text("\n".join(lines), encoding="utf-8")
    command = [program, "--stack-limit=8g", "--table-space=8g", "-q", "-g", "main", "-t", "halt"]
    usage = run([*command, source], cpu_s=seconds, memory_mb=12_000, folder=folder)
    found = dict(re.findall(r"^(\w+) ([\d.]+)$", usage.output, re.MULTILINE))
    if "derive" not in found:
        return None
    return float(found.pop("derive")), {name: int(n) for name, n in found.items()}


def _tests_last(rules: str) -> str:
    """The rules with each comparison where its variables are bound: behind all atoms."""
    lines = []
    for line in rules.splitlines():
        head, body = line.rstrip(".").split(" :- ")
        parts = re.split(r",\s*(?![^()]*\))", body)
        lines.append(f"{head} :- {', '.join(sorted(parts, key=lambda part: '(' not in part))}.")
    return "\n".join(lines)


def run_souffle(
    program: Path, kind: str, folder: Path, seconds: float, representation: str
) -> tuple[Usage, dict[str, int]] | None:
    """The whole process of a compiled program, its derived relations kept as asked for."""
    cell = "symbol" if kind == "rdfs" else "number"
    lines = []
    for name, arity in {**INPUTS[kind], **heads(kind)}.items():
        columns = ", ".join(f"c{i}: {cell}" for i in range(arity))
        given = name in INPUTS[kind]
        lines.append(f".decl {name}_({columns}) {'' if given else representation}")
        lines.append(
            f'.input {name}_(IO=file, filename="{folder / name}.tsv")'
            if given
            else f".printsize {name}_"
        )
    lines += [
        re.sub(r"\b([a-z]\w*)\(", r"\1_(", quoted(text)).replace("; ", ", ") + "."
        for text in RULES[kind]
    ]
    source, binary = folder / "program.dl", folder / "program"
    source.write_text("\n".join(lines), encoding="utf-8")
    compiled = run([program, "-o", binary, source], cpu_s=_COMPILE_S, folder=folder)
    command = [binary] if compiled.code == 0 else [program, source]
    usage = run(command, cpu_s=seconds, memory_mb=12_000, folder=folder)
    found = re.findall(r"^(\w+)_\s+(\d+)$", usage.output, re.MULTILINE)
    if not found:
        return None
    return usage, {name: int(n) for name, n in found}
