"""What the checks notice: rule bases with one slip of the pen each, read again.

    python -m benchmarks.mutations [--count 2000] [--seed 0] [rules/blocksworld ...]

Each mutant differs from a shipped rule base in one place. It counts as noticed when reading it, or
reading the tasks of its rule base with it, gives an error or a warning that the original does not
give. Prints one row for each kind of mutant, then every misspelt, arity or type mutant that passed
unnoticed, for review.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.common import ROOT
from planner.errors import RuleFileError
from planner.io.load import load_rules_text_checked, load_task_checked

if TYPE_CHECKING:
    from planner.diagnostics import Diagnostic
    from planner.kr.task import RuleBase

STRICT = ("misspell", "arity", "type")
_WORD = re.compile(r"\??[^\W\d]\w*(?:-+\w+)*")
_ATOM = re.compile(r"(?<![\w?-])([^\W\d][\w-]*)\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed text: the lines (from 1) that differ, and the word before and after."""

    kind: str
    text: str
    lines: tuple[int, ...]
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class Tally:
    """Counts for one kind of mutant."""

    made: int = 0
    noticed: int = 0
    reviewed: int = 0
    located: int = 0
    on_line: int = 0
    suggested: int = 0
    slowest_s: float = 0.0
    accepted: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    unsuggested: list[str] = field(default_factory=list)


def _code_part(line: str) -> str:
    """A line without its comment."""
    cut = re.search(r"(^|\s)#", line)
    return line[: cut.start()] if cut else line


def _words(line: str) -> list[re.Match[str]]:
    """Words that are names: not those inside texts, save placeholders."""
    code = _code_part(line)
    masked = re.sub(r'(?<=: )".*"$', lambda m: _keep_placeholders(m[0]), code)
    masked = re.sub(r"(?<=: )(?![^ ]*[(?])[a-z][^(?:]* [^(?:]*$", lambda m: " " * len(m[0]), masked)
    masked = re.sub(r"(?<=name: ).*$", lambda m: " " * len(m[0]), masked)
    masked = re.sub(r"(?<=rulebase: ).*$", lambda m: " " * len(m[0]), masked)
    return list(_WORD.finditer(masked))


def _keep_placeholders(text: str) -> str:
    return re.sub(r"\{[^{}]*\}|.", lambda m: m[0] if m[0][0] == "{" else " ", text)


def _slip(word: str, rng: random.Random) -> str:
    """One character dropped, doubled, replaced, or two swapped; never the question mark."""
    mark, name = ("?", word[1:]) if word.startswith("?") else ("", word)
    at = rng.randrange(len(name))
    letter = rng.choice("abcdefghijklmnopqrstuvwxyz")
    options = [name[:at] + letter + name[at:], name[:at] + letter + name[at + 1 :]]
    if len(name) > 1:
        options.append(name[:at] + name[at + 1 :])
        options.append(name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :])
    return mark + rng.choice(options)


def misspell(lines: list[str], rng: random.Random) -> Mutant | None:
    """Misspell one name: a key, a type, a predicate, an object, a variable, a placeholder."""
    number = rng.randrange(len(lines))
    words = _words(lines[number])
    if not words:
        return None
    word = rng.choice(words)
    wrong = _slip(word[0], rng)
    if wrong == word[0]:
        return None
    changed = lines[number][: word.start()] + wrong + lines[number][word.end() :]
    text = _with(lines, number, [changed])
    return Mutant("misspell", text, (number + 1,), word[0].lstrip("?"), wrong.lstrip("?"))


def _atoms(lines: list[str], rng: random.Random) -> tuple[int, re.Match[str]] | None:
    number = rng.randrange(len(lines))
    code = _code_part(lines[number])
    atoms = [m for m in _ATOM.finditer(code) if m[1] not in ("count", "sum", "min", "max", "not")]
    return (number, rng.choice(atoms)) if atoms else None


