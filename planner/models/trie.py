"""Any causal language model as a step model: exact probabilities of all legal steps.

Prompts and steps form a trie of tokens. One pass over its nodes, each attending to its own
ancestors only, gives every token's probability; a step's is the product along its path after the
prompt, normalised over the legal steps. What two prompts share is read once: within a pass as a
branch of the trie, between passes in the cache of keys and values.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache

from planner.errors import ModelError
from planner.models.quiet import without_progress_bars
from planner.models.rendering import TaskText
from planner.models.token_trie import TokenTrie

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from planner.interfaces import FloatArray, IntArray, StepSpace

__all__ = ["BoundCausal", "CausalModel", "load_causal"]

_PASS = 1024
"""Tokens of one pass over several states: the mask grows with their square."""


@dataclass(frozen=True)
class CausalModel:
    """A local causal language model with its tokenizer, both of transformers."""

    lm: Any  # transformers has no usable types
    tokenizer: Any

    @property
    def kind(self) -> str:
        """``causal``."""
        return "causal"

    def bind(self, space: StepSpace) -> BoundCausal:
        """Prepare for a space. Any rule base will do: the model reads plain text."""
        return BoundCausal(self, space)


def load_causal(folder: Path) -> CausalModel:
    """Load a model from a local folder; nothing is fetched.

    Raises:
        ModelError: when the folder is not a causal language model with its tokenizer.
    """
    try:
        with without_progress_bars():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            lm: Any = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{folder} is not a causal language model: {error}") from error
    return CausalModel(lm.eval(), tokenizer)


@dataclass(frozen=True, slots=True)
class _Question:
    """The tokens of one state's prompt, and of each of its steps behind it."""

    prompt: list[int]
    steps: list[list[int]]

    @property
    def size(self) -> int:
        """Tokens at most."""
        return len(self.prompt) + sum(map(len, self.steps))


