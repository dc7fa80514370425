"""What relational models of different rule bases have in common, and how a new one begins with it.

The rounds of messages, the update of objects and the scores of steps know nothing of predicates;
only the embeddings of words, actions and hints about steps belong to a rule base. So several rule
bases can train one network, each with embeddings of its own. A new rule base takes over the
network; its words begin as the mean of the pretrained words of the same role, with their spread,
and its hints as the mean of the same hint: that a step achieves a goal is good news anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from planner.errors import ModelError
from planner.models.pretrained import SCHEMA_VERSION, check_weights, read_config, write_config
from planner.models.vocabulary import HINTS, ROLES, STEP_HINTS
from planner.models.weights import read_weights, write_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from planner.models.relational import RelationalNetwork
    from planner.models.vocabulary import Vocabulary

__all__ = ["COMMON", "KIND", "Foundation"]

KIND = "foundation"
"""The kind in ``config.json``."""

COMMON = ("initial", "source", "message", "message_bias", "update_in", "update_in_bias",
          "update_out", "update_out_bias", "norm_scale", "norm_shift", "step_source",
          "step_context", "step_out", "value_in", "value_in_bias", "value_out",
          "value_out_bias")  # fmt: skip
"""Weights of a `RelationalNetwork` that belong to no rule base."""

_WORDS = ("fact_embedding", "feature_embedding")
_OTHERS = "other"  # the role of types, constants and kinds of values
_FILE = "weights.safetensors"


@dataclass(frozen=True, slots=True)
class Foundation:
    """Common weights, and how words and actions are spread.

    Attributes:
        weights: by the names in `COMMON`, and ``NAME.ROLE.mean`` and ``.spread`` for embeddings
            (``hint_embedding.HINT`` for hints), each of shape (hidden,).
        shape: width, rounds, most arguments of an atom and of a step.
        bases: names of the rule bases it was trained on.
    """

    weights: Mapping[str, torch.Tensor]
    shape: Mapping[str, int]
    bases: tuple[str, ...]

    @staticmethod
    def of(networks: Sequence[RelationalNetwork], bases: Sequence[str]) -> Foundation:
        """What networks that share their common weights have in common."""
        first = networks[0]
        state = {name: value.detach().clone() for name, value in first.state_dict().items()}
        weights = {name: state[name] for name in COMMON}
        kinds = [_kinds(network) for network in networks]
        # Not every rule base reads every kind of hint.
        for name in dict.fromkeys(name for own in kinds for name in own):
            rows = torch.cat([own[name] for own in kinds if name in own]).detach()
            weights[f"{name}.mean"] = rows.mean(dim=0)
            weights[f"{name}.spread"] = rows.std(dim=0, correction=0)
        shape = {
            "width": first.shape.width,
            "rounds": first.shape.rounds,
            "places": first.shape.places_for(first.vocabulary),
            "step_width": first.shape.step_width,
        }
        return Foundation(weights, shape, tuple(bases))

    def begin(self, network: RelationalNetwork, seed: int) -> None:
        """Give a network for another rule base these weights to begin with.

        Arguments and hints beyond those known here keep what they begin with otherwise.

        Raises:
            ModelError: when the network has another width or number of rounds.
        """
        wanted = {"width": network.shape.width, "rounds": network.shape.rounds}
        if any(self.shape[key] != value for key, value in wanted.items()):
            raise ModelError(f"the pretrained weights have another shape than {wanted}")
        draw = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name in COMMON:
                _fill(getattr(network, name), self.weights[name])
            for name, rows in _kinds(network).items():
                if f"{name}.mean" in self.weights:
                    self._scatter(rows, name, draw)

    def save(self, folder: str | Path) -> None:
        """Write ``config.json`` and the weights."""
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, npt.NDArray[np.float32]] = {
            name: value.contiguous().numpy() for name, value in self.weights.items()
        }
        write_weights(path / _FILE, arrays)
        config = {
            "schema_version": SCHEMA_VERSION,
            "kind": KIND,
            "shape": dict(self.shape),
            "bases": list(self.bases),
        }
        write_config(path, config)

    @staticmethod
    def load(folder: str | Path) -> Foundation:
        """Read what `save` wrote.

        Raises:
            ModelError: when it is missing, damaged or something else.
        """
        config = read_config(folder)
        version = config.get("schema_version")
        if config.get("kind") != KIND or version != SCHEMA_VERSION:
            raise ModelError(
                f"{folder} holds no pretrained weights: train them on several rule bases, "
                "`planner train BASE BASE ... --out FOLDER`"
            )
        check_weights(Path(folder), config)
        weights = {
            name: torch.from_numpy(value.copy())
            for name, value in read_weights(Path(folder) / _FILE).items()
        }
        try:
            shape = {str(key): int(value) for key, value in config["shape"].items()}
            bases = tuple(str(name) for name in config["bases"])
            missing = [n for n in COMMON if n not in weights]
            missing += [
                key for key in ("width", "rounds", "places", "step_width") if key not in shape
            ]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{folder} cannot be read: {error!r}") from error
        if missing:
            raise ModelError(f"{folder} lacks {', '.join(missing)}")
        return Foundation(weights, shape, bases)

    def _scatter(self, rows: torch.Tensor, name: str, draw: torch.Generator) -> None:
        """Draw rows around the mean of their kind; ``rows`` is a view of the weights."""
        mean, spread = self.weights[f"{name}.mean"], self.weights[f"{name}.spread"]
        rows.copy_(mean + spread * torch.randn(rows.shape, generator=draw))


def _kinds(network: RelationalNetwork) -> dict[str, torch.Tensor]:
    """Views of the embeddings that belong to a rule base, by their kind, in a fixed order."""
    vocabulary = network.vocabulary
    found = {
        f"{name}.{role}": getattr(network, name)[_rows(vocabulary, role)]
        for name in _WORDS
        for role in (*ROLES, _OTHERS)
    }
    found["step_embedding"] = network.step_embedding
    if network.shape.hints:
        about_goals = len(HINTS) * len(vocabulary.predicates)
        rows = network.hint_embedding[:about_goals].chunk(len(HINTS))
        found |= {f"hint_embedding.{hint}": own for hint, own in zip(HINTS, rows, strict=True)}
        rest = network.hint_embedding[about_goals:]
        if len(rest):
            rows = rest.chunk(len(STEP_HINTS))
            names = zip(STEP_HINTS, rows, strict=True)
            found |= {f"hint_embedding.{hint}": own for hint, own in names}
    return found


def _rows(vocabulary: Vocabulary, role: str) -> slice:
    """The rows of an embedding that belong to a role."""
    count = len(vocabulary.predicates)
    if role == _OTHERS:
        return slice(len(ROLES) * count, vocabulary.word_count)
    start = vocabulary.word(0, ROLES.index(role))
    return slice(start, start + count)


def _fill(own: torch.Tensor, given: torch.Tensor) -> None:
    """Copy as much as there is room for and as there is: places are blocks in a row."""
    place = tuple(slice(0, min(a, b)) for a, b in zip(own.shape, given.shape, strict=True))
    own[place] = given[place]
