"""A client asks by name, streams remember, and what goes wrong is said.

It talks to a double; TensorFlow Serving's own program is in no Python package.
"""

import re
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from double import Server, Trouble

import rnnzoo
from rnnzoo.client import Client

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 6, 2)).astype("float32")
TEXTS = ["the café isn't open", "", "closed"]
WORDS = ["<padding>", "<unknown>", "the", "café", "isn't", "open"]


@pytest.fixture(scope="module")
def networks():
    return {
        "series": rnnzoo.build("lstm", units=4, task="forecasting", output_size=2,
                               input_shape=(None, 2), seed=1),
        "newer series": rnnzoo.build("elman", units=4, task="forecasting",
                                     output_size=2, input_shape=(None, 2), seed=1),
        "texts": rnnzoo.build("elman", units=4, task="classification", output_size=2,
                              vocabulary_size=6, bidirectional=True, seed=1),
        "patterns": rnnzoo.build("hopfield", 8),
    }


@pytest.fixture(scope="module")
def folders(networks, tmp_path_factory):
    root = tmp_path_factory.mktemp("served")
    rnnzoo.export(networks["series"], root / "series", 1)
    rnnzoo.export(networks["newer series"], root / "series", 2)
    rnnzoo.export(networks["texts"], root / "texts", 1,
                  labels=["nein", "schön"], vocabulary=WORDS)
    rnnzoo.export(networks["patterns"], root / "patterns", 1)
    return {path.name: path for path in root.iterdir()}


@pytest.fixture(scope="module")
def server(folders):
    server = Server(folders)
    yield server
    server.close()


@pytest.fixture(params=["rest", "grpc"])
def address(request, server):
    found = getattr(server, request.param)
    if found is None:
        pytest.skip("needs tensorflow-serving-api")
    yield found
    server.troubles, server.delay = [], 0.0


@pytest.fixture
def client(address):
    return Client(address, "series")


def whole(networks, x, name="series"):
    return np.asarray(networks[name](x))


# Questions

def test_sequences_are_answered_as_by_the_network(networks, client):
    found = client.ask("serving_default", x=X)["y"]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, whole(networks, X), atol=1e-6)
    padded = client.ask("with_lengths", x=X, lengths=[6, 2, 0])["y"]
    np.testing.assert_allclose(padded[1, :2], found[1, :2], atol=1e-6)
    assert not padded[1, 2:].any() and not padded[2].any()


def test_texts_go_out_and_labels_come_back_as_text(networks, address):
    client = Client(address, "texts")
    found = client.ask("classify_text", text=TEXTS)
    ids = np.array([[2, 3, 4, 5], [0, 0, 0, 0], [1, 0, 0, 0]])
    scores = whole(networks, ids, "texts")
    np.testing.assert_array_equal(
        found["labels"], np.take(["nein", "schön"], np.argsort(-scores)))
    np.testing.assert_allclose(found["scores"], -np.sort(-scores), atol=1e-6)
    for texts in TEXTS, [text.encode() for text in TEXTS]:
        again = client.ask("classify_text", text=np.array(texts))
        np.testing.assert_array_equal(again["labels"], found["labels"])
    odd = client.ask("classify_text", text=[b"\xff\x00 the"])       # no UTF-8
    np.testing.assert_allclose(
        odd["scores"], client.ask("classify", x=[[1, 2]])["scores"], atol=1e-6)


def test_answers_have_the_kinds_of_their_signature(address):
    found = Client(address, "patterns").ask("recall", x=np.ones((2, 8)))
    assert {name: value.dtype.kind for name, value in found.items()} == {
        "states": "f", "steps": "i", "converged": "b"}


def test_what_is_no_number_comes_and_goes(networks, client):
    x = X.copy()
    x[1, 3] = np.nan, np.inf
    x[2, 4] = -np.inf
    found = client.ask("serving_default", x=x)["y"]
    np.testing.assert_allclose(found, whole(networks, x), atol=1e-6)
    assert np.isnan(found[1, 3:]).all() and np.isfinite(found[0]).all()


def test_numbers_become_the_signatures_kind_and_are_only_rounded(client):
    wanted = client.ask("with_lengths", x=X, lengths=np.int32([6, 2, 1]))["y"]
    found = client.ask("with_lengths", x=X.astype("float64").tolist(),
                       lengths=np.int64([6, 2, 1]))["y"]
    np.testing.assert_array_equal(found, wanted)
    for lengths in [6.0, 2.0, 1.0], [2**40, 1, 1], [6, 2, 1 + 1j], ["6", "2", "1"]:
        with pytest.raises(ValueError, match=r"`lengths` is int32.*received"):
            client.ask("with_lengths", x=X, lengths=lengths)