def arity(lines: list[str], rng: random.Random) -> Mutant | None:
    """Drop or repeat an argument of an atom."""
    found = _atoms(lines, rng)
    if found is None:
        return None
    number, atom = found
    arguments = [a.strip() for a in atom[2].split(",")]
    at = rng.randrange(len(arguments))
    if rng.random() < 0.5:
        arguments.insert(at, arguments[at])
    else:
        del arguments[at]
    written = f"{atom[1]}({', '.join(arguments)})" if arguments else atom[1]
    changed = lines[number][: atom.start()] + written + lines[number][atom.end() :]
    return Mutant("arity", _with(lines, number, [changed]), (number + 1,))


def retype(lines: list[str], rng: random.Random, base: RuleBase) -> Mutant | None:
    """Write a variable of another type, where the rule or action has one, in a place."""
    found = _atoms(lines, rng)
    if found is None:
        return None
    number, atom = found
    predicate = base.predicates.get(atom[1])
    arguments = [a.strip() for a in atom[2].split(",")]
    if predicate is None or predicate.arity != len(arguments) or not arguments[0]:
        return None
    if not any(a.startswith("?") for a in arguments):
        return _retype_declaration(lines, number, atom, base, rng)
    at = rng.randrange(len(arguments))
    wrong = [
        other[2].split(",")[place].strip()
        for other in _ATOM.finditer(_code_part(lines[number]))
        for place in range(base.predicates[other[1]].arity if other[1] in base.predicates else 0)
        if place < len(other[2].split(","))
        and _clash(base, base.predicates[other[1]].types[place], predicate.types[at])
    ]
    wrong = [w for w in wrong if re.fullmatch(r"\?[\w-]+", w)]
    if not wrong:
        return None
    arguments[at] = rng.choice(wrong)
    changed = lines[number][: atom.start()] + f"{atom[1]}({', '.join(arguments)})"
    changed += lines[number][atom.end() :]
    return Mutant("type", _with(lines, number, [changed]), (number + 1,))


