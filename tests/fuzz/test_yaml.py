"""No text makes the reader of rule files crash, hang, or say something without a place.

``PLANNER_FUZZ`` sets how many damaged files are read (a quick share by default; the published
figure is 100,000).
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import RuleFileError
from planner.io.formula_grammar import parse_formula
from planner.io.load import load_rules_text, load_task_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.diagnostics import Diagnostic

pytestmark = pytest.mark.fuzz

COUNT = int(os.environ.get("PLANNER_FUZZ", "1500"))
RULES = Path(__file__).resolve().parents[2] / "rules"
SEEDS = [p.read_text(encoding="utf-8") for p in sorted(RULES.glob("*/rules.yaml"))]
SIGNS = [
    "", "", "{", "}", "[", "]", ": ", ":", "- ", "? ", "!", "!!int ", "&a ", "*a", '"', "'", "#",
    " #", "|", ">", "\t", "\n", "\r\n", "  ", "\x00", "\x07", "\ufeff", "\u2028", "\x85", "\ud800",
    "\U0001f600", "(", ")", "((((", "?", "?_1", ",", "not ", "and ", " or ", "if ", "->", "::",
    "0.5::", "9" * 30, "1e999", "1/0", "- 1", " -1", "+(", "forall(", "count(", "goal ", "%", "@",
    "`", "---\n", "...\n", "<<: *a", "~", "null", "é", "\\", "=", "==", "<", "walk ?v from",
]  # fmt: skip


def problems(loader: Callable[[str], object], text: str) -> tuple[Diagnostic, ...] | None:
    """What a loader says against a text, ``None`` when it takes it; all else goes through."""
    try:
        loader(text)
    except RuleFileError as error:
        return error.diagnostics
    return None


def read(text: str) -> None:
    """Read a text both ways; only located errors may come out."""
    for loader in (load_rules_text, load_task_text):
        found = problems(loader, text)
        assert found != ()
        for diagnostic in found or ():
            assert diagnostic.span.line >= 1
            assert diagnostic.span.column >= 1
            assert diagnostic.render().encode("utf-8")


def damage(rng: random.Random) -> str:
    """A shipped rule base, or a stretch of one, with a few signs put in the place of others."""
    text = rng.choice(SEEDS)
    if rng.random() < 0.7:
        start = rng.randrange(len(text))
        text = text[start : start + rng.randrange(400)]
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(SIGNS) + text[at + rng.randrange(8) :]
    return text


def test_damaged_files_give_located_errors() -> None:
    rng = random.Random(20261121)
    slowest = 0.0

    for _ in range(COUNT):
        text = damage(rng)
        started = time.process_time()
        read(text)
        slowest = max(slowest, time.process_time() - started)

    assert slowest < 2.0


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    read(text)


@given(st.lists(st.sampled_from([*"()?,=<>+-*/|", "p", "?x", "and", "or", "not", "if", "3", '"a"',
                                 "forall(", "exists(", "count(", "->", "mod", "on+(", " "]),
                max_size=25))  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_any_formula_is_read_or_refused(words: list[str]) -> None:
    found = problems(parse_formula, " ".join(words))

    assert found is None or all(d.span.column >= 1 for d in found)


BOMBS = {
    "flow depth": "a: " + "[" * 100_000,
    "closed flow depth": "a: " + "[" * 5_000 + "]" * 5_000,
    "block depth": "\n".join(" " * i + "a:" for i in range(2_000)),
    "brackets": "rules: [{if: " + "(" * 50_000 + ", then: p}]",
    "quoted brackets": 'rules: [{if: "' + "(" * 50_000 + '", then: p}]',
    "negations": 'rules: [{if: "' + "not " * 40_000 + 'p", then: p}]',
    "conjunction": 'rules: [{if: "' + "p and " * 20_000 + 'p", then: p}]',
    "disjunction": 'rules: [{if: "' + "p or " * 20_000 + 'p", then: p}]',
    "sum": 'rules: [{if: "?x = ' + "1 + " * 20_000 + '1", then: p}]',
    "laughing aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
    ),
    "alias to itself": "a: &a [*a]",
    "many aliases": "a: &a x\nb: [" + ",".join(["*a"] * 1000) + "]",
    "digits": "facts: [p(" + "9" * 100_000 + ")]",
    "long name": "facts: [" + "p" * 100_000 + "]",
    "long line": "facts: [p] # " + "x" * 1_000_000,
    "many keys": "".join(f"key{i}: 1\n" for i in range(20_000)),
    "many errors": "facts:\n" + "  - p(\n" * 20_000,
    "dashes": "- " * 50_000,
    "unterminated": '"' + "x" * 500_000,
    "variables": 'rules: [{if: "' + " and ".join(f"p(?x{i})" for i in range(3000)) + '", then: p}]',
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_defused(name: str) -> None:
    started = time.process_time()

    read(BOMBS[name])

    assert time.process_time() - started < 10.0


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    from planner.io.load import load_rules

    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * (17 * 2**20))

    with pytest.raises(RuleFileError, match="longer than"):
        load_rules(path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: \x80", b"\x00", b"", b"\xef\xbb\xbf"])
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, content: bytes) -> None:
    from planner.io.load import load_rules

    path = tmp_path / "bytes.yaml"
    path.write_bytes(content)

    with pytest.raises(RuleFileError):
        load_rules(path)