def test_the_signatures_are_told(client):
    found = client.signatures()
    assert {"serving_default", "with_lengths", "initial_state", "step",
            "generate"} == set(found)
    assert tuple(found["step"].inputs["lstm_h"].shape) == (None, 4)
    assert found["with_lengths"].inputs["lengths"].dtype == "int32"
    assert list(found["step"].outputs) == ["lstm_c", "lstm_h", "y"]


@pytest.mark.parametrize("question, said", [
    (("steps", {}), r"signature 'steps'. Did you mean 'step'"),
    (("serving_default", {"y": X}), "input of `serving_default` 'y'"),
    (("step", {"lstm_h": X[:, 0]}), "takes lstm_c, lstm_h, x; missing: lstm_c, x"),
    (("serving_default", {"x": X[0]}), r"\(None, None, 2\); received.*\(6, 2\)"),
    (("serving_default", {"x": [["a"]]}), "`x` is float32.*received str"),
])
def test_wrong_questions_are_answered_before_they_are_sent(client, question, said):
    signature, inputs = question
    with pytest.raises(ValueError, match=said):
        client.ask(signature, **inputs)


def test_what_the_server_refuses_is_said_in_its_words(client):
    with pytest.raises(ValueError, match="(?s)refuses.*as many rows as"):
        client.ask("with_lengths", x=X, lengths=[6])


def test_empty_arrays_go_over_grpc_only(client):
    if client.address.startswith("http"):
        with pytest.raises(ValueError, match="`x` is empty.*gRPC"):
            client.ask("serving_default", x=X[:0])
    else:
        assert client.ask("serving_default", x=X[:0])["y"].shape == (0, 6, 2)


def test_long_answers_arrive(server):
    if server.grpc is None:
        pytest.skip("needs tensorflow-serving-api")
    x = np.ones((150_000, 8), "float32")        # gRPC takes 4 MB, if not told otherwise
    assert Client(server.grpc, "patterns").ask("serving_default", x=x)["y"].shape \
        == x.shape


def test_the_lines_of_the_readme_run(networks, server):
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    (program,) = re.findall(r"```python\n([^`]*Client\([^`]*)```", readme)
    for written, running in (
            ("localhost:8500", server.grpc or server.rest), ("elman", "series")):
        assert program.count(f'"{written}"') == 1
        program = program.replace(written, running)
    names = {"images": X}
    exec(program, names)
    np.testing.assert_allclose(names["y"], whole(networks, X)[:, -1], atol=1e-6)


# Streams

def test_steps_of_a_stream_give_what_the_whole_gives(networks, client):
    stream = client.stream(rows=3)
    answers = [stream.step(now) for now in X.swapaxes(0, 1)]
    np.testing.assert_allclose(
        np.stack(answers, axis=1), whole(networks, X), atol=1e-6)
    assert {name: state.shape for name, state in stream.states.items()} == {
        "lstm_h": (3, 4), "lstm_c": (3, 4)}
    stream.reset()
    np.testing.assert_array_equal(stream.step(X[:, 0]), answers[0])


def test_fifty_streams_of_one_client_are_not_mixed_up(networks, client):
    x = RNG.normal(size=(50, 5, 2)).astype("float32")

    def run(sequence):
        stream = client.stream()
        return [stream.step(now[None])[0] for now in sequence]

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(run, x))
    np.testing.assert_allclose(answers, whole(networks, x), atol=1e-6)


def test_a_step_that_failed_may_be_tried_again(networks, server, client):
    stream = client.stream(rows=3)
    for t, now in enumerate(X.swapaxes(0, 1)):
        server.troubles = {2: [Trouble("UNAVAILABLE", "it's full")],
                           4: [Trouble("INTERNAL", "broken")]}.get(t, [])
        if server.troubles:
            with pytest.raises((ConnectionError, RuntimeError), match="full|broken"):
                stream.step(now)
        with pytest.raises(ValueError, match=r"3 rows.*received the shape \(1, 2\)"):
            stream.step(now[:1])
        with pytest.raises(ValueError, match=r"received float32 of the shape \(3, 1\)"):
            stream.step(now[:, :1])
        y = stream.step(now)
    np.testing.assert_allclose(y, whole(networks, X)[:, -1], atol=1e-6)


def test_states_may_be_kept_and_set(client):
    stream, other = client.stream(rows=3), client.stream(rows=3)
    stream.step(X[:, 0])
    kept = stream.states
    wanted = stream.step(X[:, 1])
    other.states = kept
    np.testing.assert_array_equal(other.step(X[:, 1]), wanted)


def test_what_cannot_stream_says_so(address):
    with pytest.raises(ValueError, match="cannot run step by step.*README.*classify"):
        Client(address, "texts").stream()


# Versions

