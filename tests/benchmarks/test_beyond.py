"""Random names of the tasks beyond the training size."""

import random

from benchmarks.beyond import drawn_names, renamed

DOMAIN = """
(define (domain lifts) ; a comment with board
 (:requirements :strips)
 (:predicates (at ?car ?place) (AIRPORT ?at))
 (:action move :parameters (?at ?to)
  :precondition (and (at ?at ?to) (not (airport ?to))) :effect (and (at ?to ?at))))
"""


def test_every_name_but_keywords_and_variables_is_another():
    # Given a domain whose variables have names of predicates, and capitals in places.
    words = drawn_names(DOMAIN, {}, random.Random(0))
    # When it is renamed.
    text = renamed(DOMAIN, words)
    # Then exactly its own names are gone, the same one everywhere.
    assert set(words) == {"lifts", "at", "airport", "move"}
    assert len(set(words.values())) == len(words)
    assert text.count(words["airport"]) == 2
    assert "(define (domain " in text
    assert ":requirements :strips" in text
    assert "?at ?to" in text
    assert "board" not in text


def test_names_already_drawn_stay_and_new_ones_differ_from_them():
    rng = random.Random(1)
    known = drawn_names(DOMAIN, {}, rng)

    more = drawn_names("(:init (at p1 p2))", known, rng)

    assert set(more) == {"p1", "p2"}
    assert not set(more.values()) & set(known.values())
    assert renamed("(at p1 ?at)", known | more) == f"({known['at']} {more['p1']} ?at)"
