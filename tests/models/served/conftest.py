import importlib.util
import sys
import threading

import pytest

from planner import load_task
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from tests.conftest import ROOT

from .scripted import Scripted
from .tiny_lm import train_tiny

THREE_BLOCKS = ROOT / "rules/blocksworld/tasks/three-blocks.yaml"


@pytest.fixture(scope="session")
def three_blocks():
    return load_task(THREE_BLOCKS)


@pytest.fixture(scope="session")
def space(three_blocks):
    return GroundSpace(ground(three_blocks))


@pytest.fixture
def scripted():
    return Scripted


@pytest.fixture(scope="session")
def taught_folder(space, tmp_path_factory):
    """A GPT-2 that knows what to do in the task of three blocks."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("taught")
    train_tiny(space, folder, steps=90)
    return folder


@pytest.fixture(scope="session")
def example():
    """The module ``examples/model_server.py``."""
    spec = importlib.util.spec_from_file_location("model_server", ROOT / "examples/model_server.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server(example, taught_folder):
    """The example server, serving the model just taught."""
    running = example.ModelServer(("127.0.0.1", 0), example.LanguageModel(taught_folder))
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    running.url = f"http://127.0.0.1:{running.server_port}/v1"
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture(autouse=True)
def _nobody_elses_cache_or_key(tmp_path, monkeypatch):
    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path / "cache"))
    for name in ("PLANNER_API_KEY", "OPENAI_API_KEY", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
