import keras
import pytest


@pytest.fixture(autouse=True)
def seed():
    """Makes every test draw the same random numbers, alone or among others."""
    keras.utils.set_random_seed(0)
