"""Checkpoints of a fit: one file of safetensors, so that a kill leaves the old or the new one."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from planner.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn
    from torch.optim import Optimizer

__all__ = ["restore", "save"]

_FILE, _DRAWS, _PROGRESS = "checkpoint.safetensors", "draws", "progress"


def save(
    folder: Path,
    network: nn.Module,
    optimizer: Optimizer,
    best: dict[str, torch.Tensor] | None,
    progress: dict[str, object],
) -> None:
    """Write a checkpoint; the one before it stays whole until the new one is.

    It holds the state of torch's random numbers too: dropout draws from them.
    """
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in (best or {}).items()}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{key}": value for key, value in state.items()}
    tensors[_DRAWS] = torch.get_rng_state()
    folder.mkdir(parents=True, exist_ok=True)
    # Copies, since safetensors refuses tensors that share memory.
    copies = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
    fresh = folder / f"{_FILE}.new"
    save_file(copies, str(fresh), metadata={_PROGRESS: json.dumps(progress)})
    # Without this a machine that loses power may keep the name and lose the content.
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(folder / _FILE)


def restore(
    folder: Path, network: nn.Module, optimizer: Optimizer
) -> tuple[dict[str, torch.Tensor] | None, dict[str, object]] | None:
    """Load a checkpoint into network and optimiser; ``None`` when there is none.

    Returns:
        The best weights so far, if any, and what else `save` was given.

    Raises:
        ModelError: when it belongs to another network, or is damaged.
    """
    path = folder / _FILE
    if not path.is_file():
        return None
    try:
        with safe_open(str(path), framework="pt") as file:
            told = (file.metadata() or {}).get(_PROGRESS)
        tensors = load_file(str(path))
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged ({error}): train without --resume") from error
    found = _part(tensors, "network.")
    expected = network.state_dict()
    fits = {n: v.shape for n, v in found.items()} == {n: v.shape for n, v in expected.items()}
    if told is None or not fits:
        raise ModelError(
            f"the checkpoint in {folder} is of another network: train without --resume"
        )
    network.load_state_dict(found)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in _part(tensors, "optimizer.").items():
        number, key = name.split(".", 1)
        state.setdefault(int(number), {})[key] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    torch.set_rng_state(tensors[_DRAWS])
    progress: dict[str, object] = json.loads(told)
    return _part(tensors, "best.") or None, progress


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)}
