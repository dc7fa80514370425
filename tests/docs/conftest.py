"""What tests of several pages need."""

import shutil

import pytest

from tests.conftest import ROOT


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the shipped rule bases."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules", ignore=shutil.ignore_patterns("model"))
    monkeypatch.chdir(tmp_path)
    return tmp_path
