"""The data of the page: names as JSON, numbers as columns, compressed and in base64."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from dataclasses import asdict
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.trace.tree import SearchTree, build_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from planner.trace.events import ProofRecord
    from planner.trace.reader import Trace

    Columns = Mapping[str, npt.NDArray[np.generic]]

__all__ = ["pack", "payload"]

_TYPES = {"int32": "i4", "float32": "f4", "float64": "f8"}


def payload(trace: Trace) -> str:
    """Everything the page shows, as base64 text of a gzip stream; equal traces give equal text."""
    tree = build_tree(trace)
    atoms = {number: index for index, number in enumerate(trace.atoms)}
    steps = {number: index for index, number in enumerate(trace.steps)}
    names = _names(trace, tree, atoms, steps)
    columns = {
        **_node_columns(tree, steps),
        **_expansion_columns(trace, tree, atoms, steps),
    }
    return b64encode(gzip.compress(pack(names, columns), 6, mtime=0)).decode("ascii")


def pack(names: Mapping[str, object], columns: Columns) -> bytes:
    """Lay out a document: length of the JSON part (4 bytes), JSON, then the columns.

    The JSON part lists the columns; each starts at the next multiple of 8 bytes.
    """
    table = [[name, _TYPES[column.dtype.name], len(column)] for name, column in columns.items()]
    text = json.dumps({**names, "columns": table}, separators=(",", ":")).encode("ascii")
    parts = [len(text).to_bytes(4, "little"), text]
    size = 4 + len(text)
    for column in columns.values():
        padding = -size % 8
        data = column.astype(column.dtype.newbyteorder("<")).tobytes()
        parts += [bytes(padding), data]
        size += padding + len(data)
    return b"".join(parts)


def _names(
    trace: Trace, tree: SearchTree, atoms: Mapping[int, int], steps: Mapping[int, int]
) -> dict[str, object]:
    schemas = list(dict.fromkeys(step.schema for step in trace.steps.values()))
    plan = [
        {
            "step": steps.get(step.step, -1),
            "node": tree.plan[index + 1],
            "text": step.text,
            "words": step.words,
            "cost": step.cost,
            "added": [atoms[atom] for atom in step.added],
            "removed": [atoms[atom] for atom in step.removed],
            "proofs": [_proof(proof) for proof in step.proofs],
        }
        for index, step in enumerate(trace.plan)
    ]
    outcome = None if trace.footer is None else asdict(trace.footer)
    return {
        "header": asdict(trace.header),
        "outcome": outcome,
        "notes": trace.notes,
        "schemas": schemas,
        "atoms": [[atom.text, atom.words] for atom in trace.atoms.values()],
        "steps": [
            [schemas.index(step.schema), step.text, step.words, step.cost]
            for step in trace.steps.values()
        ],
        "plan": plan,
        "remarks": _remarks(trace),
    }


def _remarks(trace: Trace) -> list[str]:
    """The different notes of expansions, such as the queue each came from."""
    return list(dict.fromkeys(record.note for record in trace.expansions if record.note))


def _proof(proof: ProofRecord) -> dict[str, Any]:
    return {
        "fact": proof.fact,
        "words": proof.words,
        "kind": proof.kind,
        "rule": proof.rule,
        "where": proof.where,
        "premises": [_proof(premise) for premise in proof.premises],
    }


def _node_columns(tree: SearchTree, steps: Mapping[int, int]) -> Columns:
    values = [np.nan if value is None else value for value in tree.value]
    return {
        "number": _ints(tree.number),
        "parent": _ints(tree.parent),
        "step": _ints(steps.get(step, -1) for step in tree.step),
        "made": _ints(tree.made),
        "order": _ints(tree.expansion),
        "cost": np.array(tree.cost, dtype=np.float64),
        "value": np.array(values, dtype=np.float32),
    }


def _expansion_columns(
    trace: Trace, tree: SearchTree, atoms: Mapping[int, int], steps: Mapping[int, int]
) -> Columns:
    index = {number: node for node, number in enumerate(tree.number)}
    records = trace.expansions
    remarks = {note: place for place, note in enumerate(_remarks(trace))}
    priors: list[float] = []
    for record in records:
        priors.extend(record.log_prior or [np.nan] * len(record.steps))
    return {
        "remark": _ints(remarks.get(record.note, -1) for record in records),
        "event": _ints(index[record.node] for record in records),
        "legalStart": _starts([record.steps for record in records]),
        "legalStep": _ints(steps[step] for record in records for step in record.steps),
        "legalPrior": np.array(priors, dtype=np.float32),
        "legalChild": _ints(child for children in tree.child for child in children),
        "addedStart": _starts([record.added for record in records]),
        "added": _ints(atoms[atom] for record in records for atom in record.added),
        "removedStart": _starts([record.removed for record in records]),
        "removed": _ints(atoms[atom] for record in records for atom in record.removed),
    }


def _ints(values: Iterable[int]) -> npt.NDArray[np.int32]:
    return np.fromiter(values, dtype=np.int32)


def _starts(rows: Sequence[Sequence[int]]) -> npt.NDArray[np.int32]:
    return np.array(list(accumulate((len(row) for row in rows), initial=0)), dtype=np.int32)
