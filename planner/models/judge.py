"""Judges on disk and in memory: vectors of numbers in, probabilities out.

A saved judge is ``judge.json`` and ``weights.safetensors`` in a folder, nothing executable; it is
evaluated with NumPy, so that asking it imports no torch.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from planner.errors import InputError, ModelError
from planner.kr.terms import Text, show_constant
from planner.models.weights import read_weights, write_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from planner.kr.judges import Judge
    from planner.kr.task import Task
    from planner.kr.terms import Constant

    FloatArray: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "Classifier",
    "VectorJudge",
    "load_classifier",
    "read_vectors",
    "save_classifier",
    "saved_judges",
]

_VERSION = 1
_CONFIG, _WEIGHTS = "judge.json", "weights.safetensors"


@dataclass(frozen=True, slots=True)
class Classifier:
    """A multi-layer perceptron with rectifiers over standardised inputs.

    Attributes:
        shift, scale: inputs are brought to ``(x - shift) * scale``, shape (inputs,).
        layers: matrices of shape (inputs, outputs) with their biases.
        classes: what the outputs stand for; with none there is one output, a yes-or-no judge.
    """

    shift: FloatArray
    scale: FloatArray
    layers: tuple[tuple[FloatArray, FloatArray], ...]
    classes: tuple[Constant, ...] = ()

    def __call__(self, vectors: FloatArray) -> FloatArray:
        """Probabilities, shape (n, outputs), of vectors of shape (n, inputs)."""
        values = (vectors - self.shift) * self.scale
        for number, (matrix, bias) in enumerate(self.layers):
            values = values @ matrix + bias
            if number + 1 < len(self.layers):
                values = np.maximum(values, 0.0)
        if not self.classes:
            # Without overflow for large logits of either sign.
            return np.exp(-np.logaddexp(0.0, -values))
        values = np.exp(values - values.max(axis=1, keepdims=True))
        shares: FloatArray = values / values.sum(axis=1, keepdims=True)
        return shares


class VectorJudge:
    """A model over vectors as a judge of objects: asked in one batch, cached by content.

    The vectors of the objects of one fact are joined end to end. Equal contents are evaluated
    once, whatever the objects are called.

    Attributes:
        evaluated: how many vectors the model has seen so far.
    """

    def __init__(
        self, model: Callable[[FloatArray], Any], vectors: Mapping[str, npt.ArrayLike]
    ) -> None:
        self._model = model
        self._vectors = vectors
        self._known: dict[bytes, FloatArray] = {}
        self.evaluated = 0

    def __call__(self, objects: Sequence[tuple[Constant, ...]]) -> FloatArray:
        """Probabilities of each row of objects.

        Raises:
            InputError: for an object without a vector.
        """
        rows = [np.concatenate([self._vector(name) for name in row]) for row in objects]
        keys = [sha256(row.tobytes()).digest() for row in rows]
        new = {key: row for key, row in zip(keys, rows, strict=True) if key not in self._known}
        if new:
            answers = np.asarray(self._model(np.stack(list(new.values()))), dtype=np.float64)
            self.evaluated += len(new)
            self._known.update(zip(new, answers, strict=True))
        return np.stack([self._known[key] for key in keys])

    def _vector(self, name: Constant) -> FloatArray:
        if not isinstance(name, str) or name not in self._vectors:
            raise InputError(f"the judge has no numbers for `{show_constant(name)}`")
        return np.asarray(self._vectors[name], dtype=np.float64)


def save_classifier(folder: str | Path, classifier: Classifier) -> None:
    """Write a classifier to a folder, which is made."""
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    arrays = {"shift": classifier.shift, "scale": classifier.scale}
    for number, (matrix, bias) in enumerate(classifier.layers):
        arrays[f"layer{number}.matrix"] = np.ascontiguousarray(matrix)
        arrays[f"layer{number}.bias"] = np.ascontiguousarray(bias)
    write_weights(path / _WEIGHTS, arrays)
    config = {
        "schema_version": _VERSION,
        "kind": "classifier",
        "inputs": len(classifier.shift),
        "layers": len(classifier.layers),
        "classes": [_written(value) for value in classifier.classes],
    }
    (path / _CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def load_classifier(folder: str | Path) -> Classifier:
    """Read what `save_classifier` wrote.

    Raises:
        InputError: when the folder holds no judge, a newer one, or a damaged one.
    """
    path = Path(folder)
    try:
        config = json.loads((path / _CONFIG).read_text(encoding="utf-8"))
        version, count = int(config["schema_version"]), int(config["layers"])
        classes = tuple(_read(value) for value in config["classes"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"there is no saved judge in {path}: {error}") from error
    if version > _VERSION:
        raise InputError(
            f"the judge in {path} has version {version}; this planner reads {_VERSION}"
        )
    try:
        arrays = read_weights(path / _WEIGHTS)
        layers = tuple((arrays[f"layer{n}.matrix"], arrays[f"layer{n}.bias"]) for n in range(count))
        shift, scale = arrays["shift"], arrays["scale"]
    except (OSError, KeyError, ModelError) as error:
        raise InputError(f"the judge in {path} is damaged: {error}") from error
    widths = [len(shift), *(len(bias) for _, bias in layers)]
    if any(m.shape != (a, b) for (m, _), a, b in zip(layers, widths, widths[1:], strict=False)):
        raise InputError(f"the judge in {path} is damaged: its matrices do not fit together")
    if widths[-1] != max(1, len(classes)):
        raise InputError(f"the judge in {path} has {widths[-1]} outputs, {len(classes)} classes")
    return Classifier(shift, scale, layers, classes)


def read_vectors(path: str | Path) -> dict[str, FloatArray]:
    """Read a file of comma-separated values: in each row the name of an object and its numbers.

    A first row without numbers is taken for a heading.

    Raises:
        InputError: for a row that is not of this form.
    """
    found: dict[str, FloatArray] = {}
    width = -1
    with Path(path).open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.reader(lines), start=1):
            if not row:
                continue
            try:
                vector = np.array([float(cell) for cell in row[1:]], dtype=np.float64)
            except ValueError:
                if number == 1:
                    continue
                raise InputError(
                    f"{path}:{number}: an object and then numbers are needed"
                ) from None
            if width not in (-1, len(vector)):
                raise InputError(f"{path}:{number}: {len(vector)} numbers, above there are {width}")
            width = len(vector)
            found[row[0].strip()] = vector
    return found


def saved_judges(task: Task) -> dict[str, VectorJudge]:
    """The judges that a task's rules name the folders of, by predicate.

    Raises:
        InputError: when one cannot be read, or does not fit its predicate.
    """
    return {j.predicate: _saved(j) for j in task.rules.judges if j.model and j.inputs}


def _saved(judge: Judge) -> VectorJudge:
    classifier = load_classifier(judge.model)
    if classifier.classes != judge.classes:
        saved, stated = (
            ", ".join(map(show_constant, classes)) or "none"
            for classes in (classifier.classes, judge.classes)
        )
        where = f"{judge.span}: " if judge.span is not None else ""
        raise InputError(
            f"{where}`{judge.predicate}` has the classes {stated}, and its saved judge {saved}"
        )
    vectors = read_vectors(judge.inputs)
    for name, vector in vectors.items():
        if len(classifier.shift) % max(1, len(vector)):
            raise InputError(
                f"{judge.inputs}: `{name}` has {len(vector)} numbers, "
                f"and the judge reads {len(classifier.shift)}"
            )
    return VectorJudge(classifier, vectors)


def _written(value: Constant) -> object:
    if isinstance(value, str | int):
        return value
    return {"text": value.value} if isinstance(value, Text) else {"number": str(value)}


def _read(value: Any) -> Constant:
    if isinstance(value, dict):
        return Text(value["text"]) if "text" in value else Fraction(value["number"])
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"no class: {value!r}")
    return value
