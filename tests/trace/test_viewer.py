"""Parts of the page's script by themselves, in a browser, judged from Python."""

import base64
import gzip
import html
import json
import random
import re
from importlib.resources import files
from itertools import pairwise

import pytest

from tests.trace.browsers import run_page


def run_script(browser, name, expression, folder):
    """The value of an expression over one of the page's scripts."""
    script = (files("planner.trace") / "viewer" / name).read_text(encoding="utf-8")
    page = (
        "<!doctype html><meta charset=utf-8><pre id=result></pre><script>"
        f"{script}\ndocument.getElementById('result').textContent = JSON.stringify({expression});"
        "</script>"
    )
    shown = run_page(browser, page, folder)
    return json.loads(html.unescape(re.search(r'<pre id="result">(.*?)</pre>', shown, re.S)[1]))


def random_parents(rng, size, reach):
    """A tree whose nodes hang under one of the last few before them: the fewer, the deeper."""
    return [-1] + [rng.randrange(max(0, node - reach), node) for node in range(1, size)]


def depths(parent):
    found = []
    for node in range(len(parent)):
        found.append(0 if parent[node] < 0 else found[parent[node]] + 1)
    return found


TREES = {
    "one": [-1],
    "star": [-1] + [0] * 50,
    "forest": [-1, -1, 0, 1, 1, 0],
    "deep": [-1, *range(20_000)],
    **{
        f"random {reach}": random_parents(random.Random(reach), 400, reach)
        for reach in (2, 5, 30, 400)
    },
}


@pytest.mark.parametrize("parent", TREES.values(), ids=TREES.keys())
def test_trees_are_laid_out_tidily(browser, parent, tmp_path):
    layout = run_script(
        browser,
        "layout.js",
        f"(({{y, low, high}}) => ({{y: [...y], low: [...low], high: [...high]}}))"
        f"(tidyLayout({json.dumps(parent)}, new Uint8Array({len(parent)}).fill(1)))",
        tmp_path,
    )
    y, depth = layout["y"], depths(parent)

    # nodes of a level keep their distance
    levels = {}
    for node, level in enumerate(depth):
        levels.setdefault(level, []).append(y[node])
    for rows in levels.values():
        assert all(later - earlier > 1 - 1e-6 for earlier, later in pairwise(sorted(rows)))
    # parents stand in the middle of their children, in the order in which these were made
    children = {}
    for node, above in enumerate(parent):
        children.setdefault(above, []).append(node)
    for above, below in children.items():
        rows = [y[node] for node in below]
        assert rows == sorted(rows)
        assert above < 0 or abs(y[above] - (rows[0] + rows[-1]) / 2) < 1e-6
    # the bounds of a subtree are those of its nodes
    low, high = list(y), list(y)
    for node in range(len(parent) - 1, 0, -1):
        if parent[node] >= 0:
            low[parent[node]] = min(low[parent[node]], low[node])
            high[parent[node]] = max(high[parent[node]], high[node])
    assert layout["low"] == pytest.approx(low)
    assert layout["high"] == pytest.approx(high)


def test_gzip_is_unpacked_as_python_unpacks_it(browser, tmp_path):
    rng = random.Random(0)
    contents = [
        b"",
        b"a",
        b"abc" * 5000,
        rng.randbytes(70_000),
        bytes(rng.choices(range(97, 103), k=40_000)),
        " ".join(f"on(b{rng.randrange(20)}, b{rng.randrange(20)})" for _ in range(4000)).encode(),
    ]
    packed = [
        base64.b64encode(gzip.compress(content, level, mtime=0)).decode()
        for content in contents
        for level in (0, 1, 9)
    ]

    unpacked = run_script(
        browser,
        "inflate.js",
        f"{json.dumps(packed)}.map((text) => "
        "Array.from(gunzip(Uint8Array.from(atob(text), (c) => c.charCodeAt(0))))"
        ".map((byte) => byte.toString(16).padStart(2, '0')).join(''))",
        tmp_path,
    )

    assert [bytes.fromhex(text) for text in unpacked] == [c for c in contents for _ in range(3)]
