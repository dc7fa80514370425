"""What a rule file is made of: strings, lists and mappings, with their places."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

__all__ = ["Mapping", "Node", "Scalar", "Sequence"]


# Named tuples rather than dataclasses: a large file makes a hundred thousand of them, and a
# frozen dataclass takes three times as long to build.
class Scalar(NamedTuple):
    """A string with the place it stands at, lines and columns from 0.

    ``style`` is ``""`` for plain scalars, else the character that opens it. A null is a plain
    empty scalar.
    """

    value: str
    line: int
    column: int
    end_line: int
    end_column: int
    style: str

    @property
    def is_null(self) -> bool:
        """Whether YAML 1.2 reads it as null."""
        return not self.style and self.value in ("", "~", "null", "Null", "NULL")


class Sequence(NamedTuple):
    """A list; ``flow`` when written with brackets."""

    items: tuple[Node, ...]
    line: int
    column: int
    flow: bool


class Mapping(NamedTuple):
    """Pairs in file order, each key a scalar that occurs once; ``flow`` with curly brackets."""

    pairs: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int
    flow: bool

    def get(self, key: str) -> Node | None:
        """The value of a key, or ``None``."""
        return next((value for name, value in self.pairs if name.value == key), None)


Node: TypeAlias = "Scalar | Sequence | Mapping"
