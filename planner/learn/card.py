"""The model card beside a trained model: what it is, what it was fitted on, how it fares."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.learn.report import Report

__all__ = ["model_card"]

_ABOUT = {
    "relational": "a relational graph network; names do not matter to it",
    "lstm": "an LSTM that reads each legal step with what touches its objects",
    "gpt2": "a GPT-2 that reads each legal step with what touches its objects",
    "bert": "a BERT that tells good steps from bad ones",
    "numbers": "a network that reads what each legal step does to numbers, seen from the goal's",
    "frequency": "how often steps of each action are best where they are legal",
}


def model_card(report: Report, rules: str) -> str:
    """Markdown with the evaluation table; ``rules`` names the rule base."""
    rows = [
        f"| {row.size} | {row.tasks} | {row.solved} | {row.length:.1f} |" for row in report.held_out
    ]
    sizes = [size for size, count in report.tasks.items() if count]
    examples = ", ".join(f"`{name}`" for name, _ in report.examples) or "none"
    lines = [
        f"# A step model for {rules}",
        "",
        f"Kind `{report.kind}`: {_ABOUT[report.kind]}. Used by `planner solve` as a prior over the "
        "legal steps; what the rules do not allow it cannot propose.",
        "",
        f"- fitted on {sum(report.tasks.values())} tasks of {min(sizes)} to {max(sizes)} objects "
        f"made from the rule base alone, {report.states:,} labelled states",
        f"- example tasks that showed what tasks look like: {examples}",
        f"- {report.steps:,} steps, {report.fit_s:.0f} CPU seconds, loss {report.loss:.3f}, "
        f"seed {report.seed}"
        + (f", embeddings begun with {report.vectors}" if report.vectors != "none" else ""),
        *(f"- {done.render()}" for done in report.rounds),
        "",
        "Held-out tasks, none of which it was fitted on, following the model without search:",
        "",
        "| objects | tasks | solved | mean plan length |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
        "Weights are safetensors, the rest is JSON; nothing in this folder is executed. The model "
        "fits the rule base whose hash stands in `config.json` and no other.",
        "",
    ]
    return "\n".join(lines)
