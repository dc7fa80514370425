"""Every file, command and snippet of the tutorial and the how-tos works, in the order of the page.

A block whose first line is a comment with a path is written to that file. Commands run in a copy of
the repository's rules; below a command stand the lines it must print, ``...`` for any others.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from planner.errors import RuleFileError
from planner.io.load import load_rules, load_task
from tests.conftest import ROOT
from tests.docs.blocks import blocks_of

DOCUMENTS = sorted(
    path
    for path in [ROOT / "docs" / "tutorial.md", *(ROOT / "docs").glob("howto-*.md")]
    if path.exists()
)
_PATH = re.compile(r"^[#;] (\S+\.(?:yaml|pddl|py|txt))\n")


def run_commands(block, folder):
    """Run the commands of a console block and compare what they print."""
    commands = re.split(r"^\$ ", block.text, flags=re.M)[1:]
    environment = dict(os.environ)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    for entry in commands:
        command, _, expected = entry.partition("\n")
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        shown = done.stdout + done.stderr
        failed = done.returncode != 0
        assert failed == ("fails" in block.words), f"line {block.line}: {command}\n{shown}"
        assert "Traceback" not in shown
        assert "internal error" not in shown
        assert matches(expected.splitlines(), shown.splitlines()), f"{command}\n{shown}"


def matches(expected, shown):
    """Whether the lines shown are those expected; ``...`` stands for any lines or any rest."""
    pattern = ""
    for line in expected:
        if line == "...":
            pattern += r"(?:.*\n)*?"
        elif line.endswith("..."):
            pattern += re.escape(line[:-3]) + ".*\n"
        else:
            pattern += r"\s*" + re.escape(line) + r"\s*\n"
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in shown)) is not None


def write_file(block, folder):
    """Write a block to the file its first line names, or append to it; ``None`` without a name."""
    named = _PATH.match(block.text)
    if named is None:
        return None
    path = folder / named[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    if "append" in block.words:
        path.write_text(path.read_text() + block.text[named.end() :])
    else:
        path.write_text(block.text)
    return path


def load(path, *, refused):
    """Load a YAML file, which must be refused where the page says so."""
    read = load_task if re.search(r"^task:", path.read_text(), re.M) else load_rules
    if refused:
        with pytest.raises(RuleFileError):
            read(path)
    else:
        read(path)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_the_page_works_from_top_to_bottom(document, folder):
    namespace = {"__name__": "docs"}
    for block in blocks_of(document.read_text()):
        path = write_file(block, folder)
        if block.language == "yaml":
            load(path, refused="refused" in block.words)
        elif block.language == "python":
            exec(compile(block.text, f"{document.name}:{block.line}", "exec"), namespace)
        elif block.language == "console" and "learn" not in block.words:
            run_commands(block, folder)


@pytest.mark.learn
@pytest.mark.slow
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_what_trains_a_model_works_too(document, folder):
    for block in blocks_of(document.read_text()):
        if block.language == "console" and "learn" in block.words:
            run_commands(block, folder)


@pytest.mark.parametrize(
    "readme", sorted((ROOT / "rules").glob("*/README.md")), ids=lambda path: path.parent.name
)
def test_commands_of_the_rule_bases_work(readme, folder):
    for block in blocks_of(readme.read_text()):
        if block.language == "console":
            for command in re.findall(r"^\$ (.*)$", block.text, flags=re.M):
                done = subprocess.run(
                    [str(Path(sys.executable).with_name("planner")), *_words(command)[1:]],
                    cwd=folder,
                    capture_output=True,
                    text=True,
                    timeout=120,
                    check=False,
                )
                # 11 is an answer: proved to have no plan.
                assert done.returncode in (0, 1, 11), command + done.stderr
                assert done.stdout, command


def _words(command):
    import shlex

    return shlex.split(command)
