import keras
import pytest

from rnnzoo import recurrence

DEAREST = ("test_backends.py", "test_contract.py", "test_elsewhere.py",
           "test_memory_contract.py", "test_models.py", "test_notebooks.py",
           "test_recurrence.py", "test_training.py")


def pytest_collection_modifyitems(items):
    """The dearest files begin, or the processes wait for one of them in the end."""
    items.sort(key=lambda item: item.path.name not in DEAREST)


@pytest.fixture(autouse=True)
def seed():
    """Makes every test draw the same random numbers, alone or among others."""
    keras.utils.set_random_seed(0)


@pytest.fixture
def plain():
    """The path that is the quickest to start, where paths are not what is tested."""
    with recurrence.using("plain"):
        yield
