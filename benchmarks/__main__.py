"""``make bench``: every benchmark in turn, each as a process of its own.

Those that would take an hour run on some of their rows; ``docs/benchmarks.md`` names the command
behind each table. The other modules of this folder are parts of these, such as
``benchmarks.rule_peers``, which runs in an interpreter that has the rule engines.
"""

from __future__ import annotations

import subprocess
import sys

__all__ = ["RUNS", "main"]

RUNS = (
    ("benchmarks.start", ()),
    ("benchmarks.tiny", ()),
    ("benchmarks.rules", ()),
    ("benchmarks.updates", ()),
    ("benchmarks.goals", ()),
    ("benchmarks.manners", ()),
    ("benchmarks.provenance", ()),
    ("benchmarks.probability", ("--hosts", "6,8,10")),
    ("benchmarks.declarations", ()),
    ("benchmarks.mutations", ("--count", "500")),
    ("benchmarks.blocks", ()),
    ("benchmarks.planning", ("--limit", "10", "--set", "peers")),
    ("benchmarks.evaluations", ("--seconds", "2")),
    ("benchmarks.grounding", ("--only", "freecell", "logistics98", "caldera")),
    ("benchmarks.numbers", ("--count", "20")),
    ("benchmarks.worlds", ("--limit", "3000")),
    ("benchmarks.conduct", ()),
    ("benchmarks.commuting", ("--cpu", "2", "--only", "logistics00", "driverlog")),
    ("benchmarks.learned_rules", ("--domains", "ferry,miconic", "--tiers", "em")),
    ("benchmarks.classic_rules", ("--domains", "gripper", "--tasks", "2")),
    ("benchmarks.ablations", ("--domains", "spanner")),
    ("benchmarks.step_models", ("--domains", "ferry", "--minutes", "0.5")),
    ("benchmarks.reach", ("--domains", "barman-sat14-strips", "--minutes", "1", "--largest", "2")),
    ("benchmarks.pretraining", ("--minutes", "0.5", "--seeds", "1")),
    ("benchmarks.beyond", ("--domains", "gripper", "--minutes", "0.3")),
    ("benchmarks.digits", ("--seeds", "1")),
    *(
        ("benchmarks.models", (section,))
        for section in ("train", "trie", "loop", "batch", "sketch")
    ),
)
"""Module and arguments."""


def main() -> int:
    """Run them; 0 when all ended well."""
    failed = []
    for module, arguments in RUNS:
        print(f"== {module} {' '.join(arguments)}", flush=True)
        if subprocess.run([sys.executable, "-m", module, *arguments], check=False).returncode:
            failed.append(" ".join((module, *arguments)))
    print(f"failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
