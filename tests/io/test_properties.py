"""Declarations below a signature: read, checked, written back, offered by the schema."""

from __future__ import annotations

import pytest

from planner.errors import RuleFileError
from planner.io.dump import dump_rules
from planner.io.load import load_rules_text
from planner.io.property_section import PROPERTIES
from planner.io.schema import json_schema
from planner.kr.check import check_rules
from planner.kr.rules import Predicate

DECLARED = """
rulebase: declared
types: {place: object, crate: object}
predicates:
  road(place, place, int): "from {0} to {1} it is {2} km"
  dist(place, place, int): {meaning: "{0} to {1} in {2} km", keep: min}
  longest(place, number): {keep: max}
  near(place, place): {symmetric: true}
  same(place, place): {equivalence: true, assumable: true}
  weight(crate, int): {functional: true, meaning: "{0} weighs {1} kg"}
  rounded(number, int): {foreign: 1}
"""


def test_every_declaration_comes_back() -> None:
    base = load_rules_text(DECLARED)

    again = load_rules_text(dump_rules(base))

    assert again == base
    assert again.predicates["dist"].keep == "min"
    assert again.predicates["longest"].keep == "max"
    assert again.predicates["rounded"].foreign == 1
    assert again.predicates["same"].properties == {"equivalence", "assumable"}
    assert again.predicates["dist"].is_functional
    assert again.predicates["weight"].is_functional


def test_the_schema_offers_every_declaration() -> None:
    definitions = json_schema("rules")["$defs"]
    assert isinstance(definitions, dict)
    properties = definitions["PredicateProperties"]["properties"]

    assert {"meaning", "keep", "foreign", *PROPERTIES} == set(properties)
    assert {"enum": ["min", "max"], "type": "string"} in properties["keep"]["anyOf"]


@pytest.mark.parametrize(
    ("declaration", "code", "words"),
    [
        ("p(place, place): {symmetric: yes}", "not-a-flag", "write `true`"),
        ("p(place, crate): {symmetric: true}", "bad-property", "two arguments of one type"),
        ("p(place, place, place): {equivalence: true}", "bad-property", "is for two arguments"),
        ("p(place): {equivalence: true}", "bad-property", "needs 2 arguments"),
        ("p(place, place): {keep: min}", "bad-property", "which is no number"),
        ("p(place, int): {keep: least}", "bad-value", "`keep` is `min` or `max`"),
        ("p(place, int): {keep: min, functional: true}", "bad-property", "cannot be both"),
        ("p(place): {foreign: 2}", "bad-property", "fewer than its 2 inputs"),
        ("p(place): {foreign: -1}", "bad-value", "fewer than 0 inputs"),
        ("p(place): {foreign: 1, assumable: true}", "bad-property", "no other property"),
        ("p(place): {kept: min}", "unknown-key", "keep"),
    ],
)
def test_mistakes_are_named(declaration: str, code: str, words: str) -> None:
    text = f"types: {{place: object, crate: object}}\npredicates:\n  {declaration}\n"

    with pytest.raises(RuleFileError) as caught:
        load_rules_text(text)

    errors = [d for d in caught.value.diagnostics if d.severity.value == "error"]
    assert code in {d.code for d in errors}
    assert words in " ".join(d.message + d.suggestion for d in errors)
    assert all(d.span.line == 3 for d in errors)


ACTING = """
types: {{car: object}}
predicates:
  fuel(car, int): {{{property}}}
  full(car): "{{0}} is full"
actions:
  fill(?c - car):
    if: fuel(?c, ?old)
    then: {effect}
"""


@pytest.mark.parametrize(
    ("effect", "warned"),
    [("fuel(?c, 50)", True), ("fuel(?c, 50) and not fuel(?c, ?old)", False)],
)
def test_an_effect_that_leaves_the_old_value_is_warned_of(effect: str, warned: bool) -> None:
    base = load_rules_text(ACTING.format(property="functional: true", effect=effect))

    found = [diagnostic.code for diagnostic in check_rules(base)]

    assert ("second-value" in found) is warned


def test_actions_cannot_change_what_is_kept() -> None:
    with pytest.raises(RuleFileError, match="is for what rules derive"):
        load_rules_text(ACTING.format(property="keep: min", effect="fuel(?c, 50)"))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("best(?x, ?n) and ?n > 3", "may fail when `?n` becomes smaller"),
        ("best(?x, 3) and ?n = 4", "asks for one number"),
        ("?n = min(?m, best(?x, ?m)) and car(?x)", "still growing where this rule takes"),
        ("car(?x) and not best(?x, 7) and ?n = 1", "may not depend on its own negation"),
    ],
)
def test_recursion_that_is_not_monotone_is_explained(rule: str, words: str) -> None:
    text = f"""
types: {{car: object}}
predicates:
  best(car, int): {{keep: min}}
rules:
  - if: {rule}
    then: best(?x, ?n)
"""
    with pytest.raises(RuleFileError) as caught:
        load_rules_text(text)

    (found, *_) = [d for d in caught.value.diagnostics if d.severity.value == "error"]
    assert words in found.message
    assert found.span.line == 7


def test_a_predicate_equals_one_built_in_python() -> None:
    base = load_rules_text(DECLARED)

    built = Predicate("longest", (("place",), ("number",)), keep="max")

    assert base.predicates["longest"] == built
