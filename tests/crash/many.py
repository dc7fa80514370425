"""Signals and kills by the hundred, at random moments of all kinds of runs.

    python -m tests.crash.many [--signals 300] [--kills 500] [--seed 0] [--only NAME ...]

A run that gets a signal must answer within a second of CPU time, with the right exit code, a whole
plan file or none, and a trace that can be read. A run that is killed is begun again, with
``--resume`` where there is a checkpoint, and killed again, some times over; the run that is left
alone at last must end with the result, the counts and the files of one that was never disturbed.
What is wrong is printed as it is found; the end is a line for each kind and exit code 1 or 0.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.crash.kinds import KILLED, SIGNALLED, Killed, Signalled
from tests.crash.processes import finish, start, tree_cpu

_KILLS_A_RUN = 5
_SELDOM = 4
_ANSWER_CPU_S = 1.0
_STARTING_CPU_S = 0.15
"""Before Python has run a line of ours there is nothing that could answer."""


def wait_for(process, cpu_s: float) -> None:
    """Until the process and its children have worked so long, or it is over."""
    while process.poll() is None and tree_cpu(process.pid) < cpu_s:
        time.sleep(0.005)


def signalled(kind: Signalled, folder: Path, draws: random.Random) -> list[str]:
    """What is wrong with the answer of a run to a signal."""
    starting = draws.random() < 1 / 7
    moment = draws.uniform(0, _STARTING_CPU_S) if starting else draws.uniform(0.1, kind.cpu_s)
    process = start(*kind.command(folder))
    wait_for(process, moment)
    spent = tree_cpu(process.pid) if process.poll() is None else None
    process.send_signal(draws.choice([signal.SIGINT, signal.SIGTERM]))
    ended = finish(process)

    wrong = [f"left {part.name}" for part in folder.rglob(".*.part")]
    if ended.code in (-signal.SIGTERM, -signal.SIGINT, 1):
        if moment < _STARTING_CPU_S:
            return wrong
        return [*wrong, f"died with {ended.code} after {moment:.2f} CPU s: {ended.err[-1000:]}"]
    late = 0.0 if spent is None else ended.cpu_s - spent
    if late > _ANSWER_CPU_S:
        wrong.append(f"answered after {late:.2f} CPU s")
    if "Traceback" in ended.err:
        wrong.append(ended.err[-1000:])
    wrong += kind.complaints(folder, ended)
    return [f"{complaint} (signal after {moment:.2f} CPU s)" for complaint in wrong]


def killed(kind: Killed, folder: Path, draws: random.Random, kills: int) -> list[str]:
    """What is wrong with runs that are killed so many times, and with what is left alone then."""
    whole = kind.undisturbed
    wrong = []
    for number in range(kills):
        process = kind.start(folder, again=number > 0)
        wait_for(process, draws.uniform(0.05, 1.1 * whole.cpu_s))
        process.kill()
        finish(process)
        wrong += [f"after kill {number + 1}: {text}" for text in kind.debris(folder)]
    ended = finish(kind.start(folder, again=True))
    return [*wrong, *kind.differences(folder, ended)]


def main() -> int:
    """Run what is asked for; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--signals", type=int, default=300)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=(), help="names of kinds")
    options = parser.parse_args()
    # A shell starts what runs in the background with SIGINT ignored, and so would be what is
    # started from here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    draws = random.Random(options.seed)
    done: Counter[str] = Counter()
    bad: Counter[str] = Counter()

    def note(what: str, count: int, wrong: list[str]) -> None:
        done[what] += count
        bad[what] += bool(wrong)
        for text in wrong:
            print(f"{what}: {text}", flush=True)
        print(f"{sum(done.values())} done, {sum(bad.values())} bad", flush=True)

    with tempfile.TemporaryDirectory() as name:
        kinds = [k for k in SIGNALLED if not options.only or k.name in options.only]
        for number in range(options.signals if kinds else 0):
            folder = Path(name, f"s{number}")
            folder.mkdir()
            kind = kinds[number % len(kinds)]
            note(f"signal, {kind.name}", 1, signalled(kind, folder, draws))
        left, chains = options.kills, 0
        victims = [
            kind
            for turn in range(_SELDOM)
            for kind in KILLED
            if (not options.only or kind.name in options.only) and (not kind.seldom or turn == 0)
        ]
        while left > 0 and victims:
            folder = Path(name, f"k{chains}")
            folder.mkdir()
            victim = victims[chains % len(victims)]
            count = min(left, _KILLS_A_RUN)
            note(f"kill, {victim.name}", count, killed(victim, folder, draws, count))
            left, chains = left - count, chains + 1
    for what, count in sorted(done.items()):
        print(f"{what:<40}{count:>5}{bad[what]:>5} bad")
    return 1 if bad.total() else 0


if __name__ == "__main__":
    sys.exit(main())