class BoundCausal:
    """A causal language model bound to a space."""

    def __init__(self, model: CausalModel, space: StepSpace) -> None:
        torch.set_num_threads(1)
        self._lm, self._tokenizer = model.lm, model.tokenizer
        self._text = TaskText(space)
        # Logits of prompts are most of the work where the vocabulary is large.
        self._can_choose = "logits_to_keep" in inspect.signature(self._lm.forward).parameters
        self._longest = getattr(self._lm.config, "max_position_embeddings", None)
        # A hundred tokens that the cache does not hold, at ten operations a nanosecond.
        self.call_work = 20 * int(self._lm.num_parameters())
        self._read: list[int] = []  # the tokens that the cache holds
        self._cache = DynamicCache()

    def log_probs(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[FloatArray]:
        """For each state the log-probability of each of its legal steps; they sum to one.

        Raises:
            ModelError: when a state is longer than the model can read.
        """
        found = [np.zeros(len(legal)) for legal in steps]
        asked = [i for i, legal in enumerate(steps) if len(legal) > 1]
        questions = [self.question(states[i], steps[i]) for i in asked]
        with torch.inference_mode():
            for part in _passes([question.size for question in questions]):
                scored = self.scores([questions[place] for place in part])
                for place, scores in zip(part, scored, strict=True):
                    found[asked[place]] = scores - np.logaddexp.reduce(scores)
        return found

    def values(self, states: Sequence[int]) -> None:
        """Language models have no value output."""
        del states

    def prompt(self, state: int) -> str:
        """What the model reads of a state: what stays the same comes first."""
        return self._text.prompt(state)

    def question(self, state: int, steps: IntArray) -> _Question:
        """A state and its steps as tokens."""
        situation = self._text.situation(state, steps)
        # The line end tells a step from one that only begins like it.
        rows = self._tokenizer([f" {step}\n" for step in situation.steps], add_special_tokens=False)
        prompt = self._tokenizer.encode(situation.prompt, add_special_tokens=False)
        question = _Question(prompt, rows["input_ids"])
        longest = len(prompt) + max(map(len, question.steps))
        if self._longest is not None and longest > self._longest:
            raise ModelError(
                f"a state of this task has {longest} tokens, the model reads {self._longest}"
            )
        return question

    def scores(self, questions: Sequence[_Question]) -> list[FloatArray]:
        """Log-probability of each step behind its prompt, by one pass over the new tokens."""
        prompts = [q.prompt for q in questions]
        kept = self._reuse(prompts)
        trie = TokenTrie([q.prompt[kept:] + step for q in questions for step in q.steps])
        # What a prompt's tokens predict is given; only its last and the steps' tokens count.
        first = [len(q.prompt) - kept - 1 for q in questions for _ in q.steps]
        asked = {
            node for path, start in zip(trie.paths, first, strict=True) for node in path[start:-1]
        }
        after = self._pass(trie, sorted(asked), kept)
        self._read = prompts[0]
        self._cut(kept + len(trie.inner()) - len(self._read))
        gained = iter(
            sum(after[node, trie.token[following]] for node, following in pairwise(path[start:]))
            for path, start in zip(trie.paths, first, strict=True)
        )
        return [np.array([next(gained) for _ in q.steps]) for q in questions]

    def _pass(self, trie: TokenTrie, asked: list[int], kept: int) -> _Predictions:
        """What follows each of the nodes ``asked``; the cache grows by the nodes read."""
        read = trie.inner()
        place = {node: i for i, node in enumerate(read)}
        wanted = torch.tensor([place[node] for node in asked])
        mask = torch.zeros(len(read), kept + len(read), dtype=self._lm.dtype)
        apart = torch.from_numpy(~trie.ancestors()[np.ix_(read, read)])
        mask[:, kept:].masked_fill_(apart, torch.finfo(self._lm.dtype).min)
        choice = {"logits_to_keep": wanted} if self._can_choose else {}
        output = self._lm(
            input_ids=torch.tensor([[trie.token[node] for node in read]]),
            attention_mask=mask[None, None],
            position_ids=torch.tensor([[trie.depth[node] + kept for node in read]]),
            past_key_values=self._cache,
            use_cache=True,
            **choice,
        )
        logits = output.logits[0] if self._can_choose else output.logits[0, wanted]
        return _Predictions(logits, {node: row for row, node in enumerate(asked)})

    def _reuse(self, prompts: list[list[int]]) -> int:
        """Cut the cache to what all prompts share with it; its length, less than each prompt."""
        shared = [*map(len, prompts)]
        if self._read:
            pairs = [zip(prompt, self._read, strict=False) for prompt in prompts]
            same = [sum(1 for _ in takewhile(lambda p: p[0] == p[1], pair)) for pair in pairs]
            shared = [min(s, len(p) - 1) for s, p in zip(same, prompts, strict=True)]
        kept = min(shared) if self._read else 0
        if not kept:
            self._cache = DynamicCache()
        elif kept < len(self._read):
            self._cut(len(self._read) - kept)
        return kept

    def _cut(self, count: int) -> None:
        """Forget the last tokens of the cache."""
        if count:
            self._cache.crop(-count)


class _Predictions:
    """Log-probabilities of next tokens after some nodes of a trie."""

    def __init__(self, logits: torch.Tensor, row_of: dict[int, int]) -> None:
        self._logits = logits.float()
        self._total = self._logits.logsumexp(dim=1)
        self._row_of = row_of

    def __getitem__(self, key: tuple[int, int]) -> float:
        row = self._row_of[key[0]]
        return float(self._logits[row, key[1]] - self._total[row])


def _passes(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Places of states to be read together."""
    part: list[int] = []
    total = 0
    for place, size in enumerate(sizes):
        if part and total + size > _PASS:
            yield part
            part, total = [], 0
        part.append(place)
        total += size
    if part:
        yield part
