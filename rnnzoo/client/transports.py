"""The two ways to TensorFlow Serving: REST, with the standard library, and gRPC.

Both offer `metadata` and `predict`, and raise `Failure` with gRPC's names for failures.
"""

import base64
import json
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import numpy as np
import tensorflow as tf
from google.protobuf import json_format

# Of what the server means by a code of HTTP, what a client can do something about.
CODES = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 429: "UNAVAILABLE",
         503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED"}


class Failure(Exception):
    """No answer.

    Attributes:
        code: gRPC's name for what happened.
        said: the server's words, or the system's.
    """

    def __init__(self, code, said):
        super().__init__(code, said)
        self.code = code
        self.said = said


class Rest:
    """JSON over HTTP.

    Args:
        address: with or without a path, as "https://host/gateway".
        timeout: seconds to wait for an answer.
    """

    def __init__(self, address, timeout):
        self.address = address.rstrip("/")
        self.timeout = timeout

    def metadata(self, model, version):
        """The version that answers, and name -> `SignatureDef`."""
        spec, metadata = self._asked(
            model, version, "/metadata", ("model_spec", "metadata"))
        # A message of TensorFlow's that has such a map reads it.
        graph = json_format.ParseDict(metadata["signature_def"],
                                      tf.compat.v1.MetaGraphDef(),
                                      ignore_unknown_fields=True)
        return int(spec["version"]), graph.signature_def

    def predict(self, model, version, signature, inputs, outputs):
        """Name -> array, of the kinds that `outputs` tells."""
        for name, value in inputs.items():
            if not value.size:
                raise Failure("INVALID_ARGUMENT", f"`{name}` is empty, and JSON does "
                              "not tell the shapes of empty arrays; gRPC does.")
        values = {name: _plain(value) for name, value in inputs.items()}
        (answer,) = self._asked(model, version, ":predict", ("outputs",), {
            "signature_name": signature, "inputs": values})
        if len(outputs) == 1:       # whose name the server leaves out
            answer = {name: answer for name in outputs}
        try:
            return {name: _array(answer[name], spec) for name, spec in outputs.items()}
        except (KeyError, TypeError, ValueError) as error:
            raise Failure("ABORTED", f"`{signature}` has become another, with a newer "
                          "version of the model; ask again") from error

    def _asked(self, model, version, question, parts, body=None):
        place = quote(model, safe="")
        if version is not None:
            place += f"/versions/{version}"
        url = f"{self.address}/v1/models/{place}{question}"
        request = Request(url, body and json.dumps(body).encode())
        try:
            with urlopen(request, timeout=self.timeout) as answer:
                found = json.load(answer)
                return [found[part] for part in parts]
        except HTTPError as error:
            raise Failure(CODES.get(error.code, f"HTTP {error.code}"),
                          _said(error.read())) from error
        except (KeyError, TypeError, ValueError) as error:
            raise Failure("UNAVAILABLE", "what answers is not TensorFlow Serving") \
                from error
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            late = isinstance(reason, TimeoutError)
            raise Failure("DEADLINE_EXCEEDED" if late else "UNAVAILABLE",
                          str(reason)) from error


class Rpc:
    """gRPC, by the public stubs.

    Args:
        address: "host:8500".
        timeout: seconds to wait for an answer.

    Raises:
        ImportError: the stubs are not installed.
    """

    def __init__(self, address, timeout):
        try:
            import grpc
            from tensorflow_serving.apis import (
                get_model_metadata_pb2,
                predict_pb2,
                prediction_service_pb2_grpc,
            )
        except ImportError as error:
            raise ImportError(
                f"{address} is asked over gRPC: `pip install rnnzoo[serving]` brings "
                "what is missing. REST, as at http://host:8501, needs none.") from error
        self.timeout = timeout
        self._error = grpc.RpcError
        self._metadata, self._predict = get_model_metadata_pb2, predict_pb2
        # Answers may be long, and a server that comes back is to be noticed at once.
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(
            grpc.insecure_channel(address, [("grpc.max_receive_message_length", -1),
                                            ("grpc.max_reconnect_backoff_ms", 1000)]))

    def metadata(self, model, version):
        """The version that answers, and name -> `SignatureDef`."""
        request = self._metadata.GetModelMetadataRequest()
        request.metadata_field.append("signature_def")
        answer = self._asked(self._stub.GetModelMetadata, request, model, version)
        found = self._metadata.SignatureDefMap()
        answer.metadata["signature_def"].Unpack(found)
        return answer.model_spec.version.value, found.signature_def

    def predict(self, model, version, signature, inputs, outputs):
        """Name -> array. They tell their kinds, and `outputs` is not needed."""
        request = self._predict.PredictRequest()
        request.model_spec.signature_name = signature
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
        answer = self._asked(self._stub.Predict, request, model, version)
        found = {name: tf.make_ndarray(value) for name, value in answer.outputs.items()}
        return {name: np.vectorize(bytes.decode, "O")(value).astype(str)
                if value.dtype == object else value for name, value in found.items()}

    def _asked(self, method, request, model, version):
        request.model_spec.name = model
        if version is not None:
            request.model_spec.version.value = version
        try:
            return method(request, timeout=self.timeout)
        except self._error as error:
            raise Failure(error.code().name, error.details()) from error


def _plain(value):
    """An array as JSON. Bytes are wrapped, so that any may be sent."""
    if value.dtype == object:
        value = np.vectorize(
            lambda b: {"b64": base64.b64encode(b).decode()}, "O")(value)
    return value.tolist()


def _array(answer, spec):
    return np.array(answer, str if spec.dtype == tf.string
                    else spec.dtype.as_numpy_dtype)


def _said(body):
    """The server's words; not every one of its versions writes valid JSON of them."""
    text = body.decode(errors="replace")
    try:
        return json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        return text.strip() or "no reason given"
