"""Questions to a server by name, and streams that remember between them."""

import copy
from numbers import Integral
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from rnnzoo import errors
from rnnzoo.client.transports import Failure, Rest, Rpc


class Signature(NamedTuple):
    """A question that a server answers.

    Attributes:
        inputs: name -> `tf.TensorSpec`.
        outputs: name -> `tf.TensorSpec`.
    """

    inputs: dict
    outputs: dict


class Client:
    """Asks a model that TensorFlow Serving runs.

    The first question asks for the model's signatures too, so that names, shapes and
    kinds are checked before they are sent. Threads may share a client.

    Args:
        address: "host:8500" or "grpc://host:8500" for gRPC, which is faster;
            "http://host:8501" or "https://..." for REST.
        model: its name, as in `models.config`.
        version: of the model, by default the newest at each question.
        timeout: seconds to wait for an answer.

    Raises:
        ValueError: the address has another form, or the version is no positive integer.
        ImportError: what gRPC needs is not installed.
    """

    def __init__(self, address, model, version=None, *, timeout=10.0):
        if version is not None and (
                isinstance(version, bool) or not isinstance(version, Integral)
                or version < 1):
            raise ValueError("`version` is a positive integer, or None for the newest; "
                             f"received {version!r}.")
        self.address = address
        self.model = model
        self.version = version
        self.timeout = timeout
        self._transport = _transport(address, timeout)
        self._known = {}

    def signatures(self):
        """What the server says now that it may be asked.

        Returns:
            Name -> `Signature`.

        Raises:
            LookupError, ConnectionError, TimeoutError, RuntimeError: as of `ask`.
        """
        return self._look()[1]

    def ask(self, signature, /, **inputs):
        """The answer to a question.

        Args:
            signature: its name, for instance "serving_default" or "classify".
            **inputs: name -> array, the batch first. Numbers of another kind are
                converted where only rounding can change them.

        Returns:
            Name -> NumPy array. Strings are text.

        Raises:
            ValueError: there is no such signature, it takes other inputs, or the server
                refuses them.
            LookupError: the server does not run this model, or not this version.
            ConnectionError: nothing answers, or it has too much to do.
            TimeoutError: nothing answers in time.
            RuntimeError: the server failed.
        """
        known = self._known
        try:
            values = _checked(known, signature, inputs)
        except ValueError:      # nothing is known yet, or it was of an older version
            known = self.signatures()
            values = _checked(known, signature, inputs)
        return self._told("predict", signature, values, known[signature].outputs)

    def stream(self, rows=1):
        """Begins sequences that are answered step by step.

        Args:
            rows: number of sequences that run side by side.

        Returns:
            A `Stream`.

        Raises:
            ValueError: the model cannot run step by step.
            LookupError, ConnectionError, TimeoutError, RuntimeError: as of `ask`.
        """
        return Stream(self, rows)

    def _look(self):
        """The version that answers now, and its signatures."""
        version, found = self._told("metadata")
        # The server counts what initialises a model among them, under such a name.
        known = {name: Signature(_specs(signature.inputs), _specs(signature.outputs))
                 for name, signature in sorted(found.items())
                 if not name.startswith("__")}
        self._known = known
        return version, known

    def _told(self, request, *arguments):
        """What the server says; what it does not say as an error to act upon."""
        try:
            return getattr(self._transport, request)(
                self.model, self.version, *arguments)
        except Failure as failure:
            self._known = {}    # which another version may have changed
            raise self._error(failure) from failure

    def _error(self, failure):
        said = failure.said
        match failure.code:
            case "INVALID_ARGUMENT":
                return ValueError(f"The server refuses this: {said}")
            case "NOT_FOUND":
                version = "" if self.version is None else f" version {self.version} of"
                return LookupError(
                    f"{self.address} does not run{version} the model {self.model!r}: "
                    f"{said}. Its name is that in models.config; while a server starts "
                    "it does not have it yet.")
            case "UNAVAILABLE":
                return ConnectionError(
                    f"{self.address} is not available: {said}. If it was not told "
                    "otherwise, TensorFlow Serving takes gRPC on port 8500 and REST on "
                    "port 8501.")
            case "DEADLINE_EXCEEDED":
                return TimeoutError(
                    f"{self.address} gave no answer within {self.timeout} seconds. It "
                    "is busy or out of reach; `timeout` says how long to wait.")
        return RuntimeError(f"{self.address} failed: {failure.code}: {said}")


