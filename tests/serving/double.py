"""A double of TensorFlow Serving on the loopback interface, to test clients against.

It loads versions of an export and answers for them as the public service is documented,
by its gRPC stubs, where they are installed, and by its paths, JSON and codes of HTTP.
It is not TensorFlow Serving, whose own program is in no Python package and in no test.
"""

import base64
import contextlib
import json
import re
import threading
import time
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.protobuf import saved_model_pb2

try:
    import grpc
    from tensorflow_serving.apis import (
        get_model_metadata_pb2,
        predict_pb2,
        prediction_service_pb2_grpc,
    )
except ImportError:
    grpc = None

HTTP = {"INVALID_ARGUMENT": 400, "NOT_FOUND": 404, "INTERNAL": 500, "UNAVAILABLE": 503}
PATH = re.compile(
    r"/v1/models/(?P<model>[^/:]+)(?:/versions/(?P<version>\d+))?(?:/metadata|:predict)")


class Trouble(Exception):
    """An answer that says no: gRPC's name for it, and words."""


class Server:
    """Serves both protocols until it is closed.

    Args:
        folders: name of a model -> the folder of its versions.

    Attributes:
        rest, grpc: addresses; None if the stubs are not installed.
        troubles: what the next requests are answered by, for better answers.
        delay: seconds before each answer.
    """

    def __init__(self, folders):
        self.folders = folders
        self.running = {name: {} for name in folders}
        self.troubles, self.delay = [], 0.0
        for name in folders:
            self.start(name, 1)
        self.http = _Http(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.rest = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.rpc = self.grpc = None
        if grpc:
            self.rpc = grpc.server(futures.ThreadPoolExecutor(8), options=[
                ("grpc.max_receive_message_length", -1)])
            prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
                _servicer(self), self.rpc)
            self.grpc = f"127.0.0.1:{self.rpc.add_insecure_port('127.0.0.1:0')}"
            self.rpc.start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        if self.rpc:
            self.rpc.stop(None).wait()

    def start(self, name, version):
        folder = self.folders[name] / str(version)
        saved = saved_model_pb2.SavedModel.FromString(
            (folder / "saved_model.pb").read_bytes())
        self.running[name][version] = (tf.saved_model.load(str(folder)),
                                       saved.meta_graphs[0].signature_def)

    def stop(self, name, version):
        del self.running[name][version]

    def find(self, name, version):
        """The version that answers, its model and its definitions of signatures."""
        time.sleep(self.delay)
        if self.troubles:
            raise self.troubles.pop(0)
        found = self.running.get(name, {})
        version = version or max(found, default=None)
        if version not in found:
            raise Trouble("NOT_FOUND", f"Servable not found for request: {name}")
        return version, *found[version]

    def predict(self, name, version, signature, inputs, read):
        """The version that answers, and its answer.

        Args:
            read: what makes an array of an input and of the kind that is wanted.
        """
        version, model, definitions = self.find(name, version)
        if signature not in definitions:
            raise Trouble("INVALID_ARGUMENT", f'Serving signature name: "{signature}" '
                          "not found in signature def")
        wanted = definitions[signature].inputs
        if set(inputs) != set(wanted):
            raise Trouble("INVALID_ARGUMENT", "input size does not match signature")
        try:
            return version, model.signatures[signature](**{
                word: tf.constant(read(inputs[word], info.dtype))
                for word, info in wanted.items()})
        except (tf.errors.InvalidArgumentError, ValueError) as error:
            raise Trouble("INVALID_ARGUMENT", str(error)) from error


# REST

class _Http(ThreadingHTTPServer):
    request_queue_size = 128        # connections that come at once
    daemon_threads = True


def _handler(server):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *ignored):
            pass

        def do_GET(self):
            self.answer(lambda name, version: _metadata(*server.find(name, version)))

        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(lambda name, version: _columns(server.predict(
                name, version, request["signature_name"], request["inputs"], _read)[1]))

        def answer(self, content):
            path = PATH.fullmatch(self.path)
            try:
                code, body = 200, content(unquote(path["model"]),
                                          path["version"] and int(path["version"]))
            except Trouble as trouble:
                # Escaped as in C, which JSON does not always take.
                words = trouble.args[1].encode("unicode_escape").decode()
                words = re.sub("""['"]""", r"\\\g<0>", words)
                code, body = HTTP[trouble.args[0]], f'{{ "error": "{words}" }}'
            self.send_response(code)
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):      # a client that hung up
                self.wfile.write(body.encode())

    return Handler


def _metadata(version, model, definitions):
    signatures = {name: json_format.MessageToDict(
        signature, preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True)
        for name, signature in definitions.items()}
    return json.dumps({
        "model_spec": {"name": "", "signature_name": "", "version": str(version)},
        "metadata": {"signature_def": {"signature_def": signatures}}})


def _read(value, kind):
    """A value of JSON as an array; bytes are wrapped."""
    if isinstance(value, list):
        return np.stack([_read(part, kind) for part in value])
    if isinstance(value, dict):
        value = base64.b64decode(value["b64"])
    return np.array(value, tf.as_dtype(kind).as_numpy_dtype)


def _columns(outputs):
    found = {name: _written(value.numpy()) for name, value in outputs.items()}
    return json.dumps({"outputs": found if len(found) > 1 else [*found.values()][0]})


def _written(value):
    if value.dtype == object:
        return np.vectorize(bytes.decode, "O")(value).tolist()
    if value.dtype == np.float32:       # nine digits tell every float from the others
        return np.vectorize(lambda v: float(f"{v:.9g}"), "d")(value).tolist()
    return value.tolist()


# gRPC

def _servicer(server):
    def refusing(method):
        def answer(self, request, context):
            spec = request.model_spec
            try:
                return method(self, request, spec.name, spec.version.value)
            except Trouble as trouble:
                context.abort(grpc.StatusCode[trouble.args[0]], trouble.args[1])
        return answer

    class Servicer(prediction_service_pb2_grpc.PredictionServiceServicer):
        @refusing
        def GetModelMetadata(self, request, name, version):
            version, _, definitions = server.find(name, version)
            answer = get_model_metadata_pb2.GetModelMetadataResponse()
            answer.model_spec.version.value = version
            found = get_model_metadata_pb2.SignatureDefMap()
            for word, definition in definitions.items():
                found.signature_def[word].CopyFrom(definition)
            answer.metadata["signature_def"].Pack(found)
            return answer

        @refusing
        def Predict(self, request, name, version):
            version, outputs = server.predict(
                name, version, request.model_spec.signature_name, request.inputs,
                lambda value, kind: tf.make_ndarray(value))
            answer = predict_pb2.PredictResponse()
            answer.model_spec.version.value = version
            for word, value in outputs.items():
                answer.outputs[word].CopyFrom(tf.make_tensor_proto(value.numpy()))
            return answer

    return Servicer()
