"""Running the command line as a person would, in a process of its own or in this one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from planner.cli import main


@dataclass(frozen=True)
class Run:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Run]


@pytest.fixture
def planner(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, root: Path
) -> Command:
    """Call the command line in this process, from the repository's folder."""
    monkeypatch.chdir(root)

    def run(*arguments: object) -> Run:
        with pytest.raises(SystemExit) as end:
            main([str(a) for a in arguments])
        captured = capsys.readouterr()
        code = end.value.code
        return Run(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run
