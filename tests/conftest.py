import keras
import pytest

from rnnzoo import recurrence


@pytest.fixture(autouse=True)
def seed():
    """Makes every test draw the same random numbers, alone or among others."""
    keras.utils.set_random_seed(0)


@pytest.fixture
def plain():
    """The path that is the quickest to start, where paths are not what is tested."""
    with recurrence.using("plain"):
        yield
