"""The events of a search as JSON lines: one record a line, each with its own checksum.

A file is a header, then names (atoms and steps, each before its first use) and expansions in the
order in which they happened, then one record a plan step, then a footer with the outcome. A
writer that was killed leaves a file that is readable up to its last whole line.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "SCHEMA_VERSION",
    "AtomName",
    "ExpansionRecord",
    "Footer",
    "Header",
    "PlanStepRecord",
    "ProofRecord",
    "Record",
    "StepName",
    "decode",
    "encode",
]

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Header:
    """What was searched, and how.

    Attributes:
        source: the task's file as the user gave it, or ``""``.
        cost_scale: how many units of a recorded cost make one unit of the task's costs.
        planner: version of the program that wrote the record.
    """

    task: str
    rulebase: str = ""
    source: str = ""
    goal: str = ""
    search: str = ""
    seed: int = 0
    cost_scale: int = 1
    planner: str = ""


@dataclass(frozen=True, slots=True)
class AtomName:
    """An atom of the step space by name; ``words`` is its meaning, or ``""``."""

    number: int
    text: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class StepName:
    """A step of the step space by name.

    Attributes:
        schema: name of the action.
        text: as in a plan file, ``(stack a b)``.
        words: the sentence of the plan, or ``""``.
        cost: scaled by ``cost_scale``.
    """

    number: int
    schema: str
    text: str
    words: str = ""
    cost: int = 1


@dataclass(frozen=True, slots=True)
class ExpansionRecord:
    """One expansion, as `planner.interfaces.Expansion`, with the state it happened in.

    Attributes:
        value: ``inf`` for a dead end, ``None`` without an opinion.
        added, removed: atoms by number, against the state of the parent (against the empty state
            for a root).
    """

    node: int
    parent: int
    step: int
    state: int
    cost: int
    value: float | None = None
    steps: tuple[int, ...] = ()
    log_prior: tuple[float, ...] | None = None
    successors: tuple[int, ...] | None = None
    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProofRecord:
    """Why a fact holds.

    Attributes:
        kind: ``given`` (it is in the state), ``rule`` (``rule`` derived it from ``premises``),
            ``absent`` (nothing makes it true, closed world) or ``computed`` (arithmetic).
        rule: the rule's name, or its text where it has none.
        where: ``file:line`` of the rule or fact, or ``""``.
    """

    fact: str
    kind: Literal["given", "rule", "absent", "computed"] = "given"
    words: str = ""
    rule: str = ""
    where: str = ""
    premises: tuple[ProofRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanStepRecord:
    """One step of the plan: where it leads, what it changes, and why it was applicable.

    Attributes:
        state: number of the state after the step.
        added, removed: atoms by number, against the state before the step.
        proofs: one for each precondition, empty where none were asked for.
    """

    step: int
    state: int
    text: str
    words: str = ""
    cost: int = 1
    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    proofs: tuple[ProofRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Footer:
    """The outcome; the fields are those of `planner.search.result.Outcome`.

    Attributes:
        recorded: expansions in the file; fewer than ``expanded`` when the record was cut.
    """

    status: str
    cost: int | None = None
    reason: str = ""
    complete: bool = True
    optimal: bool = False
    bound: float | None = None
    expanded: int = 0
    generated: int = 0
    evaluated: int = 0
    model_calls: int = 0
    recorded: int = 0
    notes: tuple[str, ...] = field(default=())


Record: TypeAlias = "Header | AtomName | StepName | ExpansionRecord | PlanStepRecord | Footer"

_KINDS: dict[str, type[Record]] = {
    "header": Header,
    "atom": AtomName,
    "name": StepName,
    "expansion": ExpansionRecord,
    "step": PlanStepRecord,
    "outcome": Footer,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_CHECK = ',"crc":"'


def encode(record: Record) -> str:
    """One line without its end; fields that have their default value are left out."""
    fields: dict[str, Any] = {"record": _NAMES[type(record)]}  # Any: what JSON can hold
    if isinstance(record, Header):
        fields["schema_version"] = SCHEMA_VERSION
    for name, spec in type(record).__dataclass_fields__.items():
        value = getattr(record, name)
        if value != spec.default:
            fields[name] = _to_json(value)
    body = json.dumps(fields, separators=(",", ":"), allow_nan=False)
    return f'{body[:-1]}{_CHECK}{crc32(body.encode("ascii")):08x}"}}'


def _to_json(value: Any) -> Any:
    if isinstance(value, ProofRecord):
        fields = type(value).__dataclass_fields__.items()
        pairs = ((name, getattr(value, name), spec.default) for name, spec in fields)
        return {name: _to_json(item) for name, item, default in pairs if item != default}
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, tuple):
        return [_to_json(item) if isinstance(item, float | ProofRecord) else item for item in value]
    return value


def decode(line: str) -> Record:
    """Read one line back.

    Raises:
        ValueError: when the line is torn, altered, or not a record of this version.
    """
    head, mark, tail = line.rpartition(_CHECK)
    if not mark or not tail.endswith('"}'):
        raise ValueError("the line is incomplete")
    body = head + "}"
    if f"{crc32(body.encode('utf-8', 'surrogatepass')):08x}" != tail[:-2]:
        raise ValueError("the checksum does not match: the line was altered")
    fields = json.loads(body)
    kind = _KINDS.get(fields.pop("record", ""))
    if kind is None:
        raise ValueError("unknown kind of record")
    if kind is Header and fields.pop("schema_version", None) != SCHEMA_VERSION:
        raise ValueError(f"written by another version: this one reads version {SCHEMA_VERSION}")
    return _from_json(kind, fields)


def _from_json(kind: type[Record], fields: dict[str, Any]) -> Record:
    unknown = sorted(set(fields) - set(kind.__dataclass_fields__))
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}")
    for name, value in fields.items():
        if name == "proofs":
            fields[name] = tuple(_proof(item) for item in value)
        elif name == "log_prior":
            fields[name] = tuple(map(float, value))
        elif isinstance(value, list):
            fields[name] = tuple(value)
        elif name in ("value", "bound"):
            fields[name] = float(value)
    try:
        return kind(**fields)
    except TypeError as error:
        raise ValueError(f"a field is missing: {error}") from None


def _proof(fields: dict[str, Any]) -> ProofRecord:
    premises: Sequence[Any] = fields.pop("premises", ())
    return ProofRecord(**fields, premises=tuple(_proof(item) for item in premises))
