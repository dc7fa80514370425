"""A small recurrent language model, loaded and saved as transformers models are."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput, CausalLMOutput

__all__ = ["StepLstm", "StepLstmConfig"]


class StepLstmConfig(PretrainedConfig):  # type: ignore[no-untyped-call]  # untyped there
    """Sizes of a `StepLstm`."""

    model_type = "planner-lstm"

    def __init__(
        self,
        vocab_size: int = 64,
        hidden_size: int = 128,
        num_hidden_layers: int = 1,
        **rest: Any,  # what transformers keeps in every configuration
    ) -> None:
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        super().__init__(**rest)


class _Body(nn.Module):
    """Embedding and LSTM (Hochreiter and Schmidhuber 1997)."""

    def __init__(self, config: StepLstmConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(config.vocab_size, config.hidden_size)
        self.lstm = nn.LSTM(
            config.hidden_size, config.hidden_size, config.num_hidden_layers, batch_first=True
        )

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None
    ) -> BaseModelOutput:
        """Hidden vectors, shape (texts, tokens, hidden). Padding must be on the right."""
        del attention_mask  # what comes later cannot change what was read before
        hidden, _ = self.lstm(self.embedding(input_ids))
        return BaseModelOutput(last_hidden_state=hidden)


class StepLstm(PreTrainedModel):  # type: ignore[no-untyped-call]  # untyped there
    """A causal language model: embedding, LSTM, linear head."""

    config_class = StepLstmConfig
    base_model_prefix = "body"

    def __init__(self, config: StepLstmConfig) -> None:
        super().__init__(config)
        self.body = _Body(config)
        self.head = nn.Linear(config.hidden_size, config.vocab_size)
        self.post_init()  # type: ignore[no-untyped-call]  # untyped there

    def get_input_embeddings(self) -> nn.Embedding:
        """The embedding."""
        return self.body.embedding

    def get_output_embeddings(self) -> nn.Linear:
        """The head."""
        return self.head

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None
    ) -> CausalLMOutput:
        """Logits of the next token, shape (texts, tokens, vocabulary)."""
        hidden = self.body(input_ids, attention_mask).last_hidden_state
        return CausalLMOutput(logits=self.head(hidden))

    def _init_weights(self, module: nn.Module) -> None:
        """Keep PyTorch's own initial weights."""
