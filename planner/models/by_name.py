"""Step models as written after ``--model``: a name, the URL of a server, or a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.interfaces import StepModel

__all__ = ["MODEL_NAMES", "model_by_name"]

MODEL_NAMES = ("uniform", "smollm2")
"""Models without a folder of the user's. A folder of such a name is written ``./uniform``."""


def model_by_name(text: str) -> StepModel:
    """The step model that a text names; nothing is fetched from anywhere.

    Raises:
        InputError: for options of a model server that do not exist.
        ModelError: when there is no such model, or it cannot be loaded.
        MissingExtraError: when a package it needs is not installed.
    """
    if text.startswith(("http://", "https://")):
        from planner.models.served.model import ServedModel
        from planner.models.served.options import parse_server

        return ServedModel(parse_server(text))
    if text == "uniform":
        from planner.models.baseline import UniformModel

        return UniformModel()
    if text == "smollm2":
        from planner.models.gguf import load_smollm2

        return load_smollm2()
    from planner.models.pretrained import load_model

    return load_model(Path(text))
