"""Checkpoints of a fit: tensors in safetensors, the rest in JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from safetensors.torch import load_file, save_file

from planner.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import nn
    from torch.optim import Optimizer

__all__ = ["restore", "save"]

_TENSORS, _REST = "checkpoint.safetensors", "checkpoint.json"


def save(
    folder: Path,
    network: nn.Module,
    optimizer: Optimizer,
    best: dict[str, torch.Tensor] | None,
    progress: dict[str, object],
) -> None:
    """Write a checkpoint; the one before it stays whole until the new one is."""
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in (best or {}).items()}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{key}": value for key, value in state.items()}
    folder.mkdir(parents=True, exist_ok=True)
    # Copies, since safetensors refuses tensors that share memory.
    copies = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
    stamp = f"{progress['steps']}"
    fresh = folder / f"{_TENSORS}.new"
    save_file(copies, str(fresh), metadata={"steps": stamp})
    fresh.replace(folder / _TENSORS)
    rest = folder / f"{_REST}.new"
    rest.write_text(json.dumps(progress), encoding="utf-8")
    rest.replace(folder / _REST)


def restore(
    folder: Path, network: nn.Module, optimizer: Optimizer
) -> tuple[dict[str, torch.Tensor] | None, dict[str, object]] | None:
    """Load a checkpoint into network and optimiser; ``None`` when there is none.

    Returns:
        The best weights so far, if any, and what else `save` was given.

    Raises:
        ModelError: when it belongs to another network.
    """
    if not (folder / _REST).is_file() or not (folder / _TENSORS).is_file():
        return None
    tensors = load_file(str(folder / _TENSORS))
    found = _part(tensors, "network.")
    expected = network.state_dict()
    if {n: v.shape for n, v in found.items()} != {n: v.shape for n, v in expected.items()}:
        raise ModelError(
            f"the checkpoint in {folder} is of another network: train without --resume"
        )
    network.load_state_dict(found)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in _part(tensors, "optimizer.").items():
        number, key = name.split(".", 1)
        state.setdefault(int(number), {})[key] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    progress: dict[str, object] = json.loads((folder / _REST).read_text(encoding="utf-8"))
    return _part(tensors, "best.") or None, progress


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)}
