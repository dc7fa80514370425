import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.trace.events import (
    AtomName,
    ExpansionRecord,
    Footer,
    Header,
    PlanStepRecord,
    ProofRecord,
    StepName,
    decode,
    encode,
)

TEXT = st.text(max_size=8)
NUMBER = st.integers(-1, 2**40)
NUMBERS = st.lists(NUMBER, max_size=4).map(tuple)
VALUES = st.one_of(st.none(), st.just(math.inf), st.integers(-50, 50).map(lambda n: n / 4))
PROOFS = st.recursive(
    st.builds(ProofRecord, TEXT, st.sampled_from(["given", "absent", "computed"])),
    lambda inner: st.builds(
        ProofRecord,
        TEXT,
        st.just("rule"),
        TEXT,
        TEXT,
        TEXT,
        st.lists(inner, max_size=2).map(tuple),
    ),
    max_leaves=4,
)
RECORDS = st.one_of(
    st.builds(Header, TEXT, TEXT, TEXT, TEXT, TEXT, NUMBER, NUMBER, TEXT),
    st.builds(AtomName, NUMBER, TEXT, TEXT),
    st.builds(StepName, NUMBER, TEXT, TEXT, TEXT, NUMBER),
    st.builds(
        ExpansionRecord,
        NUMBER,
        NUMBER,
        NUMBER,
        NUMBER,
        NUMBER,
        VALUES,
        NUMBERS,
        st.one_of(st.none(), st.just((-0.5, -math.inf))),
        st.one_of(st.none(), NUMBERS),
        NUMBERS,
        NUMBERS,
        TEXT,
    ),
    st.builds(
        PlanStepRecord,
        NUMBER,
        NUMBER,
        TEXT,
        TEXT,
        NUMBER,
        NUMBERS,
        NUMBERS,
        st.lists(PROOFS, max_size=2).map(tuple),
    ),
    st.builds(Footer, TEXT, NUMBER, TEXT, st.booleans(), st.booleans(), VALUES),
)


@given(RECORDS)
def test_reading_gives_back_what_was_written(record):
    line = encode(record)

    assert decode(line) == record
    assert "\n" not in line
    assert line.isascii()


@given(RECORDS, st.data())
def test_a_torn_line_is_noticed(record, data):
    line = encode(record)
    end = data.draw(st.integers(0, len(line) - 1))

    with pytest.raises(ValueError):
        decode(line[:end])


@given(RECORDS, st.data())
def test_an_altered_line_is_noticed(record, data):
    line = encode(record)
    place = data.draw(st.integers(0, len(line) - 1))
    other = data.draw(st.sampled_from("x7 \\").filter(lambda c: c != line[place]))

    with pytest.raises(ValueError):
        decode(line[:place] + other + line[place + 1 :])


def test_a_newer_version_is_refused():
    from zlib import crc32

    body = '{"record":"header","schema_version":2,"task":"t"}'
    line = f'{body[:-1]},"crc":"{crc32(body.encode()):08x}"}}'

    with pytest.raises(ValueError, match="another version: this one reads version 1"):
        decode(line)
