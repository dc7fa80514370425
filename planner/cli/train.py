"""``planner train``: from a rule base to learned rules and a step model."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner.cli.inputs import domain_option, problem_files
from planner.cli.limits import Amount

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.kr.task import Task
    from planner.learn.fitting.fit import Fitting
    from planner.models.served.options import ServerOptions

__all__ = ["command"]

_BAR = 30
_IDLE = {
    "rules": ("out", "minutes", "steps", "vectors", "rounds", "resume"),
    "frequency": ("minutes", "steps", "vectors", "rounds", "resume"),
    "relational": ("vectors",),
    "numbers": ("vectors",),
}
"""Options that change nothing, by kind of model."""
_PURPOSES = {
    "out": "no model is written (--rules-out says where rules go)",
    "minutes": "nothing is fitted (--rules-cpu bounds learning rules)",
    "steps": "nothing is fitted (--rules-cpu bounds learning rules)",
    "vectors": "only lstm, gpt2 and bert read words",
    "rounds": "expert iteration fits a network",
    "resume": "only fits have checkpoints to go on from",
}
"""What these options are for, and so why they change nothing."""


@click.command(
    "train",
    epilog="Examples: planner train rules/blocksworld --minutes 1; "
    "planner train --domain domain.pddl train/*.pddl",
)
@click.argument("places", nargs=-1, required=True, type=click.Path(exists=True))
@domain_option
@click.option(
    "--kind",
    type=click.Choice(
        ["relational", "lstm", "gpt2", "bert", "numbers", "frequency", "text", "rules"]
    ),
    help="The step model (`text` is `lstm`); `rules` learns control rules only. "
    "Default: relational, with --domain rules; numbers where actions create or compute.",
)
@click.option(
    "--vectors",
    type=click.Choice(["none", "word2vec", "fasttext", "glove"]),
    default="none",
    help="What the words of lstm, gpt2 and bert begin with.",
)
@click.option(
    "--out", type=click.Path(file_okay=False), help="The model's folder, default BASE/model."
)
@click.option(
    "--rules-out", type=click.Path(dir_okay=False), help="Default: learned.yaml beside the rules."
)
@click.option("--minutes", type=Amount(min=0), help="CPU minutes of fitting, 1 without --steps.")
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    help="Steps of fitting: a seed gives the same weights however busy the machine is. "
    "With --minutes whichever ends first.",
)
@click.option("--rules-cpu", type=Amount(min=0), default=60.0, help="CPU seconds for rules.")
@click.option(
    "--advisor",
    metavar="URL",
    help="A model server that proposes control rules; the engine tries them and keeps what helps.",
)
@click.option("--proposals", type=click.IntRange(min=1), default=3, show_default=True,
              help="How often the advisor is asked.")  # fmt: skip
@click.option(
    "--rounds",
    type=click.IntRange(min=0),
    default=0,
    help="Rounds of expert iteration on larger tasks; each fits for as long again.",
)
@click.option(
    "--pretrained",
    type=click.Path(exists=True, file_okay=False),
    help="Begin with weights trained on other rule bases (BASE BASE ... --out FOLDER).",
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--resume", is_flag=True, help="Go on from where a stopped training was saved.")
@click.option("--quiet", is_flag=True, help="Print the report only.")
def command(
    places: tuple[str, ...],
    domain: str | None,
    kind: str | None,
    vectors: str,
    out: str | None,
    rules_out: str | None,
    minutes: float | None,
    steps: int | None,
    rules_cpu: float,
    advisor: str | None,
    proposals: int,
    rounds: int,
    pretrained: str | None,
    seed: int,
    resume: bool,
    quiet: bool,
) -> None:
    """Learn from a rule base BASE: control rules, and a step model fitted on generated tasks.

    With --domain the PLACES are PDDL problems to learn from, or folders of them. With several rule
    bases weights for `--pretrained` are trained on all of them and written to --out.
    """
    _log_to_stderr(logging.WARNING if quiet else logging.INFO)
    asked = kind
    kind = kind or ("relational" if domain is None else "rules")
    server = _server(advisor, rules_cpu)
    _refuse_missing_folder(rules_out)
    if pretrained is not None and kind != "relational":
        raise click.UsageError("--pretrained is for models of --kind relational")
    from planner.learn.rules.train import train_rules, training_tasks, with_teacher
    from planner.learn.tasks.examples import base_of_tasks, is_open_base, load_base
    from planner.learn.train import train

    if domain is not None:
        problems = _problems(places, domain)
        base, given = base_of_tasks(problems), [task for _, task in problems]
    elif len(places) != 1:
        _refuse_of_one_base()
        _pretrain(places, out, minutes, steps, seed, quiet)
        return
    else:
        base, given = load_base(places[0]), []
        if is_open_base(base):
            kind, rules_cpu = asked or "numbers", 0.0
            _say_no_rules(kind, advisor)
    _refuse_idle(kind, rules_cpu, advisor)
    tasks = training_tasks(base, seed, given) if rules_cpu > 0 else []
    file = Path(rules_out) if rules_out else Path(base.rules.source).parent / "learned.yaml"
    # Going on with other rules than before would mean going on with other data.
    goes_on = _goes_on(Path(out) if out else base.folder / "model", kind, resume)
    taught = with_teacher(base, file) if goes_on and rules_cpu > 0 else None
    if rules_cpu > 0 and taught is None:
        learned = train_rules(
            tasks, file, cpu_s=rules_cpu, seed=seed, advisor=server, proposals=proposals
        )
        click.echo(learned.render())
        taught = with_teacher(base, file)
    elif server is not None:
        click.echo("the advisor is not asked: rules were learned before the training stopped")
    if kind == "rules":
        return
    report = train(
        taught or base,
        out=out,
        kind=kind,
        minutes=minutes,
        steps=steps,
        seed=seed,
        resume=resume,
        vectors=vectors,
        rounds=rounds,
        pretrained=pretrained,
        progress=None if quiet else _progress_bar(minutes, steps),
    )
    click.echo(report.render())


def _refuse_missing_folder(rules_out: str | None) -> None:
    if rules_out is not None and not Path(rules_out).absolute().parent.is_dir():
        raise click.BadParameter(
            f"there is no folder {Path(rules_out).parent} to write it to", param_hint="--rules-out"
        )


def _goes_on(folder: Path, kind: str, resume: bool) -> bool:
    """Whether there is a fit to go on with; without a checkpoint rules beside it may be anyone's.

    What begins anew drops old checkpoints first.
    """
    from planner.learn.checkpoints import checkpoints, drop_checkpoints

    if not resume and kind != "rules":
        drop_checkpoints(folder)
    return resume and bool(checkpoints(folder))


def _log_to_stderr(level: int) -> None:
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)


def _problems(places: Sequence[str], domain: str) -> list[tuple[Path, Task]]:
    """PDDL problems, with their files."""
    from planner.io.pddl.load import load_pddl

    return [(Path(place), load_pddl(domain, place)[0]) for place in problem_files(places, domain)]


def _say_no_rules(kind: str, advisor: str | None) -> None:
    """Where actions compute a step model is all that can be trained."""
    reason = "none are learned where actions create objects or compute numbers"
    if advisor is not None:
        raise click.UsageError(f"--advisor proposes control rules, and {reason}")
    click.echo(f"rules: {reason}")
    if kind == "rules":
        raise click.UsageError("train a step model instead: --kind numbers")


def _server(advisor: str | None, rules_cpu: float) -> ServerOptions | None:
    """The model server that proposes rules."""
    if advisor is None:
        return None
    if rules_cpu <= 0:
        raise click.UsageError("--advisor proposes control rules, and --rules-cpu 0 learns none")
    from planner.models.served.options import parse_server

    return parse_server(advisor)


def _refuse_idle(kind: str, rules_cpu: float, advisor: str | None) -> None:
    """Refuse options that would change nothing, before the time for rules is spent."""
    if kind == "rules" and rules_cpu <= 0:
        raise click.UsageError(
            "nothing is left to learn: --rules-cpu 0 learns no rules, and no step model is asked "
            "for (as by --kind relational)"
        )
    context, typed = click.get_current_context(), click.core.ParameterSource.COMMANDLINE
    for name in _IDLE.get(kind, ()):
        if context.get_parameter_source(name) is typed and context.params[name] != "none":
            raise click.UsageError(f"--{name} changes nothing for --kind {kind}: {_PURPOSES[name]}")
    if advisor is None and context.get_parameter_source("proposals") is typed:
        raise click.UsageError("--proposals says how often an --advisor is asked: name one")


def _refuse_of_one_base() -> None:
    """Refuse options that change nothing where several rule bases are given."""
    params = click.get_current_context().params
    unused = {
        "--kind": params["kind"] not in (None, "relational"),
        "--vectors": params["vectors"] != "none",
        "--rules-out": params["rules_out"] is not None,
        "--advisor": params["advisor"] is not None,
        "--rounds": params["rounds"] > 0,
        "--pretrained": params["pretrained"] is not None,
        "--resume": params["resume"],
    }
    idle = [option for option, is_given in unused.items() if is_given]
    if idle:
        raise click.UsageError(
            f"{', '.join(idle)} cannot be used with several rule bases, which train weights for "
            "--pretrained (or are these PDDL problems? then give --domain D.pddl)"
        )


def _pretrain(
    places: tuple[str, ...],
    out: str | None,
    minutes: float | None,
    steps: int | None,
    seed: int,
    quiet: bool,
) -> None:
    """Weights for `--pretrained`, from several rule bases."""
    if out is None:
        raise click.UsageError(
            "several rule bases train weights for --pretrained: say where they go with --out "
            "FOLDER (or give one rule base, or PDDL problems with --domain D.pddl)"
        )
    from planner.learn.kinds import need_torch
    from planner.learn.rules.train import with_teacher
    from planner.learn.tasks.examples import load_base

    need_torch()
    from planner.learn.fitting.pretrain import pretrain

    # Rules learned before teach here as well.
    bases = [
        with_teacher(base, Path(base.rules.source).parent / "learned.yaml") or base
        for base in map(load_base, places)
    ]
    shown = None if quiet else _progress_bar(minutes, steps)
    click.echo(pretrain(bases, out, minutes, seed, shown, steps=steps).render())


def _progress_bar(minutes: float | None, steps: int | None) -> Callable[[Fitting], None] | None:
    """Draws a bar on stderr where a person looks at it; ``None`` elsewhere."""
    if not sys.stderr.isatty():
        return None
    from planner.learn.fitting.fit import Budget

    budget = Budget(None if minutes is None else 60 * minutes, steps)

    def show(fitting: Fitting) -> None:
        share = min(1.0, budget.spent(fitting.cpu_s, fitting.steps))
        done = "#" * round(_BAR * share)
        solved = "" if fitting.solved is None else f", {100 * fitting.solved:.0f} % held out solved"
        text = f"[{done:<{_BAR}}] step {fitting.steps:,}, loss {fitting.loss:.3f}{solved}"
        end = "\n" if share == 1 else ""
        click.echo(f"\r{text:<78}{end}", err=True, nl=False)

    return show
