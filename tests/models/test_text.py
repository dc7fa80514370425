"""The text model: what it reads, that names do not matter, and that files bring it back."""

from __future__ import annotations

import numpy as np
import pytest

from planner.errors import ModelError
from planner.models.pretrained import load_model, save
from planner.models.vocabulary import Vocabulary

from .fact_space import FactSpace, blocks_rules, towers
from .test_relational import GOAL, TOWERS, some_states

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = pytest.mark.learn


def text_model(rules=None, hops=2):
    from planner.models.architectures import new_lstm
    from planner.models.text import TextModel

    torch.manual_seed(0)
    vocabulary = Vocabulary.of(rules or blocks_rules())
    return TextModel(vocabulary, new_lstm(vocabulary, width=16).eval(), hops=hops)


def written(model, task, step):
    """The text of a step of a task's first state, in words."""
    from planner.models.wording import words_of

    space, words = FactSpace(task), words_of(model.vocabulary)
    legal = space.legal_steps(space.initial())
    texts = model.bind(space).texts(space.initial(), legal)
    names = [str(space.describe(int(s))) for s in legal]
    return " ".join(words[token] for token in texts[names.index(step)])


def test_a_step_is_read_with_what_touches_its_objects():
    task = towers([["a", "b"], ["c"]], [("c", "b")])
    assert written(text_model(hops=1), task, "(unstack b a)") == (
        "<cand> do:unstack r0 r1 <goal> goal-open:on r2 r0 <ready> <state> on r0 r1 handempty "
        "clear r0 type:block r0 ontable r1 type:block r1 ontable r2 clear r2 type:block r2 <act>"
    )
    assert written(text_model(hops=0), task, "(unstack b a)") == (
        "<cand> do:unstack r0 r1 <goal> <state> handempty "
        "clear r0 type:block r0 ontable r1 type:block r1 <act>"
    )


def test_a_goal_is_ready_when_what_it_rests_on_is_settled():
    # d on c on b on a is wanted; b stands on a, d on c, and c with d is to go onto b
    task = towers([["a", "b"], ["c", "d"], ["e"]], [("b", "a"), ("c", "b"), ("d", "c")])
    text = written(text_model(hops=2), task, "(unstack b a)")
    assert "goal-met:on r0 r1 <settled>" in text
    assert "goal-open:on r2 r0 <ready>" in text
    assert "goal-met:on r3 r2 clear" not in text  # true, but it rests on what is missing
    assert text.count("<ready>") + text.count("<settled>") == 2


def test_goals_in_a_circle_settle_together():
    from planner.models.vocabulary import ROLES
    from planner.models.wording import settled_goals

    met, missing = ROLES.index("goal-met"), ROLES.index("goal-open")
    assert settled_goals([(met, (0, 1)), (met, (1, 0))]) == {0: True, 1: True}
    assert settled_goals([(met, (0, 1)), (missing, (1, 0))]) == {}
    assert settled_goals([(met, (0,)), (ROLES.index("avoid-met"), (0, 1))]) == {}


def test_the_tokenizer_reads_what_is_written():
    from planner.models.text import tokenizer_of
    from planner.models.wording import words_of

    model = text_model()
    text = written(model, towers([["a", "b"], ["c"]], [("c", "b")]), "(unstack b a)")
    words = words_of(model.vocabulary)
    tokens = tokenizer_of(model.vocabulary).encode(text)
    assert " ".join(words[t] for t in tokens) == text
    assert len(set(words)) == len(words)


def test_renaming_changes_nothing_bit_for_bit():
    def rename(name):
        return f"{name[::-1]}-x"

    plain, renamed = FactSpace(towers(TOWERS, GOAL)), FactSpace(towers(TOWERS, GOAL, rename))
    one = text_model().bind(plain)
    other = text_model(blocks_rules(rename)).bind(renamed)
    for state, same in zip(some_states(plain), some_states(renamed), strict=True):
        first = one.log_probs([state], [plain.legal_steps(state)])[0]
        second = other.log_probs([same], [renamed.legal_steps(same)])[0]
        assert first.tolist() == second.tolist()


@pytest.mark.parametrize("architecture", ["gpt2", "bert"])
def test_texts_end_where_the_positions_of_a_network_end(architecture):
    from planner.models import architectures
    from planner.models.text import TextModel

    # Given states with more to say than fits, and networks with few positions, odd and even.
    space, vocabulary = FactSpace(towers(TOWERS, GOAL)), Vocabulary.of(blocks_rules())
    state = space.initial()
    legal = space.legal_steps(state)
    for limit in range(9, 25):
        make = getattr(architectures, f"new_{architecture}")
        lm = make(vocabulary, width=32, layers=1, limit=limit).eval()
        bound = TextModel(vocabulary, lm, hops=2, limit=limit).bind(space)

        # Then every text fits, the longest to the last position, and is read.
        assert max(map(len, bound.texts(state, legal))) <= limit + 1
        (log_probs,) = bound.log_probs([state], [legal])
        assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-5)


def test_padding_does_not_matter():
    space = FactSpace(towers(TOWERS, GOAL))
    bound = text_model().bind(space)
    states = some_states(space)
    legal = [space.legal_steps(s) for s in states]
    together = bound.log_probs(states, legal)
    for state, steps, log_probs in zip(states, legal, together, strict=True):
        assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-12)
        alone = bound.log_probs([state], [steps])[0]
        assert np.allclose(alone, log_probs, atol=1e-5)


@pytest.mark.parametrize("architecture", ["lstm", "gpt2", "bert"])
def test_a_saved_model_says_the_same(tmp_path, architecture):
    from planner.models.architectures import new_bert, new_gpt2
    from planner.models.text import TextModel

    model = text_model()
    if architecture != "lstm":
        maker = new_gpt2 if architecture == "gpt2" else new_bert
        model = TextModel(model.vocabulary, maker(model.vocabulary, width=32, layers=1).eval())
    space = FactSpace(towers(TOWERS, GOAL))
    legal = space.legal_steps(space.initial())
    before = model.bind(space).log_probs([space.initial()], [legal])[0]
    save(model, tmp_path)
    after = load_model(tmp_path).bind(space).log_probs([space.initial()], [legal])[0]
    assert after.tolist() == before.tolist()


def test_a_missing_language_model_is_named(tmp_path):
    save(text_model(), tmp_path)
    (tmp_path / "lm" / "config.json").unlink()
    with pytest.raises(ModelError, match="language model is missing"):
        load_model(tmp_path)
