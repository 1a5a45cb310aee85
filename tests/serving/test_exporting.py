"""A version is written whole, runs anywhere, and is never overwritten."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

import rnnzoo
from rnnzoo.models.streaming import Stepper

X = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")


def small(name="elman", **arguments):
    return rnnzoo.build(name, **{"task": "tagging", "output_size": 3, "units": 4,
                                 "input_shape": (None, 3), **arguments})


def meta_graph(version):
    return saved_model_pb2.SavedModel.FromString(
        (version / "saved_model.pb").read_bytes()).meta_graphs[0]


def operations(version):
    """Names of the operations of an export, and of the attributes of its functions."""
    graph = meta_graph(version).graph_def
    nodes = [*graph.node, *(n for f in graph.library.function for n in f.node_def)]
    functions = {attribute for f in graph.library.function for attribute, value
                 in f.attr.items() if value.b}
    return {node.op for node in nodes}, functions


def test_an_export_amid_training_needs_no_compiler_and_no_custom_operations(tmp_path):
    class Exports(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            rnnzoo.export(self.model, tmp_path)

    # Its kernels do not learn, and are compiled outside training too.
    model = small("esn", task="forecasting")
    model.fit(X, X, verbose=0, callbacks=[Exports()])
    found, attributes = operations(tmp_path / "1")
    assert "_XlaMustCompile" not in attributes
    assert not {o for o in found if o.startswith(("Xla", "Cudnn", "PyFunc", "EagerPy"))}
    assert {"While", "MatMul"} <= found
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    served = loaded.signatures["serving_default"](x=tf.constant(X))["y"]
    np.testing.assert_allclose(served, model.predict(X, verbose=0), atol=1e-5)


def test_a_server_restores_the_variables_that_the_signatures_read(tmp_path):
    saved = meta_graph(rnnzoo.export(small("gru", layers=2), tmp_path))
    nodes = {node.name: node for node in saved.graph_def.node}
    restored = {*nodes[saved.saver_def.restore_op_name].input}
    read = {name for signature in saved.signature_def.values()
            for output in signature.outputs.values()
            for name in nodes[output.name.partition(":")[0]].input
            if nodes[name.partition(":")[0]].op == "VarHandleOp"}
    assert len(read) == 8 and read <= restored


def test_a_version_is_never_overwritten(tmp_path):
    model = small(bidirectional=True)
    assert rnnzoo.export(model, tmp_path, 7) == tmp_path / "7"
    before = (tmp_path / "7" / "saved_model.pb").read_bytes()
    with pytest.raises(FileExistsError, match="never overwritten.*is 8"):
        rnnzoo.export(model, str(tmp_path), 7)
    assert (tmp_path / "7" / "saved_model.pb").read_bytes() == before
    assert rnnzoo.export(model, str(tmp_path)) == tmp_path / "8"
    assert {path.name for path in tmp_path.iterdir()} == {
        "7", "8", "batching.config", "models.config"}


def test_steps_that_are_not_the_whole_are_found_out(tmp_path, monkeypatch):
    step = Stepper.step

    def wrong(self, x, states):
        y, states = step(self, x, states)
        return y + 0.125, states

    monkeypatch.setattr(Stepper, "step", wrong)
    with pytest.raises(ArithmeticError, match="'elman' gives other.*to 0.125 where"):
        rnnzoo.export(small(), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("version", [0, -1, True, 1.5, "2"])
def test_a_version_is_a_positive_integer(tmp_path, version):
    with pytest.raises(ValueError, match="positive integer"):
        rnnzoo.export(small(), tmp_path, version)


def test_what_the_zoo_did_not_make_is_refused(tmp_path):
    x = keras.Input((None, 3))
    with pytest.raises(ValueError, match=r"rnnzoo\.build.*keras.*export"):
        rnnzoo.export(keras.Model(x, keras.layers.GRU(2)(x)), tmp_path)
