"""Models on disk: ``config.json`` and ``weights.safetensors`` in a folder, nothing executable.

A folder without our ``schema_version`` whose ``config.json`` names a transformers architecture is
taken as a local causal language model and scored through a token trie; so is a folder that holds a
GGUF file and no ``config.json``.

The configuration holds a digest of each file of weights: where a kill fell between the two, loading
says so, instead of reading weights of one training with the vocabulary of another.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.errors import ModelError
from planner.models.baseline import FrequencyModel
from planner.models.gguf import gguf_file, load_gguf
from planner.models.numbers import NumbersModel
from planner.models.relational_numpy import (
    HINT_LEVEL,
    RelationalModel,
    RelationalShape,
    weight_shapes,
)
from planner.models.vocabulary import Vocabulary
from planner.models.weights import read_weights, write_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from planner.interfaces import StepModel

__all__ = ["SCHEMA_VERSION", "check_weights", "load_model", "read_config", "save", "write_config"]

SCHEMA_VERSION = 1
_CONFIG, _WEIGHTS = "config.json", "weights.safetensors"
_WEIGHT_FILES = (_WEIGHTS, "lm/config.json", "lm/model.safetensors", "lm/tokenizer.json")
_DIGESTS = "sha256"


def save(model: StepModel, folder: str | Path, *, rules_hash: str = "") -> None:
    """Write a model; the folder is made where it is missing.

    ``rules_hash`` is that of the rule base it was trained for (`planner.learned.rules_hash`).

    Raises:
        ModelError: for a kind of model that has no files.
    """
    path = Path(folder)
    if isinstance(model, RelationalModel):
        path.mkdir(parents=True, exist_ok=True)
        config: dict[str, object] = {
            "shape": {
                "width": model.shape.width,
                "rounds": model.shape.rounds,
                "step_width": model.shape.step_width,
                "places": model.shape.places,
                "hints": model.shape.hints,
            },
            "vocabulary": model.vocabulary.to_json(),
            "report": dict(model.report),
        }
        write_weights(path / _WEIGHTS, model.weights)
    elif isinstance(model, NumbersModel):
        path.mkdir(parents=True, exist_ok=True)
        config = model.to_json()
        write_weights(path / _WEIGHTS, model.weights)
    elif isinstance(model, FrequencyModel):
        path.mkdir(parents=True, exist_ok=True)
        config = model.to_json()
    elif model.kind == "text":
        from planner.models.text import TextModel

        assert isinstance(model, TextModel)
        config = model.write(path)
    else:
        raise ModelError(f"a model of kind `{model.kind}` cannot be saved")
    header = {"schema_version": SCHEMA_VERSION, "kind": model.kind, "rules_hash": rules_hash}
    write_config(path, {**header, **config})


def write_config(folder: Path, config: Mapping[str, object]) -> None:
    """Write the configuration, when all weights are: a folder is a model only once it is complete.

    It is written beside and moved, so that there is the old one or the new one, never a part.
    """
    digests = {name: _digest(folder / name) for name in _WEIGHT_FILES if (folder / name).is_file()}
    text = json.dumps({**config, _DIGESTS: digests}, indent=2, ensure_ascii=False)
    draft = folder / f".{_CONFIG}.part"
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(folder / _CONFIG)


def read_config(folder: str | Path) -> dict[str, Any]:  # whatever JSON holds
    """The configuration of a model's folder.

    Raises:
        ModelError: when it is missing or cannot be read.
    """
    path = Path(folder) / _CONFIG
    if not path.is_file():
        what = "has no config.json" if Path(folder).is_dir() else "does not exist"
        raise ModelError(
            f"{folder} is not a model: it {what} (`planner train BASE` writes BASE/model)"
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path} is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise ModelError(f"{path} must hold a JSON object")
    return config


def check_weights(folder: Path, config: Mapping[str, Any]) -> None:
    """Refuse weights that were not written with the configuration, where it has their digests.

    Raises:
        ModelError: naming the file.
    """
    digests = config.get(_DIGESTS)
    for name, digest in (digests if isinstance(digests, dict) else {}).items():
        file = folder / name
        if name in _WEIGHT_FILES and file.is_file() and _digest(file) != digest:
            raise ModelError(
                f"{file} is damaged or belongs to another {_CONFIG}: where a training was stopped "
                "while it saved, end it with `planner train ... --resume`"
            )


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def load_model(folder: str | Path) -> StepModel:
    """Load a model that `save` wrote, or a local causal language model.

    Relational models load without torch.

    Raises:
        ModelError: when files are missing, damaged or of another version.
        MissingExtraError: when a package the model needs is not installed.
    """
    path = Path(folder)
    packed = None if (path / _CONFIG).is_file() else gguf_file(path)
    if packed is not None:
        return load_gguf(packed)
    config = read_config(folder)
    if "schema_version" not in config and "architectures" in config:
        from planner.models.trie import load_causal

        return load_causal(path)
    version = config.get("schema_version")
    if version != SCHEMA_VERSION:
        raise ModelError(
            f"{path / _CONFIG} has schema_version {version!r}; this planner reads {SCHEMA_VERSION}"
        )
    check_weights(path, config)
    match config.get("kind"):
        case "relational":
            return _load_relational(path, config)
        case "numbers":
            return NumbersModel.from_json(config, _weights(path))
        case "text":
            from planner.models.text import TextModel

            return TextModel.read(path, config)
        case "frequency":
            return FrequencyModel.from_json(config)
        case "foundation":
            raise ModelError(
                f"{folder} holds pretrained weights and no model: fit one to a rule base with "
                f"`planner train BASE --pretrained {folder}`"
            )
        case kind:
            raise ModelError(f"{path / _CONFIG} has the unknown kind {kind!r}")


def _load_relational(path: Path, config: Mapping[str, Any]) -> RelationalModel:
    vocabulary = Vocabulary.from_json(_section(path, config, "vocabulary"))
    sizes = _section(path, config, "shape")
    try:
        shape = RelationalShape(
            int(sizes["width"]),
            int(sizes["rounds"]),
            int(sizes["step_width"]),
            int(sizes.get("places", 0)),
            int(sizes.get("hints", 0)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path / _CONFIG}: `shape` cannot be read: {error!r}") from error
    if not 0 <= shape.hints <= HINT_LEVEL:
        raise ModelError(
            f"{path / _CONFIG}: the model reads hints of level {shape.hints}; this planner knows "
            f"levels up to {HINT_LEVEL}"
        )
    weights = _weights(path)
    expected = weight_shapes(vocabulary, shape)
    found = {name: value.shape for name, value in weights.items()}
    if found != expected:
        odd = [n for n in {**expected, **found} if expected.get(n) != found.get(n)]
        raise ModelError(
            f"{path / _WEIGHTS} does not fit {_CONFIG}: "
            + "; ".join(f"`{n}` is {found.get(n)}, expected {expected.get(n)}" for n in odd)
        )
    report = config.get("report")
    return RelationalModel(vocabulary, shape, weights, report if isinstance(report, dict) else {})


def _weights(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    return {
        name: np.ascontiguousarray(value, dtype=np.float32)
        for name, value in read_weights(path / _WEIGHTS).items()
    }


def _section(path: Path, config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    section = config.get(key)
    if not isinstance(section, dict):
        raise ModelError(f"{path / _CONFIG} lacks the object `{key}`")
    return section
