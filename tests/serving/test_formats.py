"""Streams in LiteRT and ONNX answer as the network, through their own runtimes."""

import importlib.util
import sys
from functools import partial

import elsewhere
import numpy as np
import pytest
import tensorflow as tf

import rnnzoo
from rnnzoo.serving import formats

needs_onnx = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, formats.PACKAGES["onnx"])),
    reason="needs tf2onnx and onnxruntime: pip install rnnzoo[onnx]")
NAMES = ["jordan", "stacked", "embedded", "with a readout"]


def small(name="elman", **arguments):
    return rnnzoo.build(name, **elsewhere.SERIES | arguments)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_litert_streams_as_the_network_answers(name, tmp_path):
    model = elsewhere.network(name)
    path = rnnzoo.export(model, tmp_path, format="litert")
    assert [p.name for p in path.iterdir()] == ["model.tflite"]
    interpreter = tf.lite.Interpreter(str(path / "model.tflite"))
    asked, wanted = elsewhere.questions(model)
    start = interpreter.get_signature_runner("initial_state")
    step = interpreter.get_signature_runner("step")
    states = start(streams=np.zeros(2, "float32"))
    for x, y in zip(asked["stream"]["x"], wanted["stream"]["y"]):
        states = step(x=x, **states)
        np.testing.assert_allclose(states.pop("y"), y, atol=1e-5)


@needs_onnx
def test_files_of_onnx_stream_in_openvino_where_tensorflow_is_not_importable(tmp_path):
    pytest.importorskip("openvino", reason="needs openvino: pip install "
                                           "rnnzoo[proofs]")
    models = {name: elsewhere.network(name) for name in NAMES}
    paths = {name: str(rnnzoo.export(model, tmp_path / name, format="onnx"))
             for name, model in models.items()}
    asked, wanted = zip(*map(elsewhere.questions, models.values()))
    found = elsewhere.by_python("openvino", {
        path: {"stream": a["stream"]} for path, a in zip(paths.values(), asked)})
    for name, w in zip(NAMES, wanted):
        np.testing.assert_allclose(found[paths[name]]["stream"]["y"], w["stream"]["y"],
                                   atol=1e-5, err_msg=name)


@needs_onnx
def test_onnx_has_the_states_of_a_step_under_new_names(tmp_path):
    import onnxruntime

    path = rnnzoo.export(small("lstm"), tmp_path, 3, format="onnx")
    assert path == tmp_path / "3"
    session = onnxruntime.InferenceSession(
        path / "step.onnx", providers=["CPUExecutionProvider"])
    assert {i.name for i in session.get_inputs()} == {"x", "lstm_h", "lstm_c"}
    assert {o.name for o in session.get_outputs()} == {"y", "new_lstm_h", "new_lstm_c"}


@pytest.mark.parametrize("ask, arguments, message", [
    (partial(rnnzoo.build, "hopfield", 4), {"format": "litert"}, "it is a memory"),
    (partial(small, bidirectional=True), {"format": "litert"}, "bidirectional=False"),
    (small, {"format": "tflite"}, "Unknown format 'tflite'.*litert"),
])
def test_what_a_format_cannot_hold_is_refused(ask, arguments, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        rnnzoo.export(ask(), tmp_path, **arguments)
    assert not list(tmp_path.iterdir())


def test_what_a_converter_refuses_is_taken_in_float32(tmp_path):
    halves = small(dtype="mixed_bfloat16")
    with pytest.raises(ValueError, match="float32.*set_weights.*converter says"):
        rnnzoo.export(halves, tmp_path, format="litert")
    model = small(dtype="float32")
    model.set_weights(halves.get_weights())
    assert rnnzoo.export(model, tmp_path, format="litert") == tmp_path / "1"


def test_missing_packages_are_named_with_the_line_that_brings_them(
        tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"tf2onnx.*pip install rnnzoo\[onnx\]"):
        rnnzoo.export(small(), tmp_path, format="onnx")


def test_a_file_that_answers_otherwise_is_not_kept(tmp_path, monkeypatch):
    write = formats.write

    def wrong(*arguments):
        ask = write(*arguments)
        return lambda name, **values: {k: v + 0.125 for k, v in
                                       ask(name, **values).items()}

    monkeypatch.setattr(formats, "write", wrong)
    with pytest.raises(ArithmeticError, match='in the format "litert".*other answers'):
        rnnzoo.export(small(), tmp_path, format="litert")
    assert not list(tmp_path.iterdir())