def _clash(base: RuleBase, first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    return not any(base.is_subtype(a, b) or base.is_subtype(b, a) for a in first for b in second)


def _retype_declaration(
    lines: list[str], number: int, atom: re.Match[str], base: RuleBase, rng: random.Random
) -> Mutant | None:
    """Give a place of a signature another type that clashes with its own."""
    types = [t.strip() for t in atom[2].split(",")]
    at = rng.randrange(len(types))
    others = [t for t in (*base.types, "int", "string") if _clash(base, (t,), (types[at],))]
    if not others or types[at] not in (*base.types, "int", "number", "string"):
        return None
    types[at] = rng.choice(others)
    changed = lines[number][: atom.start()] + f"{atom[1]}({', '.join(types)})"
    changed += lines[number][atom.end() :]
    return Mutant("type", _with(lines, number, [changed]), (number + 1,))


def drop(lines: list[str], rng: random.Random) -> Mutant | None:
    """Leave out a line."""
    number = rng.randrange(len(lines))
    if not _code_part(lines[number]).strip():
        return None
    return Mutant("drop", _with(lines, number, []), (number, number + 1))


def swap(lines: list[str], rng: random.Random) -> Mutant | None:
    """Exchange two neighbouring lines."""
    number = rng.randrange(len(lines) - 1)
    if lines[number] == lines[number + 1]:
        return None
    swapped = [*lines[:number], lines[number + 1], lines[number], *lines[number + 2 :]]
    return Mutant("swap", "\n".join(swapped), (number + 1, number + 2))


def reindent(lines: list[str], rng: random.Random) -> Mutant | None:
    """Move a line to the left or to the right."""
    number = rng.randrange(len(lines))
    line = lines[number]
    shift = rng.choice((-2, -1, 1, 2))
    indent = len(line) - len(line.lstrip())
    if not _code_part(line).strip() or indent + shift < 0:
        return None
    changed = " " * (indent + shift) + line.lstrip()
    return Mutant("re-indent", _with(lines, number, [changed]), (number, number + 1, number + 2))


def duplicate(lines: list[str], rng: random.Random) -> Mutant | None:
    """Write a line twice."""
    number = rng.randrange(len(lines))
    line = lines[number]
    if not _code_part(line).strip():
        return None
    return Mutant("duplicate", _with(lines, number, [line, line]), (number + 1, number + 2))


def _with(lines: list[str], number: int, new: list[str]) -> str:
    return "\n".join([*lines[:number], *new, *lines[number + 1 :]])


def mutate(text: str, base: RuleBase, rng: random.Random) -> Mutant:
    """One mutant; half of them misspelt, arity or type mutants."""
    lines = text.splitlines()
    while True:
        kind = rng.choice(
            ("misspell", "misspell", "arity", "type", "drop", "swap", "reindent", "duplicate")
        )
        mutant = {
            "misspell": lambda: misspell(lines, rng),
            "arity": lambda: arity(lines, rng),
            "type": lambda: retype(lines, rng, base),
            "drop": lambda: drop(lines, rng),
            "swap": lambda: swap(lines, rng),
            "reindent": lambda: reindent(lines, rng),
            "duplicate": lambda: duplicate(lines, rng),
        }[kind]()
        if mutant is not None and mutant.text != text:
            return mutant


def diagnose(text: str, folder: Path) -> tuple[Diagnostic, ...]:
    """Everything said about a rule base and, where it is accepted, about the tasks in a folder."""
    try:
        _, found = load_rules_text_checked(text, "rules.yaml")
    except RuleFileError as error:
        return error.diagnostics
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    for task in sorted((folder / "tasks").glob("*.yaml")):
        try:
            found += load_task_checked(task)[1]
        except RuleFileError as error:
            found += error.diagnostics
    return found


def study(folder: Path, count: int, seed: int) -> dict[str, Tally]:
    """Mutate one rule base many times, in a copy with a few of its tasks."""
    with TemporaryDirectory() as copy:
        (Path(copy) / "tasks").mkdir()
        for task in sorted((folder / "tasks").glob("*.yaml"))[:4]:
            shutil.copy(task, Path(copy) / "tasks")
        return _study(folder, Path(copy), count, seed)


def _study(folder: Path, copy: Path, count: int, seed: int) -> dict[str, Tally]:
    text = (folder / "rules.yaml").read_text(encoding="utf-8")
    base, _ = load_rules_text_checked(text, "rules.yaml")
    usual = Counter((d.code, d.message) for d in diagnose(text, copy))
    rng = random.Random(f"{seed} {folder.name}")
    tallies: dict[str, Tally] = {}
    for _ in range(count):
        mutant = mutate(text, base, rng)
        tally = tallies.setdefault(mutant.kind, Tally())
        started = time.process_time()
        found = diagnose(mutant.text, copy)
        tally.slowest_s = max(tally.slowest_s, time.process_time() - started)
        seen = Counter(usual)
        new = []
        for diagnostic in found:
            key = (diagnostic.code, diagnostic.message)
            if seen[key] > 0:
                seen[key] -= 1
            else:
                new.append(diagnostic)
        judge(mutant, new, tally, folder.name, base)
    return tallies


def judge(mutant: Mutant, found: list[Diagnostic], tally: Tally, name: str, base: RuleBase) -> None:
    """Count what was said of one mutant."""
    line = mutant.lines[-1] if mutant.kind in STRICT else mutant.lines[0]
    lines = mutant.text.splitlines()
    shown = lines[min(line, len(lines)) - 1].strip() if lines else ""
    change = f" ({mutant.before} -> {mutant.after})" if mutant.before else ""
    tally.made += 1
    if not found:
        reason = why_harmless(mutant, shown, base)
        tally.reviewed += bool(reason)
        tally.accepted.append(f"{name}:{line}: {shown}{change} - {reason or 'NOT REVIEWED'}")
        return
    tally.noticed += 1
    tally.located += all(d.span.file and d.span.line > 0 and d.span.column > 0 for d in found)
    places = [(d.span, *(span for span, _ in d.related)) for d in found]
    touched = any(
        span.line in mutant.lines and Path(span.file).name == "rules.yaml"
        for spans in places
        for span in spans
    )
    tally.on_line += touched
    if not touched:
        tally.elsewhere.append(f"{name}:{line}: {shown}{change} => {found[0].render()[:300]}")
    if mutant.kind == "misspell":
        offered = [d.suggestion for d in found if "`" in d.suggestion]
        words = re.findall(r"`[?{]*([^`}]*)}?`", offered[0])[:1] if offered else []
        right = any(w.split("(")[0] in (mutant.before, mutant.after) for w in words)
        tally.suggested += right
        if not right:
            tally.unsuggested.append(f"{name}:{line}: {shown}{change} => {found[0].message} "
                                     f"[{found[0].suggestion}]")  # fmt: skip


def why_harmless(mutant: Mutant, line: str, base: RuleBase) -> str:
    """The reason why a mutant may pass unnoticed, reviewed by a person, or ``""``."""
    actions = {action.name for action in base.actions}
    name = re.split(r"[(:]", line)[0]
    if mutant.kind == "misspell" and mutant.before in actions and name == mutant.after:
        return "an action's own name: nothing else in the file says it"
    if mutant.kind == "arity" and name in actions:
        return "a parameter left out becomes an implicit one, as the language has it"
    return ""


def main() -> None:
    """Run the study and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=2000, help="mutants of each rule base")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-v", action="store_true", help="list what was located or suggested badly")
    arguments = parser.parse_args()
    folders = arguments.folders or sorted(p.parent for p in (ROOT / "rules").glob("*/rules.yaml"))
    total: dict[str, Tally] = {}
    for folder in folders:
        for kind, tally in study(folder, arguments.count, arguments.seed).items():
            merged = total.setdefault(kind, Tally())
            for name in ("made", "noticed", "reviewed", "located", "on_line", "suggested"):
                setattr(merged, name, getattr(merged, name) + getattr(tally, name))
            merged.slowest_s = max(merged.slowest_s, tally.slowest_s)
            merged.accepted += tally.accepted
            merged.elsewhere += tally.elsewhere
            merged.unsuggested += tally.unsuggested
    report(total, verbose=arguments.v)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"\n{used.ru_utime + used.ru_stime:.1f} CPU s")


def report(total: dict[str, Tally], *, verbose: bool) -> None:
    """Print the table and the lists for review."""
    columns = ["noticed", "or reviewed", "located", "on the line", "suggested", "slowest s"]
    print(f"| kind | mutants | {' | '.join(columns)} |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    strict = Tally()
    for kind, tally in sorted(total.items()):
        print(_row(kind, tally))
        if kind in STRICT:
            for name in ("made", "noticed", "reviewed", "located", "on_line"):
                setattr(strict, name, getattr(strict, name) + getattr(tally, name))
    print(_row("misspell + arity + type", strict))
    for kind in STRICT:
        tally = total.get(kind, Tally())
        print(f"\naccepted {kind} mutants ({len(tally.accepted)}):")
        for line, times in Counter(tally.accepted).items():
            print(f"  {times} x {line}")
        if verbose:
            print(f"\n{kind} noticed elsewhere ({len(tally.elsewhere)}):")
            print("\n".join(tally.elsewhere[:40]))
            print(f"\n{kind} without the right suggestion ({len(tally.unsuggested)}):")
            print("\n".join(tally.unsuggested[:60]))


def _row(kind: str, tally: Tally) -> str:
    def share(part: int, whole: int) -> str:
        return f"{part / whole:.1%}" if whole else "-"

    suggested = share(tally.suggested, tally.noticed) if kind == "misspell" else "-"
    return (
        f"| {kind} | {tally.made} | {share(tally.noticed, tally.made)} "
        f"| {share(tally.noticed + tally.reviewed, tally.made)} "
        f"| {share(tally.located, tally.noticed)} | {share(tally.on_line, tally.noticed)} "
        f"| {suggested} | {tally.slowest_s:.3f} |"
    )


if __name__ == "__main__":
    main()
