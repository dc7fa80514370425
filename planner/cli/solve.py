"""``planner solve``: find a plan, or answer a query."""

from __future__ import annotations

import logging
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner.cli.inputs import domain_option, json_option, load_problem, show_warnings
from planner.cli.limits import limit_options, meter_of
from planner.cli.watch import Overdue, watched
from planner.portfolio import is_parallel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.kr.task import Task
    from planner.plan import Plan
    from planner.search.checkpoint import Checkpoint
    from planner.search.limits import Meter
    from planner.solve import Result

__all__ = ["command"]

_STDOUT = "/dev/stdout"


@click.command(
    "solve",
    epilog="Example: planner solve rules/blocksworld/tasks/three-blocks.yaml --trace t.jsonl",
)
@click.argument("task", type=click.Path())
@domain_option
@click.option("--search", default="auto", help="NAME[:key=value,...]; `auto` chooses and says so.")
@click.option("--guide", help="NAME[+NAME...], what judges the steps.")
@click.option("--model", help="Folder of a trained model, a server's URL, or `none`.")
@click.option("--learned", type=click.Path(), help="File of learned rules to use.")
@click.option("--no-learned", is_flag=True, help="Do not use learned rules beside the rule base.")
@limit_options
@click.option("--max-expansions", type=click.IntRange(min=0), help="States expanded.")
@click.option("--max-model-calls", type=click.IntRange(min=0), help="States a model judges.")
@click.option("--improve", is_flag=True, help="Better plans, until the cheapest or a limit.")
@click.option("--plans", type=click.IntRange(min=1), default=1, help="So many different plans.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes that search in other ways.")
@click.option("--checkpoint", type=click.Path(), help="Keep what --resume needs, as it goes.")
@click.option("--resume", is_flag=True, help="Go on from --checkpoint, to the identical result.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--plan-out", type=click.Path(), help="Write the plan, one `(name arg arg)` a line.")
@click.option("--trace", type=click.Path(), help="Write the record of the search.")
@json_option
@click.option("--quiet", is_flag=True, help="No warnings, no progress.")
@click.option("-v", "--verbose", count=True, help="Say more; -vv shows tracebacks.")
def command(
    task: str,
    domain: str | None,
    search: str,
    guide: str | None,
    model: str | None,
    learned: str | None,
    no_learned: bool,
    time_s: float | None,
    cpu_s: float | None,
    memory_mb: float | None,
    max_expansions: int | None,
    max_model_calls: int | None,
    improve: bool,
    plans: int,
    jobs: int | None,
    checkpoint: str | None,
    resume: bool,
    seed: int,
    plan_out: str | None,
    trace: str | None,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Find a checked plan for TASK, or answer its query.

    TASK is a YAML task, a PDDL problem (with --domain), or - for stdin.
    """
    from planner.cli import output
    from planner.solve import solve

    _refuse_places(plan_out, trace, as_json)
    if resume and checkpoint is None:
        raise click.UsageError("--resume needs --checkpoint FILE")
    if checkpoint is not None and is_parallel(search, jobs):
        raise click.UsageError(
            "--checkpoint is of one search: leave it out, or --jobs or the portfolio"
        )
    _log_to_stderr(verbose, quiet=quiet)
    meter = meter_of(time_s, cpu_s, memory_mb, max_expansions, max_model_calls)
    problem, load_s = None, 0.0
    best = _Best(plan_out if plan_out != "-" else None)
    run = (search, guide, model, improve, plans, seed)
    try:
        # A portfolio forks, which is no company for a thread that prints.
        shown = sys.stderr.isatty() and not quiet and not is_parallel(search, jobs)
        with watched(meter), _progress(meter, shown=shown):
            loaded, warnings = load_problem(task, domain)
            show_warnings(warnings, quiet)
            from planner.learned import use_learned

            problem, step_model, notes = use_learned(
                loaded, model, learned_rules=not no_learned, file=learned
            )
            for note in () if quiet else notes:
                click.echo(note, err=True)
            best.record = _open_checkpoint(checkpoint, problem, repr(run), resume=resume)
            load_s = time.process_time()
            meter.begin()
            result = solve(
                problem,
                search=search,
                guide=guide,
                model=step_model,
                seed=seed,
                trace=_STDOUT if trace == "-" else trace,
                meter=meter,
                load_s=load_s,
                improve=improve,
                plans=plans,
                on_plan=best.take,
                checkpoint=best.record,
                jobs=jobs,
            )
        best.close()
    except (Overdue, MemoryError) as error:
        if problem is None:
            raise
        reason = error.reason if isinstance(error, Overdue) else "memory"
        result = _cut_off(problem, best.plan, reason, meter, load_s, seed)
    if plan_out is not None and result.plan is not None and best.written != result.plan:
        _write_plan(plan_out, str(result.plan))
    if as_json:
        click.echo(output.as_json(result, warnings))
    elif "-" not in (plan_out, trace):
        click.echo(output.as_text(result, verbose=verbose > 0))
    sys.exit(output.exit_code(result))


def _log_to_stderr(verbose: int, *, quiet: bool) -> None:
    """Warnings, with ``-v`` more, with ``--quiet`` nothing."""
    logging.basicConfig(
        level=logging.WARNING if not verbose else logging.INFO,
        format="%(message)s",
        stream=sys.stderr,
    )
    if quiet:
        logging.disable(logging.WARNING)


def _refuse_places(plan_out: str | None, trace: str | None, as_json: bool) -> None:
    """Refuse, before any work, what could not be written afterwards."""
    if [plan_out, trace].count("-") + as_json > 1:
        raise click.UsageError("stdout can carry one of --json, --plan-out - and --trace -")
    for option, place in (("--plan-out", plan_out), ("--trace", trace)):
        if place is None or place == "-":
            continue
        path = Path(place)
        if path.is_dir() or not os.access(path.parent, os.W_OK):
            reason = "is a folder" if path.is_dir() else "its folder does not exist or is read-only"
            raise click.UsageError(f"{option}: {place} cannot be written: {reason}")


class _Best:
    """The best plan so far, written to its file as soon as it is found."""

    def __init__(self, place: str | None) -> None:
        self._place = place
        self.plan: Plan | None = None
        self.record: Checkpoint | None = None
        self.written: Plan | None = None

    def close(self) -> None:
        """Close the checkpoint."""
        if self.record is not None:
            self.record.close()

    def take(self, plan: Plan) -> None:
        """Keep a plan that is better than those before."""
        self.plan = plan
        if self.record is not None:
            self.record.found(plan)
        if self._place is not None:
            _write_plan(self._place, str(plan))
            self.written = plan


def _open_checkpoint(
    place: str | None, problem: Task, run: str, *, resume: bool
) -> Checkpoint | None:
    """The checkpoint of this run, if one is kept: of this task, these rules and these options."""
    if place is None:
        return None
    import hashlib

    import planner
    from planner.io.dump import dump_task
    from planner.search.checkpoint import Checkpoint

    text = "\n".join([planner.__version__, run, dump_task(problem)])
    return Checkpoint(Path(place), hashlib.sha256(text.encode()).hexdigest(), resume=resume)


def _cut_off(
    problem: Task, best: Plan | None, reason: str, meter: Meter, load_s: float, seed: int
) -> Result:
    """The result of a run that had to be ended from outside, with the best plan there was."""
    from planner.search.limits import peak_memory_mb
    from planner.search.result import Status
    from planner.solve import Result, Statistics

    statistics = Statistics(
        expanded=meter.expanded,
        model_calls=meter.model_calls,
        model_s=meter.model_s,
        load_s=load_s,
        total_s=load_s + meter.cpu_s,
        peak_memory_mb=peak_memory_mb(),
    )
    status = Status.LIMIT if best is None else Status.SOLVED
    return Result(
        problem, status, best, reason=reason, complete=False, seed=seed, statistics=statistics
    )


def _write_plan(place: str, text: str) -> None:
    if place == "-":
        click.echo(text, nl=False)
        return
    path = Path(place)
    if path.exists() and not path.is_file():  # a device or a pipe is written as it is
        path.write_text(text, encoding="utf-8")
        return
    # Written beside and moved, so that a killed run never leaves half a plan.
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


@contextmanager
def _progress(meter: Meter, *, shown: bool) -> Iterator[None]:
    """One line on the terminal that is rewritten every half second."""
    if not shown:
        yield
        return
    import threading

    stop = threading.Event()

    def report() -> None:
        while not stop.wait(0.5):
            calls = f"  model {meter.model_calls:,}" if meter.model_calls else ""
            line = f"expanded {meter.expanded:,}{calls}  {meter.wall_s:.1f} s"
            click.echo(f"\r\x1b[K{line}", nl=False, err=True)

    thread = threading.Thread(target=report, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        click.echo("\r\x1b[K", nl=False, err=True)