class Stream:
    """Sequences that are answered step by step, whose states the client keeps.

    The server remembers nothing: any replica may answer any step, and after an error
    the same step may be tried again. A stream stays with the version that was the
    newest when it began, as the states of one network mean nothing to another.

    Args:
        client: a `Client`, which makes it by `stream`.
        rows: number of sequences that run side by side.

    Attributes:
        states: name -> `(rows, ...)`, what is remembered. They may be kept, and set.
        version: of the model.
    """

    def __init__(self, client, rows):
        self.client = client
        self.rows = rows
        self.reset()

    def reset(self):
        """Begins again, with the version that is now the newest."""
        version, signatures = self.client._look()
        if "step" not in signatures:
            raise ValueError(
                f"{self.client.model!r} cannot run step by step; the README.md in "
                f"its version says why. It answers {', '.join(signatures)}.")
        pinned = copy.copy(self.client)
        pinned.version = version
        self.states = pinned.ask("initial_state", streams=np.zeros(self.rows))
        self._pinned = pinned

    @property
    def version(self):
        return self._pinned.version

    def step(self, x):
        """Reads one step.

        Args:
            x: `(rows, features)`, or symbols `(rows,)`.

        Returns:
            The answer `(rows, output_size)`.

        Raises:
            LookupError: the server runs the version no more; `reset` begins again.
            ValueError, ConnectionError, TimeoutError, RuntimeError: as of `Client.ask`.
                The states are as they were.
        """
        if np.shape(x)[:1] != (self.rows,):
            raise ValueError(f"A step of this stream has {self.rows} rows, one for "
                             f"each sequence; received the shape {np.shape(x)}.")
        states = self._pinned.ask("step", x=x, **self.states)
        y = states.pop("y")
        self.states = states
        return y


def _transport(address, timeout):
    scheme, _, place = str(address).rpartition("://")
    if scheme in ("http", "https"):
        return Rest(address, timeout)
    host, _, port = place.rpartition(":")
    if scheme in ("grpc", "") and host and port.isdigit():
        return Rpc(place, timeout)
    raise ValueError('An address is "host:8500" or "grpc://host:8500" for gRPC, or '
                     f'"http://host:8501" for REST; received {address!r}.')


def _specs(infos):
    return {name: tf.TensorSpec(tf.TensorShape(info.tensor_shape), info.dtype, name)
            for name, info in sorted(infos.items())}


def _checked(signatures, signature, inputs):
    """The inputs as the signature takes them, or what is wrong with them."""
    if signature not in signatures:
        raise ValueError(errors.unknown("signature", signature, signatures))
    wanted = signatures[signature].inputs
    for name in inputs:
        if name not in wanted:
            raise ValueError(errors.unknown(f"input of `{signature}`", name, wanted))
    missing = [name for name in wanted if name not in inputs]
    if missing:
        raise ValueError(f"`{signature}` takes {', '.join(wanted)}; "
                         f"missing: {', '.join(missing)}.")
    return {name: _fitted(inputs[name], spec) for name, spec in wanted.items()}


def _fitted(value, spec):
    """The value as an array of the kind and shape that is wanted."""
    value = np.asarray(value)
    fitted = _texts(value) if spec.dtype == tf.string else _numbers(value, spec.dtype)
    if fitted is None or not spec.shape.is_compatible_with(value.shape):
        raise ValueError(
            f"`{spec.name}` is {spec.dtype.name} of the shape {tuple(spec.shape)}; "
            f"received {value.dtype.name} of the shape {value.shape}.")
    return fitted


def _texts(value):
    if all(isinstance(text, str | bytes) for text in value.flat):
        return np.vectorize(tf.compat.as_bytes, "O")(value)


def _numbers(value, dtype):
    kind = dtype.as_numpy_dtype
    if np.can_cast(value.dtype, kind, "same_kind"):
        fitted = value.astype(kind)
        # Only a float is rounded: an integer that does not fit would be another one.
        if not dtype.is_integer or np.array_equal(fitted, value):
            return fitted
