import base64
import gzip
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from planner.trace.html import render
from planner.trace.tree import build_tree
from tests.trace.browsers import run_page
from tests.trace.searches import corridor_task, record

PAYLOADS = (
    "</script><script>document.title='hit'</script>",
    "<img src=x onerror=\"document.title='hit'\">",
    "<svg/onload=document.title='hit'>",
    "\" onmouseover=\"document.title='hit'",
    "'-document.title='hit'-'",
    "<!--<script>",
    "-->",
    "]]>",
    "{{constructor.constructor('return 1')()}}",
    "${document.title='hit'}",
    "`;document.title='hit';`",
    "javascript:document.title='hit'",
    "&lt;script&gt;document.title='hit'&lt;/script&gt;",
    "</style><style>*{display:none}</style>",
    "</title><script>document.title='hit'</script>",
    "<iframe srcdoc='<script>parent.document.title=1</script>'>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "\u2028document.title='hit'",
    "@@DATA@@ @@SCRIPT@@",
    "<a href=x>@@STYLE@@</a>",
)


@pytest.fixture
def trace(tmp_path):
    return record(tmp_path / "t.jsonl", corridor_task())


@pytest.fixture
def hostile(tmp_path):
    from dataclasses import replace

    task = corridor_task(names=list(PAYLOADS), meaning="<b>{0}</b>")
    return record(tmp_path / "h.jsonl", replace(task, name=PAYLOADS[4] + PAYLOADS[14]))


def unpack(page):
    """Read the data of a page by the description in planner/trace/payload.py."""
    text = re.search(r'<script type="text/plain" id="data">(.*?)</script>', page, re.S)[1]
    document = gzip.decompress(base64.b64decode(text))
    length = int.from_bytes(document[:4], "little")
    names, at, columns = json.loads(document[4 : 4 + length]), 4 + length, {}
    for name, kind, count in names["columns"]:
        at += -at % 8
        columns[name] = np.frombuffer(document, dtype=f"<{kind}", count=count, offset=at)
        at += columns[name].nbytes
    assert at == len(document)
    return names, columns


class _Structure(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []
        self.attributes = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend((tag, *pair) for pair in attrs)


def structure(page):
    parser = _Structure()
    parser.feed(page)
    return parser


def test_the_page_holds_the_whole_search(trace):
    names, columns = unpack(render(trace))
    tree = build_tree(trace)

    assert columns["parent"].tolist() == tree.parent
    assert columns["order"].tolist() == tree.expansion
    assert len(columns["event"]) == len(trace.expansions)
    assert columns["legalStart"][-1] == sum(len(e.steps) for e in trace.expansions)
    assert np.isinf(columns["value"]).any()
    assert [step["words"] for step in names["plan"]] == [step.words for step in trace.plan]
    assert [atom[0] for atom in names["atoms"]] == [atom.text for atom in trace.atoms.values()]


def test_the_page_needs_nothing_from_outside(trace):
    page = render(trace)
    parsed = structure(page)

    addresses = {a for a in parsed.attributes if a[1] in ("src", "href", "srcset", "action")}
    policy = (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
    )
    assert not addresses
    assert ("meta", "content", policy) in parsed.attributes
    assert not re.search(r"https?://|@import|url\(|fetch\(|XMLHttpRequest|eval\(|innerHTML", page)
    assert parsed.tags.count("canvas") == 2
    assert parsed.tags.count("script") == 2


def test_the_page_is_small_beside_its_data(trace):
    page = render(trace)
    data = re.search(r'id="data">(.*?)</script>', page, re.S)[1]

    assert len(page) - len(data) <= 400_000


def test_hostile_names_stay_data(trace, hostile):
    page, plain = render(hostile), render(trace)

    assert structure(page).tags == structure(plain).tags
    for payload in PAYLOADS:
        assert payload not in page.replace("@@DATA@@", "") or payload == "-->"
    names, _ = unpack(page)
    assert names["header"]["task"].startswith(PAYLOADS[4])
    assert {f"<b>{payload}</b>" for payload in PAYLOADS} <= {atom[1] for atom in names["atoms"]}


def test_equal_traces_give_equal_pages(trace):
    assert render(trace) == render(trace)


def test_a_search_without_expansions_has_a_page(tmp_path):
    trace = record(tmp_path / "t.jsonl", corridor_task(), limit=0)

    names, columns = unpack(render(trace))

    assert len(columns["parent"]) == 0
    assert names["outcome"]["status"] == "limit"


def test_the_page_works_in_a_browser(browser, trace, tmp_path):
    shown = run_page(browser, render(trace), tmp_path)

    assert 'data-ready="' in shown
    assert "Walk from room0 to room1" in shown
    assert "3 steps" in shown


def test_the_page_unpacks_its_data_without_the_browsers_help(browser, trace, tmp_path):
    page = render(trace).replace(
        "<body>", "<body><script>delete window.DecompressionStream</script>"
    )

    shown = run_page(browser, page, tmp_path)

    assert "Walk from room0 to room1" in shown


def test_hostile_names_are_shown_as_text(browser, hostile, tmp_path):
    shown = run_page(browser, render(hostile), tmp_path)

    assert 'data-ready="' in shown
    assert "<title>hit" not in shown
    assert "&lt;svg/onload=document.title='hit'&gt;" in shown
    assert not {"iframe", "base", "svg"} & set(structure(shown).tags)
