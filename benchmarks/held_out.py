"""Instances that nobody developed on, drawn at random from public repositories.

    git clone https://github.com/aibasel/downward-benchmarks classic
    git clone https://github.com/ipc2023-learning/benchmarks learning
    python -m benchmarks.held_out --classic classic --learning learning --out held
    PLANNER_BENCHMARKS=held python -m benchmarks.planning --limit 10 --set all

Of each domain of the benchmarks' folder as many instances as ``--each`` are drawn that are not in
that folder, and of each tier of the learning track as many. Repositories are read through git, so
that bare ones do.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from benchmarks.common import BENCHMARKS

TIERS = ("easy", "medium", "hard")
_APART = ("lt-", "htg-", "planbench")


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository, read at its newest revision."""

    folder: Path

    def files(self) -> list[str]:
        """The path of each problem and domain file."""
        listed = self._git("ls-tree", "-r", "-l", "HEAD").decode().splitlines()
        entries = [line.split("\t", 1) for line in listed]
        # A snapshot may list files that it does not hold, without a size.
        return [p for meta, p in entries if p.endswith(".pddl") and meta.split()[3].isdigit()]

    def copy(self, path: str, target: Path) -> None:
        """Write a file of the repository."""
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self._git("show", f"HEAD:{path}"))

    def _git(self, *arguments: str) -> bytes:
        command = ["git", "-C", str(self.folder), *arguments]
        return subprocess.run(command, capture_output=True, check=True).stdout


def main() -> int:
    """Draw, write and say how many."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classic", type=Path, help="a clone of aibasel/downward-benchmarks")
    parser.add_argument("--learning", type=Path, help="a clone of ipc2023-learning/benchmarks")
    parser.add_argument("--out", type=Path, required=True, help="a folder to write to")
    parser.add_argument("--each", type=int, default=3, help="instances of a domain or tier")
    parser.add_argument("--seed", type=int, default=20261122)
    options = parser.parse_args()
    out, drawn = options.out / "pddl", 0
    if options.classic:
        drawn += _classic(Repository(options.classic), out, options.each, options.seed)
    if options.learning:
        drawn += _learning(Repository(options.learning), out, options.each, options.seed)
    print(f"{drawn} instances in {options.out}")
    return 0


def _classic(repository: Repository, out: Path, each: int, seed: int) -> int:
    draws = random.Random(seed)
    by_domain: dict[str, list[PurePosixPath]] = {}
    for path in map(PurePosixPath, repository.files()):
        by_domain.setdefault(path.parts[0], []).append(path)
    drawn = 0
    for domain in _known():
        files = by_domain.get(domain, [])
        have = {file.name for file in (BENCHMARKS / "pddl" / domain).iterdir()}
        left = sorted(f for f in files if "domain" not in str(f) and f.name not in have)
        draws.shuffle(left)
        for place, problem in enumerate(left[:each]):
            own, shared = _domain_files(problem, files)
            # A domain file of its own makes an instance a domain of its own.
            target = out / (f"{domain}-{place}" if own else domain)
            for source in [*own, *shared][:1]:
                repository.copy(str(source), target / "domain.pddl")
                repository.copy(str(problem), target / problem.name)
                drawn += 1
    return drawn


def _known() -> list[str]:
    folders = (path.name for path in (BENCHMARKS / "pddl").iterdir() if path.is_dir())
    return sorted(name for name in folders if not name.startswith(_APART))


def _domain_files(
    problem: PurePosixPath, files: list[PurePosixPath]
) -> tuple[list[PurePosixPath], list[PurePosixPath]]:
    """The domain files for this problem alone, and those for all of the folder."""
    names = {
        f"domain_{problem.name}",
        f"domain-{problem.name}",
        f"{problem.stem}-domain.pddl",
        f"{problem.stem.split('-')[0]}-domain.pddl",
    }
    return (
        [file for file in files if file.name in names],
        [file for file in files if file.name == "domain.pddl"],
    )


def _learning(repository: Repository, out: Path, each: int, seed: int) -> int:
    draws, drawn = random.Random(seed), 0
    files = [PurePosixPath(path) for path in repository.files()]
    for folder in sorted((BENCHMARKS / "pddl").glob("lt-*")):
        domain = folder.name.removeprefix("lt-")
        have = {file.name for file in folder.iterdir()}
        repository.copy(f"{domain}/domain.pddl", out / folder.name / "domain.pddl")
        for tier in TIERS:
            tasks = [f for f in files if f.parts[:3] == (domain, "testing", tier)]
            left = sorted(f for f in tasks if f"{tier}-{f.name}" not in have)
            for task in sorted(draws.sample(left, min(each, len(left)))):
                repository.copy(str(task), out / folder.name / f"{tier}-{task.name}")
                drawn += 1
    return drawn


if __name__ == "__main__":
    sys.exit(main())