def test_a_stream_stays_with_its_version_and_questions_go_to_the_newest(
        networks, server, client):
    new = whole(networks, X, "newer series")
    stream = client.stream(rows=3)
    stream.step(X[:, 0])
    server.start("series", 2)
    try:
        y = stream.step(X[:, 1])
        np.testing.assert_allclose(y, whole(networks, X)[:, 1], atol=1e-6)
        assert stream.version == 1
        np.testing.assert_allclose(
            client.ask("serving_default", x=X)["y"], new, atol=1e-6)
        older = Client(client.address, "series", version=1)
        np.testing.assert_allclose(older.ask("serving_default", x=X)["y"],
                                   whole(networks, X), atol=1e-6)
        server.stop("series", 1)
        with pytest.raises(LookupError, match="version 1 of the model 'series'"):
            stream.step(X[:, 2])
        stream.reset()
        assert stream.version == 2
        np.testing.assert_allclose(stream.step(X[:, 0]), new[:, 0], atol=1e-6)
    finally:
        server.running["series"].clear()
        server.start("series", 1)


def test_signatures_are_learned_anew_when_a_version_changes_them(server, client):
    client.ask("serving_default", x=X)
    before = server.running["series"]
    server.running["series"] = {2: server.running["texts"][1]}
    try:
        assert client.ask("classify_text", text=TEXTS)["labels"].dtype.kind == "U"
        server.running["series"] = before
        assert client.ask("serving_default", x=X)["y"].shape == X.shape
    finally:
        server.running["series"] = before


@pytest.mark.parametrize("outputs", [{"y": ["text"]}, {"y": [1.0], "z": [1.0]}])
def test_an_answer_of_another_kind_is_no_riddle(server, outputs):
    client = Client(server.rest, "series")
    before = server.running["series"]
    wanted = client.ask("serving_default", x=X)["y"]
    other = SimpleNamespace(signatures={"serving_default": lambda x: {
        name: tf.constant(value) for name, value in outputs.items()}})
    server.running["series"] = {1: (other, before[1][1])}
    try:
        with pytest.raises(RuntimeError, match="newer version of the model; ask again"):
            client.ask("serving_default", x=X)
    finally:
        server.running["series"] = before
    np.testing.assert_array_equal(client.ask("serving_default", x=X)["y"], wanted)


# Servers that do not answer

def test_models_and_versions_that_are_not_there_are_named(address):
    with pytest.raises(LookupError, match="does not run the model 'serie/s'.*Servable"):
        Client(address, "serie/s").ask("serving_default", x=X)
    with pytest.raises(LookupError, match="version 7 of the model 'series'"):
        Client(address, "series", 7).signatures()


def test_a_dead_server_is_told_from_a_slow_one(server, address):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        scheme = address.rpartition("127.0.0.1")[0]
        dead = Client(f"{scheme}127.0.0.1:{unused.getsockname()[1]}", "series")
        with pytest.raises(ConnectionError, match="gRPC on port 8500 and REST on port"):
            dead.ask("serving_default", x=X)
    server.delay = 1.0
    with pytest.raises(TimeoutError, match="within 0.2 seconds.*`timeout`"):
        Client(address, "series", timeout=0.2).ask("serving_default", x=X)


def test_the_port_of_the_other_protocol_is_no_riddle(server, address):
    if server.grpc is None:
        pytest.skip("needs tensorflow-serving-api")
    other = f"http://{server.grpc}" if "http" in address else server.rest[7:]
    with pytest.raises(ConnectionError, match="gRPC on port 8500 and REST on port"):
        Client(other, "series").signatures()


@pytest.mark.parametrize("said", [b"<html></html>", b"\xff\x00", b"{}", b"[1]"])
def test_other_servers_are_told_from_tensorflow_serving(said):
    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said)

    with HTTPServer(("127.0.0.1", 0), Other) as other, ThreadPoolExecutor(1) as thread:
        thread.submit(other.handle_request)
        with pytest.raises(ConnectionError, match="is not TensorFlow Serving"):
            Client(f"http://127.0.0.1:{other.server_port}", "series").signatures()


@pytest.mark.parametrize("wrong", ["localhost", "ftp://host:21", "", "http:/x", 8500])
def test_an_address_says_how_to_ask(wrong):
    with pytest.raises(ValueError, match='"host:8500".*"http://host:8501".*received'):
        Client(wrong, "series")


@pytest.mark.parametrize("wrong", ["2", 0, 1.0, True])
def test_a_version_is_a_positive_integer(wrong):
    with pytest.raises(ValueError, match="positive integer.*newest; received"):
        Client("http://localhost:8501", "series", wrong)


def test_without_the_stubs_grpc_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    with pytest.raises(ImportError, match=r"pip install rnnzoo\[serving\].*REST"):
        Client("localhost:8500", "series")
    Client("http://localhost:8501", "series")
