"""The relational model: two implementations agree, and names and order do not matter."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from planner.errors import ModelError
from planner.io.learned_file import load_learned_text
from planner.io.load import load_rules, load_task
from planner.kr.formulas import And, Atom, Not, Or
from planner.models.relational_numpy import RelationalModel, RelationalShape
from planner.models.vocabulary import Vocabulary
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from tests.conftest import ROOT

from .fact_space import FactSpace, blocks_rules, towers

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.learn

TOWERS = [["a", "b", "c"], ["d"], ["e", "f"]]
GOAL = [("a", "f"), ("d", "a"), ("e", "d")]
TOUCHED = [("a", "b"), ("c", "b"), ("d", "a")]  # the top of a tower is where it should be


def network(seed=0, rules=None, rounds=4, hints=True):
    from planner.models.relational import RelationalNetwork

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    shape = RelationalShape(width=16, rounds=rounds, step_width=2, hints=hints)
    return RelationalNetwork(Vocabulary.of(rules or blocks_rules()), shape)


def some_states(space, count=6):
    """States along a walk that always takes the middle step."""
    state, found = space.initial(), []
    for _ in range(count):
        found.append(state)
        legal = space.legal_steps(state)
        state = space.successor(state, int(legal[len(legal) // 2]))
    return found


def test_numpy_and_torch_give_the_same_numbers():
    # Given a space, several states at once, and random weights.
    from planner.models.encoding import Encoder
    from planner.models.relational import GraphTensors
    from planner.models.relational_numpy import estimate, object_vectors, score_steps

    space, net = FactSpace(towers(TOWERS, TOUCHED)), network(rounds=10)
    model = net.to_model()
    states = some_states(space)
    graph = Encoder(model.vocabulary, space, 2, hints=True).encode(
        states, [space.legal_steps(s) for s in states]
    )
    assert len(graph.hint_word)
    # When both judge them.
    with torch.inference_mode():
        scores, values = net(GraphTensors.of(graph, model.vocabulary.word_count))
    vectors = object_vectors(model, graph)
    # Then they agree.
    assert np.allclose(score_steps(model, graph, vectors), scores.numpy(), atol=1e-5)
    assert np.allclose(estimate(model, graph, vectors), values.numpy(), atol=1e-5)
    assert np.ptp(scores.numpy()) > 0.01


def test_an_object_with_very_many_facts_is_judged_alike_by_both():
    # Given a hub: forty blocks claimed to be on one, which no real state has.
    from planner.models.graph import Graph
    from planner.models.relational import GraphTensors
    from planner.models.relational_numpy import object_vectors, score_steps

    net, ints = network(), lambda *values: np.array(values, dtype=np.int32)
    pairs = [[n, 0] for n in range(1, 41)] + [[3, 4], [4, 5]]
    graph = Graph(
        nodes=ints(41),
        feature_word=ints(1, 2),
        feature_node=ints(3, 7),
        global_word=ints(4),
        global_state=ints(0),
        fact_word=ints(*[0] * len(pairs)),
        fact_nodes=np.array(pairs, dtype=np.int32),
        step_schema=ints(0, 2),
        step_nodes=np.array([[0, -1], [3, 7]], dtype=np.int32),
        steps=ints(2),
    )
    model = net.to_model()
    with torch.inference_mode():
        scores, _ = net(GraphTensors.of(graph, model.vocabulary.word_count))
    found = score_steps(model, graph, object_vectors(model, graph))
    assert np.allclose(found, scores.numpy(), atol=1e-5)


def test_probabilities_are_exact_and_batches_do_not_matter():
    space = FactSpace(towers(TOWERS, GOAL))
    bound = network().to_model().bind(space)
    states = some_states(space)
    legal = [space.legal_steps(s) for s in states]
    together = bound.log_probs(states, legal)
    alone = [bound.log_probs([s], [steps])[0] for s, steps in zip(states, legal, strict=True)]
    for one, other, steps in zip(together, alone, legal, strict=True):
        assert one.dtype == np.float64
        assert len(one) == len(steps)
        assert np.exp(one).sum() == pytest.approx(1, abs=1e-12)
        assert np.allclose(one, other, atol=1e-5)
    values = bound.values(states)
    assert values is not None
    assert len(values) == len(states)


def test_renaming_everything_changes_nothing_bit_for_bit():
    def rename(name: str) -> str:
        return f"{name[::-1]}-renamed"

    plain = FactSpace(towers(TOWERS, GOAL))
    renamed = FactSpace(towers(TOWERS, GOAL, rename))
    one = network().to_model().bind(plain)
    other = network(rules=blocks_rules(rename)).to_model().bind(renamed)
    for state, same in zip(some_states(plain), some_states(renamed), strict=True):
        first = one.log_probs([state], [plain.legal_steps(state)])[0]
        second = other.log_probs([same], [renamed.legal_steps(same)])[0]
        assert first.tolist() == second.tolist()


def test_the_order_of_objects_does_not_matter():
    plain = FactSpace(towers(TOWERS, GOAL))
    shuffled = FactSpace(towers(TOWERS, GOAL, order=["f", "c", "a", "e", "d", "b"]))
    model = network().to_model()
    judged = []
    for space in (plain, shuffled):
        legal = space.legal_steps(space.initial())
        log_probs = model.bind(space).log_probs([space.initial()], [legal])[0]
        judged.append({str(space.describe(s)): p for s, p in zip(legal, log_probs, strict=True)})
    assert judged[0].keys() == judged[1].keys()
    for step, log_prob in judged[0].items():
        assert judged[1][step] == pytest.approx(log_prob, abs=1e-5)


def test_the_goal_is_seen_and_so_is_its_negation():
    # Given one situation under three goals.
    task = towers(TOWERS, GOAL)
    atom = Atom("on", ("c", "d"))
    goals = [atom, Not(atom), Atom("on", ("c", "f"))]
    model = network().to_model()
    found = []
    for goal in goals:
        space = FactSpace(replace(task, goal=goal))
        legal = space.legal_steps(space.initial())
        found.append(model.bind(space).log_probs([space.initial()], [legal])[0])
    # Then each goal leads to another distribution.
    assert not np.allclose(found[0], found[1], atol=1e-4)
    assert not np.allclose(found[0], found[2], atol=1e-4)


def test_other_goal_shapes_are_reported(caplog):
    goal = Or((Atom("on", ("a", "b")), Atom("on", ("b", "a"))))
    task = replace(towers(TOWERS, GOAL), goal=And((goal, Atom("clear", ("a",)))))
    with caplog.at_level(logging.WARNING):
        network().to_model().bind(FactSpace(task))
    assert "on(a, b) or on(b, a)" in caplog.text


def test_a_single_legal_step_is_certain():
    space = FactSpace(towers([["a", "b"]], [("a", "b")]))
    legal = space.legal_steps(space.initial())
    assert len(legal) == 1
    log_probs = network().to_model().bind(space).log_probs([space.initial()], [legal])
    assert log_probs[0].tolist() == [0.0]


def test_words_of_another_rule_base_are_refused():
    space = FactSpace(towers(TOWERS, GOAL, lambda name: "onn" if name == "on" else name))
    with pytest.raises(ModelError, match=r"predicate `onn` is unknown.*did you mean `on`"):
        network().to_model().bind(space)


def test_another_arity_is_refused():
    model = network().to_model()
    words = tuple((n, 3 if n == "on" else k) for n, k in model.vocabulary.predicates)
    wrong = replace(model.vocabulary, predicates=words)
    with pytest.raises(ModelError, match="`on` has 2 arguments, but 3 in it"):
        RelationalModel(wrong, model.shape, model.weights).bind(FactSpace(towers(TOWERS, GOAL)))


def test_gradients_agree_with_finite_differences():
    # Given a tiny network in double precision.
    from planner.models.encoding import Encoder
    from planner.models.relational import GraphTensors

    space, net = FactSpace(towers(TOWERS, TOUCHED)), network(rounds=2).double()
    legal = space.legal_steps(space.initial())
    graph = Encoder(net.vocabulary, space, 2, hints=True).encode([space.initial()], [legal])
    tensors = GraphTensors.of(graph, net.vocabulary.word_count)
    tensors = replace(tensors, said=tensors.said.double())
    torch.set_default_dtype(torch.float64)
    try:
        loss = net(tensors)[0].log_softmax(0)[0]
        loss.backward()
        # When one weight of each kind moves a little, then the loss moves as its gradient says.
        for name, weight in net.named_parameters():
            if name.startswith("value"):
                continue
            place = int(weight.grad.abs().argmax())
            with torch.no_grad():
                weight.view(-1)[place] += 1e-6
                after = net(tensors)[0].log_softmax(0)[0]
                weight.view(-1)[place] -= 2e-6
                before = net(tensors)[0].log_softmax(0)[0]
                weight.view(-1)[place] += 1e-6
            measured = float(after - before) / 2e-6
            assert measured == pytest.approx(float(weight.grad.view(-1)[place]), rel=1e-3, abs=1e-7)
    finally:
        torch.set_default_dtype(torch.float32)


def test_atoms_the_model_does_not_read_are_not_asked_for():
    # Given a space that can leave out a derived closure, which the model hides.
    from planner.kr.rules import Predicate, Rule
    from planner.kr.terms import Variable

    x, y, z = (Variable(name) for name in "xyz")
    on, above = Atom("on", (x, y)), Atom("above", (x, y))
    longer = And((on, Atom("above", (y, z))))
    rules = blocks_rules()
    rules = replace(
        rules,
        predicates={**rules.predicates, "above": Predicate.of_arity("above", 2)},
        rules=(Rule(above, on), Rule(Atom("above", (x, z)), longer)),
    )

    class Sparing(FactSpace):
        unneeded = np.array([list(rules.predicates).index("above")], dtype=np.int32)

        def needed_atoms(self, state):
            return super().true_atoms(state)

        def true_atoms(self, state):
            raise AssertionError("this takes long")

    space = Sparing(replace(towers(TOWERS, GOAL), rules=rules))
    legal = space.legal_steps(space.initial())
    # When it is judged, then only the needed atoms are read.
    bound = network(rules=rules).to_model().bind(space)
    assert len(bound.log_probs([space.initial()], [legal])[0]) == len(legal)


def test_derived_predicates_of_advice_are_nothing_to_a_model():
    # Given a model, and learned rules that bring a derived predicate of their own.
    from planner.models.relational import RelationalNetwork

    base = ROOT / "rules" / "gripper"
    rules, task = load_rules(base / "rules.yaml"), load_task(base / "tasks" / "balls-4.yaml")
    learned = load_learned_text(
        "predicates: {held(ball): x}\nrules: [{if: 'carries(?, ?b)', then: held(?b)}]\n"
        "control: [{if: held(?b), prefer: 'drop(?b, ?, ?)'}]",
        rules,
    )
    torch.manual_seed(0)
    shape = RelationalShape(width=16, rounds=4, step_width=3, hints=True)
    model = RelationalNetwork(Vocabulary.of(rules), shape).to_model()
    spaces = [
        GroundSpace(ground(replace(task, rules=own))) for own in (rules, learned.added_to(rules))
    ]
    # Then it judges the states of a walk alike, in which balls are held.
    walks = [some_states(space) for space in spaces]
    assert any(len(spaces[1].true_atoms(s)) > len(spaces[0].true_atoms(s)) for s in walks[0])
    for one, other in zip(*walks, strict=True):
        judged = [
            model.bind(space).log_probs([state], [space.legal_steps(state)])[0]
            for space, state in zip(spaces, (one, other), strict=True)
        ]
        assert judged[0].tolist() == judged[1].tolist()
