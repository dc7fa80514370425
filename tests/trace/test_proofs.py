import pytest

from planner.io.load import load_task, load_task_text
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from planner.trace.proofs import step_proofs
from tests.conftest import ROOT

TASK = """
task: shelf
rules:
  types: {book: object}
  predicates:
    on(book, book): "{0} lies on {1}"
    free(book): "nothing lies on {0}"
    thick(book): "{0} is thick"
    read(book): "{0} has been read"
  facts:
    - thick(a)
  rules:
    - name: free
      if: book(?x) and not on(?, ?x)
      then: free(?x)
  actions:
    take(?x - book):
      if: free(?x) and not read(?x) and (thick(?x) or on(?x, ?)) and ?x != b
      then: read(?x)
  constants: {book: [a, b, c]}
init:
  - on(a, b)
  - on(b, c)
goal: read(a)
"""


@pytest.fixture
def space():
    return GroundSpace(ground(load_task_text(TASK, name="shelf.yaml")))


def first_step(space):
    return space.describe(int(space.legal_steps(space.initial())[0]))


def test_each_literal_of_the_precondition_has_its_proof(space):
    proofs = step_proofs(space, space.initial(), first_step(space))

    kinds = {proof.fact: proof.kind for proof in proofs}
    assert kinds["free(a)"] == "rule"
    assert kinds["not read(a)"] == "absent"
    assert "thick(a)" in kinds or any("on(a" in fact for fact in kinds)
    free = next(proof for proof in proofs if proof.fact == "free(a)")
    assert free.rule == "free"
    assert free.where == "shelf.yaml:15"
    assert free.words == "nothing lies on a"
    assert {premise.kind for premise in free.premises} == {"given", "absent"}


def test_static_facts_say_where_they_were_written(space):
    proofs = step_proofs(space, space.initial(), first_step(space))

    thick = [proof for proof in proofs if proof.fact == "thick(a)"]
    assert [proof.where for proof in thick] == ["shelf.yaml:11"]


def test_a_step_that_is_not_possible_has_no_proof(space):
    # given a state in which the book has been read already
    step = int(space.legal_steps(space.initial())[0])
    after = space.successor(space.initial(), step)

    assert step_proofs(space, after, space.describe(step)) == ()


@pytest.mark.parametrize("name", ["night-outage", "bad-release", "corrupt-database"])
def test_every_legal_step_of_a_runbook_can_be_explained(name):
    path = ROOT / f"rules/incident-runbook/tasks/{name}.yaml"
    space = GroundSpace(ground(load_task(path)))
    state = space.initial()

    for _ in range(6):
        steps = space.legal_steps(state)
        for step in steps.tolist():
            assert step_proofs(space, state, space.describe(step))
        state = space.successor(state, int(steps[-1]))


def test_an_impossible_step_of_a_runbook_cannot_be_explained():
    path = ROOT / "rules/incident-runbook/tasks/night-outage.yaml"
    space = GroundSpace(ground(load_task(path)))
    legal = set(space.legal_steps(space.initial()).tolist())
    others = [step for step in range(len(space.steps)) if step not in legal]

    assert others
    for step in others:
        assert step_proofs(space, space.initial(), space.describe(step)) == ()
