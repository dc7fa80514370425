"""Heights of proofs, counted from the proofs themselves."""

from planner.engine.proofs import ByRule, Given, Proof


def height(proof: Proof) -> int:
    """Rules applied one upon another, to facts and to what is not so."""
    heights: dict[int, int] = {}
    for part in proof.steps():
        below = part.justification.premises if isinstance(part.justification, ByRule) else ()
        found = [heights[id(p)] for p in below if isinstance(p.justification, ByRule | Given)]
        is_given = isinstance(part.justification, Given)
        heights[id(part)] = 0 if is_given else 1 + max(found, default=0)
    return heights[id(proof)]
