"""A task that uses what PDDL has, and text mutations of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

__all__ = ["DOMAIN", "PROBLEM", "shuffled"]

DOMAIN = """
(define (domain delivery) (:requirements :adl :derived-predicates :action-costs)
  (:types truck parcel - thing thing place number string)
  (:constants depot - place x1 1)
  (:predicates (at ?t - thing ?p - place) (in ?x - (either parcel truck) ?t - truck)
    (busy ?t - truck) (fast) (place ?x) (is-place ?x) (road ?a) (free ?z))
  (:functions (total-cost) - number (road ?a ?b - place) - number (value-road) (base) - number)
  (:derived (busy ?t - truck) (exists (?x - parcel) (in ?x ?t)))
  (:derived (free ?t) (exists (?x - parcel) (= ?x ?t)))
  (:derived (free ?t - (either place truck)) (and (place ?t) (truck ?t)))
  (:action drive :parameters (?t - truck ?a ?b - place ?u)
    :precondition (and (at ?t ?a) (not (= ?a ?b)) (imply (fast) (busy ?t))
      (forall (?q) (imply (road ?q) (or))) (exists (?n - number ?m) (place ?n)))
    :effect (and (not (at ?t ?a)) (at ?t ?b)
      (forall (?x - parcel) (when (in ?x ?t) (and (at ?x ?b) (not (at ?x ?a)))))
      (increase (total-cost) (+ 3 (* (road ?a ?b) (value-road))))
      (increase (total-cost) 1.25)))
  (:action nop))
"""
PROBLEM = """
(define (problem one) (:domain delivery)
  (:objects t1 - truck p1 p2 - parcel town - place n - number e - (either truck place))
  (:init (at t1 depot) (in p1 t1) (= (road depot town) 2.5) (= (total-cost) 0) (place n))
  (:goal (forall (?x - parcel) (or (at ?x town) (not (in ?x t1)))))
  (:metric minimize (total-cost)))
"""


def shuffled(rng: random.Random, text: str) -> str:
    """The text with one or two words copied, dropped or replaced: often still PDDL."""
    words = text.split(" ")
    for _ in range(rng.randint(1, 2)):
        place = rng.randrange(len(words))
        chance = rng.random()
        if chance < 0.4:
            words[place] = rng.choice(words)
        elif chance < 0.6:
            del words[place]
        else:
            words.insert(place, rng.choice(words))
    return " ".join(words)
