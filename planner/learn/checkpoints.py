"""The checkpoints beside a model: what a training goes on from."""

from __future__ import annotations

from pathlib import Path

__all__ = ["checkpoints", "drop_checkpoints"]


def checkpoints(folder: str | Path) -> list[Path]:
    """Checkpoints of a training that writes its model to a folder."""
    return sorted((Path(folder) / "training").rglob("checkpoint.safetensors"))


def drop_checkpoints(folder: str | Path) -> None:
    """Remove them: what begins anew must not be gone on with from there."""
    for old in checkpoints(folder):
        old.unlink()
