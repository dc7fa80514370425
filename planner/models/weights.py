"""Files of weights: safetensors, read and written as NumPy arrays; nothing in them is executed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

from planner.errors import MissingExtraError, ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[Any]

__all__ = ["read_weights", "write_weights"]


def write_weights(file: Path, weights: Mapping[str, Array]) -> None:
    """Write arrays by name.

    Raises:
        MissingExtraError: when safetensors is not installed.
    """
    _safetensors().save_file(dict(weights), str(file))


def read_weights(file: Path) -> dict[str, Array]:
    """Read what `write_weights` wrote.

    Raises:
        ModelError: when the file is missing or damaged.
        MissingExtraError: when safetensors is not installed.
    """
    if not file.is_file():
        raise ModelError(f"{file} is missing")
    safetensors = _safetensors()
    try:
        found: dict[str, Array] = safetensors.load_file(str(file))
    except import_module("safetensors").SafetensorError as error:
        raise ModelError(f"{file} is damaged: {error}") from error
    return found


def _safetensors() -> Any:  # a package without type information
    try:
        return import_module("safetensors.numpy")
    except ImportError as error:
        raise MissingExtraError("safetensors", "learn") from error
