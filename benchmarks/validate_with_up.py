"""Check a plan with unified-planning: ``valid`` or ``INVALID: why`` on the last line.

Run: ``python benchmarks/validate_with_up.py DOMAIN PROBLEM PLAN``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from unified_planning.io import PDDLReader
from unified_planning.shortcuts import PlanValidator, get_environment


def main() -> int:
    """Read, check, print."""
    get_environment().credits_stream = None
    domain, problem_file, plan_file = sys.argv[1:4]
    reader = PDDLReader()
    problem = reader.parse_problem(domain, problem_file)
    steps = [
        line.strip()
        for line in Path(plan_file).read_text(encoding="utf-8").splitlines()
        if line.startswith("(")
    ]
    plan = reader.parse_plan_string(problem, "\n".join(steps))
    with PlanValidator(problem_kind=problem.kind, plan_kind=plan.kind) as validator:
        result = validator.validate(problem, plan)
    print("valid" if result else f"INVALID: {result.reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
