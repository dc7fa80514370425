import pytest

from tests.trace.browsers import find_browser


@pytest.fixture(scope="session")
def browser():
    return find_browser()
