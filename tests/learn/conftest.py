"""Small blocks worlds, and a naive space so that these tests need no grounding."""

from __future__ import annotations

import random

import pytest

from planner.learn.tasks.generate import Generator
from tests.models.fact_space import FactSpace, blocks_rules, towers


@pytest.fixture
def examples():
    return [
        towers([["a", "b"], ["c"]], [("c", "a"), ("a", "b")]),
        towers([["a", "b", "d"], ["c"]], [("c", "a"), ("a", "b")]),
    ]


@pytest.fixture
def generator(examples):
    return Generator(blocks_rules(), examples, random.Random(1), space_of=FactSpace)
