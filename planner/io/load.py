"""Read rule bases and tasks from YAML files.

All errors of all files are gathered and raised at once, each with file, line and column.
"""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.errors import RuleFileError
from planner.io.action_section import read_actions
from planner.io.declarations import read_objects, read_predicates, read_types
from planner.io.draft import Draft
from planner.io.formula_writer import quote_name
from planner.io.judge_section import read_judges
from planner.io.nodes import Mapping, Node, Scalar, Sequence
from planner.io.problems import Problems
from planner.io.rule_sections import read_control, read_facts, read_orders, read_rules
from planner.io.sections import Reading
from planner.io.source import Source, read_source, source_of_text
from planner.io.yaml_nodes import compose
from planner.kr.check import check_rules, check_task
from planner.kr.formulas import TRUE, Atom, Formula
from planner.kr.task import RuleBase, Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.diagnostics import Diagnostic

__all__ = [
    "RULE_KEYS",
    "SCHEMA_VERSION",
    "TASK_KEYS",
    "check_version",
    "load_rules",
    "load_rules_checked",
    "load_rules_text",
    "load_rules_text_checked",
    "load_task",
    "load_task_checked",
    "load_task_text",
]

SCHEMA_VERSION = 1
_DECLARING = ("types", "predicates", "constants")
_STATING = ("facts", "judge", "actions", "control", "order")
RULE_KEYS = ("schema_version", "rulebase", *_DECLARING, "facts", "rules", *_STATING[1:])
TASK_KEYS = (
    "schema_version",
    "task",
    "rules",
    *_DECLARING,
    *_STATING,
    "objects",
    "init",
    "goal",
    "minimize",
    "given",
)


def load_rules(path: str | Path) -> RuleBase:
    """Read a rule base.

    Raises:
        RuleFileError: with every error and warning of the file.
    """
    return load_rules_checked(path)[0]


def load_rules_checked(path: str | Path) -> tuple[RuleBase, tuple[Diagnostic, ...]]:
    """Read a rule base; its warnings come second.

    Raises:
        RuleFileError: with every error and warning of the file.
    """
    with _without_collections():
        return _load_rules(read_source(path))


def load_rules_text(text: str, name: str = "<string>") -> RuleBase:
    """Read a rule base from a text; ``name`` stands in messages.

    Raises:
        RuleFileError: with every error and warning of the text.
    """
    return load_rules_text_checked(text, name)[0]


def load_rules_text_checked(
    text: str, name: str = "<string>"
) -> tuple[RuleBase, tuple[Diagnostic, ...]]:
    """Read a rule base from a text; its warnings come second.

    Raises:
        RuleFileError: with every error and warning of the text.
    """
    with _without_collections():
        return _load_rules(source_of_text(text, name))


def load_task(path: str | Path, rules: RuleBase | None = None) -> Task:
    """Read a task; ``rules`` replaces the rule bases that the file names.

    Raises:
        RuleFileError: with every error and warning of the task and of its rule bases.
    """
    return load_task_checked(path, rules)[0]


def load_task_checked(
    path: str | Path, rules: RuleBase | None = None, *, needs_goal: bool = True
) -> tuple[Task, tuple[Diagnostic, ...]]:
    """Read a task; its warnings, and those of its rule bases, come second.

    Unless ``needs_goal`` the file may lack ``goal:``, for callers that bring a goal of their own.

    Raises:
        RuleFileError: with every error and warning of the task and of its rule bases.
    """
    with _without_collections():
        return _load_task(read_source(path), Path(path).parent, rules, needs_goal=needs_goal)


def load_task_text(
    text: str,
    name: str = "<string>",
    folder: str | Path | None = None,
    rules: RuleBase | None = None,
    *,
    needs_goal: bool = True,
) -> Task:
    """Read a task from a text; paths in it start at ``folder``.

    ``needs_goal`` is that of `load_task_checked`.

    Raises:
        RuleFileError: with every error and warning of the task and of its rule bases.
    """
    place = Path(folder) if folder is not None else None
    with _without_collections():
        source = source_of_text(text, name)
        return _load_task(source, place, rules, needs_goal=needs_goal)[0]


