import pytest

from rnnzoo import datasets, recipes


@pytest.fixture(scope="session")
def recipe(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipe")
    datasets.prepare("digits_rows", folder=folder / "data")
    return recipes.Recipe.model_validate({
        "name": "small", "summary": "Seconds.",
        "network": {"name": "elman", "task": "classification", "output_size": 10,
                    "input_shape": [None, 8], "units": 4},
        "data": {"dataset": "digits_rows", "batch_size": 512,
                 "folder": str(folder / "data")},
        "training": {"epochs": 1, "schedule": "cosine"},
        "target": {"metric": "accuracy", "at_least": 0.5, "source": "None."},
        "search": {"units": [3, 5], "learning_rate": 0.01, "global_clipnorm": 1.0,
                   "batch_size": 512, "activation": "tanh"}})
