"""Any causal language model as a step model: exact probabilities of all legal steps.

The renderings of the legal steps form a trie of tokens. One pass over its nodes, each attending
to the prompt and to its own ancestors only, gives every token's probability; a step's is the
product along its path, normalised over the legal steps. What two prompts share is read once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache

from planner.errors import ModelError
from planner.kr.formulas import show

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from planner.interfaces import FloatArray, IntArray, StepSpace

__all__ = ["BoundCausal", "CausalModel", "TokenTrie", "load_causal"]


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
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        lm: Any = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{folder} is not a causal language model: {error}") from error
    return CausalModel(lm.eval(), tokenizer)


class TokenTrie:
    """Sequences of tokens with shared beginnings stored once.

    Attributes:
        token, parent, depth: of each node, parents first; the parent of a first token is -1.
        paths: for each sequence its nodes.
    """

    def __init__(self, sequences: Sequence[Sequence[int]]) -> None:
        self.token: list[int] = []
        self.parent: list[int] = []
        self.depth: list[int] = []
        self.paths: list[list[int]] = []
        children: dict[tuple[int, int], int] = {}
        for sequence in sequences:
            node, path = -1, list[int]()
            for depth, token in enumerate(sequence):
                known = children.get((node, token))
                if known is None:
                    known = children[node, token] = len(self.token)
                    self.token.append(token)
                    self.parent.append(node)
                    self.depth.append(depth)
                node = known
                path.append(node)
            self.paths.append(path)

    def ancestors(self) -> torch.Tensor:
        """Shape (nodes, nodes), True where the column is the row itself or above it."""
        above = torch.zeros(len(self.token), len(self.token), dtype=torch.bool)
        for node, parent in enumerate(self.parent):
            if parent >= 0:
                above[node] = above[parent]
            above[node, node] = True
        return above


class BoundCausal:
    """A causal language model bound to a space."""

    def __init__(self, model: CausalModel, space: StepSpace) -> None:
        torch.set_num_threads(1)
        self._lm, self._tokenizer = model.lm, model.tokenizer
        self._space = space
        self._names = list(space.task.rules.predicates)
        self._read: list[int] = []  # the tokens that the cache holds
        self._cache = DynamicCache()

    def log_probs(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[FloatArray]:
        """For each state the log-probability of each of its legal steps; they sum to one."""
        with torch.inference_mode():
            return [self._judge(s, legal) for s, legal in zip(states, steps, strict=True)]

    def values(self, states: Sequence[int]) -> None:
        """Language models have no value output."""
        del states

    def prompt(self, state: int) -> str:
        """What the model reads of a state: what stays the same comes first."""
        sentences = [self._sentence(int(a)) for a in self._space.true_atoms(state)]
        return (
            f"Goal: {show(self._space.task.goal)}.\n"
            f"State: {', '.join(sentences)}.\nThe best next step:"
        )

    def _judge(self, state: int, steps: IntArray) -> FloatArray:
        if len(steps) < 2:
            return np.zeros(len(steps))
        prompt = self._encode(self.prompt(state))
        # The line end tells a step from one that only begins like it.
        trie = TokenTrie([self._encode(f" {self._space.describe(int(s))}\n") for s in steps])
        scores = self._scores(prompt, trie)
        scores -= np.logaddexp.reduce(scores)
        return scores

    def _scores(self, prompt: list[int], trie: TokenTrie) -> FloatArray:
        """Log-probability of each sequence of the trie after the prompt."""
        first = self._read_prompt(prompt)
        # Leaves predict nothing that is needed, but are few; reading them keeps this simple.
        length = len(prompt)
        blocked = torch.finfo(self._lm.dtype).min
        mask = torch.zeros(len(trie.token), length + len(trie.token), dtype=self._lm.dtype)
        mask[:, length:].masked_fill_(~trie.ancestors(), blocked)
        output = self._lm(
            input_ids=torch.tensor([trie.token]),
            attention_mask=mask[None, None],
            position_ids=torch.tensor([trie.depth]) + length,
            past_key_values=self._cache,
            use_cache=True,
        )
        self._cache.crop(-len(trie.token))
        after = torch.cat([first[None], output.logits[0]]).double().log_softmax(dim=1)
        parents = torch.tensor(trie.parent) + 1
        gained = after[parents, torch.tensor(trie.token)].numpy()
        return np.array([gained[path].sum() for path in trie.paths])

    def _read_prompt(self, prompt: list[int]) -> torch.Tensor:
        """Logits after the prompt; what the cache holds of it already is not read again."""
        shared = 0
        while (
            shared < min(len(prompt) - 1, len(self._read)) and prompt[shared] == self._read[shared]
        ):
            shared += 1
        if not shared:
            self._cache = DynamicCache()
        elif shared < len(self._read):
            self._cache.crop(shared - len(self._read))
        output = self._lm(
            input_ids=torch.tensor([prompt[shared:]]),
            position_ids=torch.arange(shared, len(prompt))[None],
            past_key_values=self._cache,
            use_cache=True,
        )
        self._read = prompt
        logits: torch.Tensor = output.logits[0, -1]
        return logits

    def _encode(self, text: str) -> list[int]:
        tokens: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return tokens

    def _sentence(self, number: int) -> str:
        atoms, constants = self._space.atoms, self._space.constants
        arguments = [str(constants[a]) for a in atoms.arguments[number].tolist() if a >= 0]
        name = self._names[int(atoms.symbol[number])]
        meaning = self._space.task.rules.predicates[name].meaning
        for place, argument in enumerate(arguments):
            meaning = meaning.replace(f"{{{place}}}", argument).replace(f"<{place}>", argument)
        return meaning or " ".join([name, *arguments])
