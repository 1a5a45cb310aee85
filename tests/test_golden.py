"""Networks are what they were when `golden/` was written, so old saves load."""

import json

import golden
import keras
import numpy as np
import pytest
from zoo import SEQUENCES


@pytest.mark.parametrize("remade", [False, True], ids=["new", "from the old config"])
@pytest.mark.parametrize("name", SEQUENCES)
def test_weights_and_output_are_as_they_were(name, remade):
    old = json.loads((golden.FOLDER / f"{name}.json").read_text())
    layer = (keras.saving.deserialize_keras_object(old["layer"]) if remade
             else golden.layer(name))
    found = golden.describe(layer)
    assert found["weights"] == old["weights"]
    np.testing.assert_allclose(found["output"], old["output"], atol=1e-5)


def test_there_is_a_golden_file_for_every_network_and_no_other():
    assert sorted(path.stem for path in golden.FOLDER.glob("*.json")) == SEQUENCES
