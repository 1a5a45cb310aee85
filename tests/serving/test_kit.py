"""What comes with a version is right: requests, answers, files of the server."""

import json
import re
import sys

import numpy as np
import pytest
import tensorflow as tf

import rnnzoo

MODELS = {
    "of symbols": ("gru", {"units": 4, "task": "generation", "vocabulary_size": 6,
                           "trainable_initial_state": True}),
    "of labels": ("elman", {"units": 3, "task": "classification", "output_size": 2,
                            "vocabulary_size": 3, "bidirectional": True}),
    "of pairs": ("bam", {"units": (4, 3)}),
}


@pytest.fixture(scope="module", params=MODELS)
def version(request, tmp_path_factory):
    name, arguments = MODELS[request.param]
    names = {"labels": ["no", "yes"], "vocabulary": ["", "can", "can't"]}
    folder = tmp_path_factory.mktemp("versions")
    return rnnzoo.export(rnnzoo.build(name, **arguments), folder, 3,
                         **names if request.param == "of labels" else {})


def test_the_lines_of_the_readme_give_the_answers_beside_them(version):
    signatures = tf.saved_model.load(str(version)).signatures
    text = (version / "README.md").read_text()
    found = re.findall(
        r"## (\w+)\n.*?curl -d '(.*?)' http://localhost:8501/v1/models/(\w+):predict\n"
        r"```\n\n```json\n(.*?)\n```", text, re.DOTALL)
    assert {name for name, *_ in found} == set(signatures)
    assert text.startswith(f"# {found[0][2]}\n")
    for name, request, _, answer in found:
        request, answer = json.loads(request), json.loads(answer)["outputs"]
        assert request.pop("signature_name") == name and list(request) == ["inputs"]
        kinds = signatures[name].structured_input_signature[1]
        outputs = signatures[name](**{
            word: tf.constant(value, kinds[word].dtype)
            for word, value in request["inputs"].items()})
        if len(outputs) == 1:
            answer = {word: answer for word in outputs}
        assert set(answer) == set(outputs)
        for word, value in outputs.items():
            if value.dtype == tf.string:
                assert value.numpy().astype(str).tolist() == answer[word]
            else:
                np.testing.assert_allclose(value, answer[word], rtol=1e-5)


def test_the_readme_says_what_cannot_be_asked(version):
    text = (version / "README.md").read_text()
    bidirectional = "elman" in text
    assert ("There is no `step`: bidirectional" in text) == bidirectional
    assert ("pad them" in text) == ("| in | `lengths` | int32 | batch |" in text)


def test_every_signature_is_warmed_up(version):
    log = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2",
                              reason="needs tensorflow-serving-api")
    signatures = tf.saved_model.load(str(version)).signatures
    records = tf.data.TFRecordDataset(
        str(version / "assets.extra" / "tf_serving_warmup_requests"))
    requests = [log.PredictionLog.FromString(record.numpy()).predict_log.request
                for record in records]
    assert {r.model_spec.signature_name for r in requests} == set(signatures)
    for request in requests:
        outputs = signatures[request.model_spec.signature_name](**{
            word: tf.constant(tf.make_ndarray(value))
            for word, value in request.inputs.items()})
        assert all(len(value) == 1 for value in outputs.values())


def test_without_the_servers_formats_the_readme_says_what_is_missing(
        tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    path = rnnzoo.export(rnnzoo.build("hopfield", 4), tmp_path)
    assert not (path / "assets.extra").exists()
    assert "pip install rnnzoo[serving]" in (path / "README.md").read_text()


def test_the_server_is_told_where_the_model_is(version):
    server = pytest.importorskip("tensorflow_serving.config.model_server_config_pb2",
                                 reason="needs tensorflow-serving-api")
    from google.protobuf import text_format

    config = text_format.Parse((version.parent / "models.config").read_text(),
                               server.ModelServerConfig())
    (model,) = config.model_config_list.config
    readme = (version / "README.md").read_text()
    assert f'-v "$PWD:{model.base_path}"' in readme
    assert f"{model.base_path}/models.config" in readme
    assert f"{model.base_path}/batching.config" in readme
    assert f"/v1/models/{model.name}:predict" in readme
