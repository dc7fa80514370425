"""``planner train``: from a rule base to a step model."""

from __future__ import annotations

import logging
import sys

import click

__all__ = ["command"]


@click.command("train", epilog="Example: planner train rules/blocksworld --minutes 1")
@click.argument("base", type=click.Path(exists=True))
@click.option("--kind", type=click.Choice(["relational", "text"]), default="relational")
@click.option("--out", type=click.Path(file_okay=False), help="Default: BASE/model.")
@click.option(
    "--minutes", type=click.FloatRange(min=0), default=1.0, help="CPU minutes of fitting."
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--resume", is_flag=True, help="Go on from where a stopped training was saved.")
@click.option("--quiet", is_flag=True, help="Print the report only.")
def command(
    base: str, kind: str, out: str | None, minutes: float, seed: int, resume: bool, quiet: bool
) -> None:
    """Generate tasks from the rule base BASE, solve them, and fit a step model on the plans."""
    from planner.learn.train import train

    logging.basicConfig(
        level=logging.WARNING if quiet else logging.INFO, format="%(message)s", stream=sys.stderr
    )
    report = train(base, out=out, kind=kind, minutes=minutes, seed=seed, resume=resume)
    click.echo(report.render())
