"""Nested lists of words as indented PDDL text."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["Tree", "layout"]

Tree: TypeAlias = "str | list[Tree]"

_WIDTH = 100


def layout(tree: Tree, indent: int = 0) -> str:
    """Write a tree on one line where it fits, else its parts below one another."""
    flat = _flat(tree)
    if isinstance(tree, str) or indent + len(flat) <= _WIDTH or len(tree) < 2:
        return flat
    kept = 1
    # The words of a head such as `forall (?x - t)` or `when (..)` stay on the first line.
    if tree[0] in ("forall", "exists", "when"):
        kept = 2
    head = " ".join(_flat(part) for part in tree[:kept])
    margin = " " * (indent + 2)
    lines = [f"({head}"]
    lines += [margin + layout(part, indent + 2) for part in tree[kept:]]
    return "\n".join(lines) + ")"


def _flat(tree: Tree) -> str:
    if isinstance(tree, str):
        return tree
    return f"({' '.join(_flat(part) for part in tree)})"