@contextmanager
def _without_collections() -> Iterator[None]:
    """Pause the cycle collector: a file makes many long-lived values and no cycles, and looking
    through them again and again takes a third of the loading time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _load_rules(source: Source) -> tuple[RuleBase, tuple[Diagnostic, ...]]:
    problems = Problems()
    draft = _read_rule_file(source, problems)
    base = draft.finish()
    problems.add(check_rules(base, draft.origin()))
    return base, problems.finish()


def _read_rule_file(source: Source, problems: Problems) -> Draft:
    reading = Reading(source, problems)
    draft = Draft(source=source.name)
    node = compose(source, problems)
    if node is None:
        problems.error("empty-file", "this rule base is empty", source.span(0, 0))
        return draft
    if isinstance(node, Mapping) and node.get("task") is not None and node.get("goal") is not None:
        message = "this is a task, and a rule base is asked for"
        problems.error("wrong-file", message, reading.span(node))
        return draft
    _read_rulebase(reading, node, draft)
    return draft


def _read_rulebase(reading: Reading, node: Node, draft: Draft) -> None:
    fields = reading.fields(node, RULE_KEYS, "a rule base")
    draft.name = _read_title(reading, fields, "rulebase")
    check_version(reading, fields)
    _read_sections(reading, fields, draft)
    if "rules" in fields:
        read_rules(reading, fields["rules"][1], draft)


def _read_title(reading: Reading, fields: dict[str, tuple[Scalar, Node]], key: str) -> str:
    if key not in fields:
        return ""
    node = fields[key][1]
    if isinstance(node, Scalar) and node.is_null:
        return ""
    text = reading.text(node, f"`{key}`")
    return text.value if text is not None else ""


def check_version(reading: Reading, fields: dict[str, tuple[Scalar, Node]]) -> None:
    """Refuse files of a newer schema."""
    if "schema_version" not in fields:
        return
    node = fields["schema_version"][1]
    version = reading.integer(node, "`schema_version`")
    if version > SCHEMA_VERSION:
        message = f"this file has schema version {version}; this planner reads {SCHEMA_VERSION}"
        span = reading.span(node)
        reading.problems.error("newer-version", message, span, "install a newer planner")


def _read_sections(reading: Reading, fields: dict[str, tuple[Scalar, Node]], draft: Draft) -> None:
    """Read what rule bases and tasks have in common, declarations first."""
    if "types" in fields:
        read_types(reading, fields["types"][1], draft)
    if "predicates" in fields:
        read_predicates(reading, fields["predicates"][1], draft)
    if "constants" in fields:
        read_objects(reading, fields["constants"][1], draft, draft.constants)
    if "facts" in fields:
        read_facts(reading, fields["facts"][1], draft, draft.facts, "a list of facts")
    if "judge" in fields:
        read_judges(reading, fields["judge"][1], draft)
    if "actions" in fields:
        read_actions(reading, fields["actions"][1], draft)
    if "control" in fields:
        read_control(reading, fields["control"][1], draft)
    if "order" in fields:
        read_orders(reading, fields["order"][1], draft)


def _load_task(
    source: Source, folder: Path | None, rules: RuleBase | None, *, needs_goal: bool
) -> tuple[Task, tuple[Diagnostic, ...]]:
    problems = Problems()
    reading = Reading(source, problems)
    node = compose(source, problems)
    if node is None:
        problems.error("empty-file", "this task is empty", source.span(0, 0))
        problems.finish()
        raise AssertionError
    if isinstance(node, Mapping) and _is_rule_base(node):
        message = "this is a rule base, and a task is asked for"
        hint = "a task has `task:` and `goal:`; `planner query` and `explain` ask rule bases, too"
        problems.error("wrong-file", message, reading.span(node), hint)
        problems.finish()
    fields = reading.fields(node, TASK_KEYS, "a task")
    check_version(reading, fields)
    draft = Draft()
    if rules is not None:
        draft.add(rules, problems, source.span(0, 0))
    if "rules" in fields:
        _read_task_rules(reading, fields["rules"][1], draft, folder, given=rules is not None)
        if problems.has_errors and not (draft.types or draft.predicates or draft.pending):
            # Nothing of the rules could be read: every name of the task would be reported as well.
            problems.finish()
    reading.quoted.update(name for name in draft.constants if quote_name(name) != name)
    _read_sections(reading, fields, draft)
    task = _read_task(reading, fields, draft, needs_goal=needs_goal)
    problems.add(check_task(task, draft.origin()))
    return task, problems.finish()


def _is_rule_base(node: Mapping) -> bool:
    if node.get("rulebase") is not None:
        return True
    keys = {key.value for key, _ in node.pairs}
    return bool(keys) and keys <= set(RULE_KEYS) and "goal" not in keys


def _read_task_rules(
    reading: Reading, node: Node, draft: Draft, folder: Path | None, *, given: bool
) -> None:
    """A path, a list of paths and rules, or an inline rule base."""
    if isinstance(node, Mapping):
        _read_rulebase(reading, node, draft)
        return
    items = node.items if isinstance(node, Sequence) else (node,)
    paths = [item for item in items if isinstance(item, Scalar)]
    for path in paths:
        text = reading.text(path, "the path of a rule base")
        if text is not None and not given:
            _read_named(reading, text, draft, folder)
    rules = tuple(item for item in items if not isinstance(item, Scalar))
    # Rules written in the task may use what its own sections declare, so they are read later.
    draft.pending = rules


def _read_named(reading: Reading, path: Scalar, draft: Draft, folder: Path | None) -> None:
    span = reading.span(path)
    if folder is None:
        message = "a text without a folder cannot name the path of a rule base"
        reading.problems.error("unreadable-file", message, span)
        return
    # Without `..` in the middle the path reads better in messages.
    target = Path(os.path.normpath(folder / path.value))
    if not target.is_file():
        message = f"there is no rule base at `{target}`"
        reading.problems.error("unreadable-file", message, span, "the path starts at this file")
        return
    try:
        other = _read_rule_file(read_source(target), reading.problems)
    except RuleFileError as error:
        reading.problems.add(error.diagnostics)
        return
    draft.add(other.finish(), reading.problems, span)
    draft.places.update(other.places)
    draft.broken |= other.broken
    draft.damaged |= other.damaged


def _read_task(
    reading: Reading,
    fields: dict[str, tuple[Scalar, Node]],
    draft: Draft,
    *,
    needs_goal: bool,
) -> Task:
    for rule in draft.pending:
        read_rules(reading, Sequence((rule,), rule.line, rule.column, flow=False), draft)
    objects: dict[str, str] = {}
    init: list[Atom] = []
    goal: Formula = TRUE
    if "objects" in fields:
        read_objects(reading, fields["objects"][1], draft, objects)
    if "init" in fields:
        read_facts(reading, fields["init"][1], draft, init, "the initial state")
    if "goal" in fields:
        before = reading.problems.damage_count
        goal = reading.formula(fields["goal"][1], "the goal", count(1), existential=True)
        if reading.problems.damage_count > before:
            draft.damaged.add(getattr(goal, "span", None))
    elif needs_goal:
        span = reading.source.span(0, 0)
        reading.problems.error("missing-key", "this task has no `goal:`", span, "add `goal:`")
    given: tuple[Formula, ...] = ()
    if "given" in fields:
        given = _read_given(reading, fields["given"][1])
    return Task(
        rules=draft.finish(),
        name=_read_title(reading, fields, "task"),
        objects=MappingProxyType(objects),
        init=tuple(init),
        goal=goal,
        minimize=_read_minimize(reading, fields["minimize"][1]) if "minimize" in fields else "",
        given=given,
        source=reading.source.name,
    )


def _read_given(reading: Reading, node: Node) -> tuple[Formula, ...]:
    if isinstance(node, Sequence) and not node.items:
        return ()
    return tuple(
        reading.formula(text, "evidence", count(1), existential=True)
        for text in reading.texts(node, "a list of evidence")
    )


def _read_minimize(reading: Reading, node: Node) -> str:
    text = reading.text(node, "`minimize`")
    if text is None or text.value in ("cost", "length"):
        return text.value if text is not None else ""
    message = f"a task minimizes `cost` or `length`, not `{text.value}`"
    reading.problems.error("bad-value", message, reading.span(text))
    return ""
