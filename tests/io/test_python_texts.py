"""Rules and facts given as texts from Python: refused with the line that holds them."""

from __future__ import annotations

import pytest

from planner.errors import RuleFileError
from planner.io.python_texts import caller, read_facts_text
from planner.kr.formulas import Atom


def test_a_text_may_hold_several_facts() -> None:
    found = read_facts_text("road(a, b) and road(b, c)", caller(1))

    assert found == (Atom("road", ("a", "b")), Atom("road", ("b", "c")))


@pytest.mark.parametrize("text", ["0.5::road(a, b)", "0.5::road(a, b); 0.2::road(a, c)"])
def test_a_probability_is_not_lost_in_silence(text: str) -> None:
    with pytest.raises(RuleFileError, match="carry no probability") as caught:
        read_facts_text(text, caller(1))

    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span.file == __file__
    assert diagnostic.span.length == len("0.5::")
