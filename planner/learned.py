"""What training left beside a rule base: a step model and learned control rules.

``planner train BASE`` writes ``BASE/model/`` and ``BASE/learned.yaml``; both name the hash of the
rule base they were made from, and are used only while it matches.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.interfaces import StepModel
    from planner.kr.task import RuleBase, Task

__all__ = ["rules_hash", "use_learned"]


def rules_hash(source: str | Path) -> str:
    """A content hash of a rule base's file; line ends do not matter."""
    import hashlib

    text = Path(source).read_bytes().replace(b"\r\n", b"\n")
    return hashlib.sha256(text).hexdigest()


def use_learned(
    task: Task,
    model: str | None = None,
    *,
    learned_rules: bool = True,
    file: str | Path | None = None,
) -> tuple[Task, StepModel | None, tuple[str, ...]]:
    """Add learned control rules to a task and load its step model.

    Args:
        task: as read; its rule base's source says where to look.
        model: a folder, a server's URL, ``uniform``, ``smollm2``, ``none``, or ``None`` for the
            folder ``model`` beside the rule base.
        learned_rules: whether to read ``learned.yaml`` beside the rule base.
        file: another file of learned rules to read instead.

    Returns:
        The task, the model if there is one, and sentences on what is used or passed over.

    Raises:
        ModelError: when a model that was asked for cannot be loaded.
        InputError: for options of a model server that do not exist.
    """
    notes: list[str] = []
    rules = task.rules
    if learned_rules:
        rules = _with_learned_rules(rules, file, notes)
    if model == "none":
        step_model = None
    elif model is not None:
        from planner.models.by_name import model_by_name

        step_model = model_by_name(model)
    else:
        step_model = _model_beside(rules, notes)
    return (task if rules is task.rules else replace(task, rules=rules)), step_model, tuple(notes)


def _with_learned_rules(rules: RuleBase, file: str | Path | None, notes: list[str]) -> RuleBase:
    # Rules written in place have no file, and nothing was learned beside them.
    path = Path(rules.source or ".").parent / "learned.yaml" if file is None else Path(file)
    if not rules.source or (file is None and not path.is_file()):
        return rules
    from planner.io.learned_file import load_learned

    learned = load_learned(path, rules)
    if learned.rules_hash != rules_hash(rules.source):
        notes.append(f"{path} was learned from another version of the rules and is not used")
        return rules
    notes.append(f"using {len(learned.control)} learned rules from {path}")
    return learned.added_to(rules)


def _model_beside(rules: RuleBase, notes: list[str]) -> StepModel | None:
    folder = Path(rules.source or ".").parent / "model"
    if not rules.source or not (folder / "config.json").is_file():
        return None
    from planner.models.pretrained import load_model, read_config

    if read_config(folder).get("rules_hash") != rules_hash(rules.source):
        notes.append(f"{folder} was trained on another version of the rules and is not used")
        return None
    notes.append(f"using the step model in {folder}")
    return load_model(folder)
