"""Exports of every network answer as the network does, where rnnzoo is not.

TensorFlow Serving's own program is in no package index, so it is not run here. What it
loads exports by, `tensorflow::LoadSavedModel`, is in TensorFlow's wheel, and is what
the program in C++ calls.
"""

import importlib.util
import shutil
from functools import partial

import elsewhere
import numpy as np
import pytest
from elsewhere import NETWORKS

import rnnzoo


@pytest.fixture(scope="module")
def models():
    return {name: elsewhere.network(name) for name in NETWORKS}


@pytest.fixture(scope="module")
def asked(models):
    """Name -> questions, and the network's own answers to them."""
    return {name: elsewhere.questions(model) for name, model in models.items()}


@pytest.fixture(scope="module")
def exports(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    return {name: rnnzoo.export(model, folder / name) for name, model in models.items()}


def answers(ask, asked, exports, signatures=None):
    """Name -> question -> outputs, of one process for all."""
    questions = {str(exports[name]): {
        signature: values for signature, values in question.items()
        if signatures is None or signature in signatures}
        for name, (question, _) in asked.items()}
    found = ask(questions)
    return {name: found[str(exports[name])] for name in asked}


def assert_as_by_the_network(found, wanted):
    for signature, outputs in found.items():
        for name, value in wanted[signature].items():
            np.testing.assert_allclose(outputs[name], value, rtol=1e-5, atol=1e-5,
                                       err_msg=f"{signature}: {name}")


@pytest.fixture(scope="module")
def by_a_program_without_python(asked, exports, tmp_path_factory):
    if shutil.which("g++") is None:
        pytest.skip("there is no compiler, g++, on this machine")
    program = elsewhere.compiled(tmp_path_factory.mktemp("program"))
    return answers(partial(elsewhere.by_program, program), asked, exports)


@pytest.fixture(scope="module")
def by_tensorflow(asked, exports):
    return answers(partial(elsewhere.by_python, "tensorflow"), asked, exports)


@pytest.fixture(scope="module")
def by_openvino(asked, exports):
    if importlib.util.find_spec("openvino") is None:
        pytest.skip("needs openvino: pip install rnnzoo[proofs]")
    return answers(partial(elsewhere.by_python, "openvino"), asked, exports,
                   ["serving_default"])


@pytest.mark.parametrize("name", NETWORKS)
def test_a_program_without_python_answers_as_the_network(
        by_a_program_without_python, asked, name):
    assert_as_by_the_network(by_a_program_without_python[name], asked[name][1])


@pytest.mark.parametrize("name", NETWORKS)
def test_tensorflow_answers_where_rnnzoo_is_not_importable(by_tensorflow, asked, name):
    assert_as_by_the_network(by_tensorflow[name], asked[name][1])


@pytest.mark.parametrize("name", NETWORKS)
def test_openvino_answers_where_tensorflow_is_not_importable(by_openvino, asked, name):
    assert_as_by_the_network(by_openvino[name], asked[name][1])
