"""Kernels called through images give what Numba gives, and whatever does not fit is refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from planner.engine import images, jit
from planner.engine.image_maker import make_image
from planner.spaces import kernels

needs_images = pytest.mark.skipif(
    not jit.HAS_NUMBA or not images.is_supported(), reason="no Numba, or an unknown layout"
)


def _table() -> tuple[np.ndarray, int, np.ndarray]:
    rows = np.zeros((8, 2), dtype=np.int64)
    rows[1] = (3, 4)
    return rows, 1, np.full(16, -1, dtype=np.int32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    """A place for images of this module's tests alone."""
    return tmp_path_factory.mktemp("images")


@pytest.fixture
def image(folder, monkeypatch: pytest.MonkeyPatch):
    """The image of `insert`, made by Numba and loaded again."""
    for module in ("images", "image_maker"):
        place = f"planner.engine.{module}.image_path"
        monkeypatch.setattr(place, lambda function, shape: folder / function.__name__)
    function, arguments = kernels.insert.__wrapped__, _table()
    shape = images.shape_of(arguments)
    assert shape is not None
    if not (folder / "insert").exists():
        compiled = kernels.insert.compiled
        compiled(*arguments)
        assert make_image(function, compiled, arguments, shape)
    loaded = images.load_image(function, shape)
    assert loaded is not None
    return loaded


@needs_images
def test_an_image_gives_what_the_kernel_gives(image) -> None:
    by_image, by_python = _table(), _table()

    answer, result = image.call(by_image)
    with np.errstate(over="ignore"):
        expected = kernels.insert.__wrapped__(*by_python)

    assert (answer, result) == (images.CALLED, expected)
    assert by_image[2].tolist() == by_python[2].tolist()


@needs_images
@pytest.mark.parametrize(
    "change",
    [
        lambda rows, count, slots: (rows.astype(np.int32), count, slots),
        lambda rows, count, slots: (rows[0], count, slots),
        lambda rows, count, slots: (rows[:, ::-1], count, slots),
        lambda rows, count, slots: (rows.T.copy().T, count, slots),
        lambda rows, count, slots: (rows, 1 << 63, slots),
        lambda rows, count, slots: (rows, count, slots.astype(np.int64)),
        lambda rows, count, slots: (rows, count, tuple(slots.tolist())),
        lambda rows, count, slots: (rows.tolist(), count, slots),
    ],
)
def test_arguments_of_other_types_are_refused_and_untouched(image, change) -> None:
    arguments = change(*_table())
    before = str(arguments)

    answer, _ = image.call(arguments)

    assert answer == images.REFUSED
    assert str(arguments) == before


@needs_images
def test_an_array_that_may_not_be_written_is_refused(image) -> None:
    rows, count, slots = _table()
    slots.flags.writeable = False

    answer, _ = image.call((rows, count, slots))

    assert answer == images.REFUSED


@needs_images
def test_a_damaged_or_outdated_image_is_not_loaded(image, folder, monkeypatch) -> None:
    shape = images.shape_of(_table())
    function, path = kernels.insert.__wrapped__, folder / "insert"
    whole = path.read_bytes()
    assert images.load_image(function, shape) is not None

    for position in (0, 30, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        assert images.load_image(function, shape) is None
    path.write_bytes(whole[:-100])
    assert images.load_image(function, shape) is None
    path.write_bytes(whole)
    monkeypatch.setattr(images, "stamps_of", lambda names: ())
    assert images.load_image(function, shape) is None


@needs_images
def test_an_image_of_another_processor_is_not_loaded(image, monkeypatch) -> None:
    monkeypatch.setattr(images, "processor", lambda: "another")

    assert images.load_image(kernels.insert.__wrapped__, images.shape_of(_table())) is None


def test_shapes_tell_types_and_tuples_apart() -> None:
    words, pair = np.zeros(3, dtype=np.int64), (np.zeros(3, dtype=np.int64), 1)

    texts = [
        images.shape_of(arguments).text
        for arguments in [(words,), (words.astype(np.int32),), (words.reshape(1, 3),), (pair,)]
    ]

    assert len(set(texts)) == 4
    assert images.shape_of((object(),)) is None
    assert images.shape_of((words[::2],)) is None


@needs_images
def test_a_process_that_finds_images_does_without_numba(root) -> None:
    script = (
        "import sys, numpy as np\n"
        "from planner.engine.jit import compile_from_now_on\n"
        "from planner.spaces.kernels import insert\n"
        "compile_from_now_on()\n"
        "rows, slots = np.zeros((8, 2), dtype=np.int64), np.full(16, -1, dtype=np.int32)\n"
        "print(insert(rows, 0, slots), slots.max(), 'numba' in sys.modules)"
    )
    command = [sys.executable, "-c", script]

    runs = [
        subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]

    assert runs[0].split()[:2] == ["0", "0"]
    assert runs[1].split() == ["0", "0", "False"]


@needs_images
def test_a_kernel_that_was_interpreted_at_first_leaves_an_image_when_compiled(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(jit, "_INTERPRETER", jit._Interpreter())
    monkeypatch.setattr(jit, "is_compiled", lambda: False)
    monkeypatch.setattr(jit._Interpreter, "is_worth_it", lambda self, _: self.spent_s < 1.0)
    for module in ("images", "image_maker"):
        place = f"planner.engine.{module}.image_path"
        monkeypatch.setattr(place, lambda function, shape: tmp_path / function.__name__)
    fresh = jit.Kernel(kernels.insert.__wrapped__, _nrt=False, forceinline=True)

    for spent_s in (0.0, 0.05, 0.05, 2.0):
        jit._INTERPRETER.spent_s = spent_s
        fresh(*_table())

    assert (tmp_path / "insert").exists()
