"""``planner trace``: look at the record of a search."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]

_SUFFIXES = {"html": ".html", "dot": ".dot", "graphml": ".graphml", "mermaid": ".mmd"}


@click.command("trace", epilog="Example: planner trace html t.jsonl --out t.html")
@click.argument("view", type=click.Choice(["html", "dot", "graphml", "mermaid"]))
@click.argument("trace", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--out", type=click.Path(), help="File, or - for stdout; default beside the trace.")
def command(view: str, trace: str, out: str | None) -> None:
    """Turn the record TRACE of a search into a page or a graph."""
    from planner.trace.export import to_dot, to_graphml, to_mermaid
    from planner.trace.html import render as to_html
    from planner.trace.reader import read_trace

    record = read_trace(Path("/dev/stdin" if trace == "-" else trace))
    render = {
        "html": to_html,
        "dot": to_dot,
        "graphml": to_graphml,
        "mermaid": to_mermaid,
    }[view]
    text = render(record)
    if out == "-" or (out is None and trace == "-"):
        click.echo(text)
        return
    target = Path(out) if out else Path(trace).with_suffix(_SUFFIXES[view])
    target.write_text(text, encoding="utf-8")
    click.echo(target)
