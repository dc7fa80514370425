"""Kernels of exploration by types: file a node, draw a type, take a node out.

Every so many turns a node is taken not because it looks good but because few are like it: a type
is drawn, all with the same chance, and of its nodes the newest (Xie, Mueller, Holte & Imai 2014).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import inlined_kernel

if TYPE_CHECKING:
    from planner.interfaces import IntArray
    from planner.search.exploring.tables import Types

__all__ = ["draw_type", "drop_node", "file_node"]

ACTIVE, TURN, PERIOD = 0, 1, 2
U7, U13, U17 = np.uint64(7), np.uint64(13), np.uint64(17)
MIX = np.int64(0x2545F4914F6CDD1D)
TRIES = 32


@inlined_kernel
def file_node(
    node: int, value: np.int64, cost: np.int64, types: Types, following: IntArray
) -> None:
    """Put a node before the others of its type."""
    key = (value << 40) ^ cost
    last = len(types.key) - 1
    slot = ((key * MIX) >> 40) & last
    tries = 0
    while types.key[slot] >= 0 and types.key[slot] != key and tries < TRIES:
        slot = (slot + 1) & last
        tries += 1
    types.key[slot] = key
    if types.head[slot] < 0:
        count = types.numbers[ACTIVE]
        types.active[count] = slot
        types.place[slot] = count
        types.numbers[ACTIVE] = count + 1
    following[node, following.shape[1] - 1] = types.head[slot]
    types.head[slot] = node


@inlined_kernel
def draw_type(types: Types) -> int:
    """A type with nodes when it is the turn of exploration, else -1.

    Random numbers are Marsaglia's (xorshift, 2003).
    """
    if types.numbers[PERIOD] == 0 or types.numbers[ACTIVE] == 0:
        return -1
    types.numbers[TURN] += 1
    if types.numbers[TURN] < types.numbers[PERIOD]:
        return -1
    types.numbers[TURN] = 0
    state = types.random[0]
    state ^= state << U13
    state ^= state >> U7
    state ^= state << U17
    types.random[0] = state
    return int(types.active[np.int64((state >> U13) % np.uint64(types.numbers[ACTIVE]))])


@inlined_kernel
def drop_node(slot: int, types: Types, following: IntArray) -> None:
    """Take the newest node of a type out."""
    types.head[slot] = following[types.head[slot], following.shape[1] - 1]
    if types.head[slot] < 0:
        count = types.numbers[ACTIVE] - 1
        moved = types.active[count]
        place = types.place[slot]
        types.active[place] = moved
        types.place[moved] = place
        types.numbers[ACTIVE] = count
