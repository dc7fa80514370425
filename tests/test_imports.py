"""``import planner`` stays light, whatever is added."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = {"torch", "numba", "pydantic", "networkx", "transformers", "numpy", "click"}


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in json.loads(run.stdout.splitlines()[-1])}


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded_by("import planner") & HEAVY


def test_every_public_name_is_found() -> None:
    import planner

    for name in planner.__all__:
        assert getattr(planner, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    import pytest

    import planner

    with pytest.raises(AttributeError, match="nonsense"):
        planner.nonsense  # noqa: B018


def test_checking_rules_needs_no_engine() -> None:
    loaded = loaded_by(
        "from planner.io.load import load_rules\nload_rules('rules/blocksworld/rules.yaml')"
    )

    assert not loaded & {"torch", "numba", "transformers", "networkx", "pydantic"}
