"""Miss Manners: CPU microseconds of one firing, beside CLIPS.

    python -m benchmarks.manners [--sizes 16 32 64] [--repeat N]

Guests come from the benchmark folder's generator. Ours is ``rules/manners``: actions that control
rules choose, followed without grounding; reading the task is not in the time, checking every step
is. CLIPS (clipspy, where installed) runs the same six rules on the same guests in the same
process. Each figure is the best of some repetitions; firings are checked against the folder's
README.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from benchmarks.common import ROOT, generate_data, task_generator
from planner.guides.control_rules import BoundControlRules
from planner.io.load import load_task_text
from planner.search.limits import Limits, Meter
from planner.search.rollout import RuleRollout
from planner.spaces.lifted import LiftedSpace

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.kr.task import Task

FIRINGS = {8: 50, 16: 166, 32: 590, 64: 2206}
CLIPS = r"""
(deftemplate guest (slot name)(slot sex)(slot hobby))
(deftemplate seating (slot s1)(slot n1)(slot n2)(slot s2)(slot id)(slot pid)(slot done))
(deftemplate path (slot id)(slot name)(slot seat))
(deftemplate chosen (slot id)(slot name)(slot hobby))
(deftemplate ctx (slot state))
(deftemplate cnt (slot c))
(deftemplate last (slot seat))
(defrule first ?k <- (ctx (state start)) (guest (name ?n)) ?q <- (cnt (c ?c)) =>
 (assert (seating (s1 1)(n1 ?n)(n2 ?n)(s2 1)(id ?c)(pid 0)(done yes)))
 (assert (path (id ?c)(name ?n)(seat 1))) (modify ?q (c (+ ?c 1))) (modify ?k (state seats)))
(defrule find ?k <- (ctx (state seats))
 (seating (s1 ?a)(s2 ?b)(n2 ?n2)(id ?id)(pid ?pid)(done yes))
 (guest (name ?n2)(sex ?x)(hobby ?h)) (guest (name ?g)(sex ~?x)(hobby ?h)) ?q <- (cnt (c ?c))
 (not (path (id ?id)(name ?g))) (not (chosen (id ?id)(name ?g)(hobby ?h))) =>
 (assert (seating (s1 ?b)(n1 ?n2)(n2 ?g)(s2 (+ ?b 1))(id ?c)(pid ?id)(done no)))
 (assert (path (id ?c)(name ?g)(seat (+ ?b 1)))) (assert (chosen (id ?id)(name ?g)(hobby ?h)))
 (modify ?q (c (+ ?c 1))) (modify ?k (state mkpath)))
(defrule mkpath (ctx (state mkpath)) (seating (id ?id)(pid ?p)(done no))
 (path (id ?p)(name ?n)(seat ?s)) (not (path (id ?id)(name ?n))) =>
 (assert (path (id ?id)(name ?n)(seat ?s))))
(defrule pdone (declare (salience -1)) ?k <- (ctx (state mkpath)) ?f <- (seating (done no)) =>
 (modify ?f (done yes)) (modify ?k (state check)))
(defrule finish ?k <- (ctx (state check)) (last (seat ?l)) (seating (s2 ?l)) =>
 (modify ?k (state end)))
(defrule more (declare (salience -1)) ?k <- (ctx (state check)) => (modify ?k (state seats)))
"""


def guests_of(size: int) -> list[tuple[str, str, str]]:
    """Name, sex and a hobby, one line for each hobby."""
    with tempfile.TemporaryDirectory() as scratch:
        generate_data(["manners", f"--size={size}"], Path(scratch))
        lines = (Path(scratch) / "guest.tsv").read_text(encoding="utf-8").splitlines()
    return [cast("tuple[str, str, str]", tuple(line.split("\t"))) for line in lines]


def task_of(rows: list[tuple[str, str, str]], size: int) -> Task:
    """The same guests as a task of ours."""
    sexes = {"m": "male", "f": "female"}
    guests: dict[str, tuple[str, list[str]]] = {}
    for name, sex, hobby in rows:
        guests.setdefault(f"guest-{name}", (sexes[sex], []))[1].append(hobby)
    text = task_generator("manners").text_of(f"manners-{size}", "# generated", guests)
    return load_task_text(text, name="manners", folder=ROOT / "rules" / "manners" / "tasks")


def run_ours(task: Task) -> tuple[float, int]:
    """CPU seconds and firings."""
    start = time.process_time()
    space = LiftedSpace(task)
    outcome = RuleRollout().follow(space, BoundControlRules(space), Meter(Limits()))
    spent = time.process_time() - start
    return spent, len(outcome.steps or ())


def run_clips(rows: list[tuple[str, str, str]], size: int) -> tuple[float, int]:
    """CPU seconds and firings."""
    import clips

    environment = clips.Environment()
    for construct in re.split(r"\n(?=\(def)", CLIPS.strip()):
        environment.build(construct)
    start = time.process_time()
    for name, sex, hobby in rows:
        environment.assert_string(f"(guest (name {name})(sex {sex})(hobby {hobby}))")
    environment.assert_string(f"(last (seat {size}))")
    environment.assert_string("(cnt (c 1))")
    environment.assert_string("(ctx (state start))")
    firings = environment.run()
    return time.process_time() - start, firings


def best(run: Callable[[], tuple[float, int]], repeat: int) -> tuple[float, int]:
    """The quickest of some runs."""
    return min(run() for _ in range(repeat))


def main() -> None:
    """Print a line for each size and engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[16, 32, 64])
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    has_clips = importlib.util.find_spec("clips") is not None
    for size in options.sizes:
        rows = guests_of(size)
        task = task_of(rows, size)
        results = {"planner": best(partial(run_ours, task), options.repeat)}
        if has_clips:
            results["CLIPS"] = best(partial(run_clips, rows, size), options.repeat)
        for engine, (spent, firings) in results.items():
            verdict = "right" if firings == FIRINGS.get(size, firings) else "WRONG"
            print(
                f"manners{size:<4} {engine:8} {firings:6} firings  {spent:7.3f} s  "
                f"{spent / max(1, firings) * 1e6:7.1f} us a firing  {verdict}",
                flush=True,
            )
    if not has_clips:
        print("CLIPS is not installed (pip install clipspy)")


if __name__ == "__main__":
    main()
