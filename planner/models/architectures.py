"""The networks that read texts of steps, each built from transformers' own classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from planner.models.lstm import StepLstm, StepLstmConfig
from planner.models.wording import BAD, GOOD, PAD, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from planner.models.vocabulary import Vocabulary

__all__ = ["is_judge", "load_network", "new_bert", "new_gpt2", "new_lstm", "score_texts"]

_BERT = "bert"


def new_lstm(vocabulary: Vocabulary, width: int = 128, layers: int = 1) -> StepLstm:
    """A fresh LSTM over the words of a vocabulary."""
    return StepLstm(StepLstmConfig(len(words_of(vocabulary)), width, layers))


def new_gpt2(vocabulary: Vocabulary, width: int = 96, layers: int = 2, limit: int = 160) -> Any:
    """A fresh GPT-2 (Radford et al. 2019) over the words of a vocabulary."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=len(words_of(vocabulary)),
        n_positions=limit + 1,
        n_embd=width,
        n_layer=layers,
        n_head=max(1, width // 32),
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        activation_function="relu",
        use_cache=False,
        bos_token_id=PAD,
        eos_token_id=PAD,
    )
    return GPT2LMHeadModel(config)


def new_bert(vocabulary: Vocabulary, width: int = 96, layers: int = 2, limit: int = 160) -> Any:
    """A fresh BERT (Devlin et al. 2019) that tells good steps from bad ones."""
    from transformers import BertConfig, BertForSequenceClassification

    configure: Any = BertConfig  # its annotations leave out the number of classes
    config = configure(
        vocab_size=len(words_of(vocabulary)),
        max_position_embeddings=limit + 1,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=max(1, width // 32),
        intermediate_size=2 * width,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        hidden_act="relu",
        pad_token_id=PAD,
        num_labels=2,
    )
    return BertForSequenceClassification(config)


def is_judge(lm: Any) -> bool:
    """Whether a network classifies whole texts instead of predicting next words."""
    return bool(lm.config.model_type == _BERT)


def load_network(folder: Path) -> Any:
    """Load a network that was saved with ``save_pretrained``.

    Raises:
        OSError, KeyError, TypeError, ValueError: as transformers does.
    """
    from transformers import AutoModelForCausalLM, BertForSequenceClassification

    from planner.models.quiet import without_progress_bars

    kind = str(StepLstmConfig.get_config_dict(folder)[0].get("model_type"))
    special = {StepLstmConfig.model_type: StepLstm, _BERT: BertForSequenceClassification}
    loader: Any = special.get(kind, AutoModelForCausalLM)
    with without_progress_bars():
        return loader.from_pretrained(folder, local_files_only=True)


def score_texts(lm: Any, texts: Sequence[Sequence[int]]) -> torch.Tensor:
    """Shape (texts,), float32: the logit of "good" minus that of "bad" for each text.

    A causal model is asked for the words ``<good>`` and ``<bad>`` behind the text, a judge for its
    two classes.
    """
    lengths = torch.tensor([len(text) for text in texts])
    longest = int(lengths.max())
    padded = torch.full((len(texts), longest), PAD)
    for row, text in enumerate(texts):
        padded[row, : len(text)] = torch.tensor(text)
    if is_judge(lm):
        mask = torch.arange(longest)[None] < lengths[:, None]
        classes: torch.Tensor = lm(input_ids=padded, attention_mask=mask.long()).logits
        return (classes[:, 1] - classes[:, 0]).float()
    # What comes later cannot change what was read before, so padding needs no mask.
    hidden = lm.base_model(input_ids=padded).last_hidden_state
    last = hidden[torch.arange(len(texts)), lengths - 1]
    logits: torch.Tensor = lm.get_output_embeddings()(last)
    return (logits[:, GOOD] - logits[:, BAD]).float()
