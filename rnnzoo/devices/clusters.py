"""Machines that train together, as `TF_CONFIG` states them."""

import contextlib
import json
import os
import socket
import time
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

WAIT = 300      # seconds in which all workers of a cluster have to start
EXAMPLE = ('TF_CONFIG=\'{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, '
           '"task": {"type": "worker", "index": 0}}\'')
GONE = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError,
        tf.errors.DeadlineExceededError, tf.errors.InternalError)


@dataclass(frozen=True)
class Cluster:
    """The workers, of which the first is the chief, and which of them this one is.

    Attributes:
        addresses: "host:port" of every worker, the same list on all machines.
        index: of this process in the list.
    """

    addresses: tuple
    index: int

    def join(self):
        """Waits for all workers; the strategy of all their devices.

        Raises:
            OSError: one of them does not answer in time, or the port here is taken.
            ValueError: TensorFlow has computed something already.
        """
        self._wait()
        try:
            return tf.distribute.MultiWorkerMirroredStrategy()
        except RuntimeError as error:
            raise ValueError(f"Several machines have to be joined before TensorFlow "
                             f"computes anything in this process ({error}).") from error

    def _wait(self):
        """Knocks at every other door until it is answered, and keeps this one open.

        TensorFlow itself would wait for an hour.
        """
        port = int(self.addresses[self.index].rpartition(":")[2])
        missing = [a for k, a in enumerate(self.addresses) if k != self.index]
        try:
            door = socket.create_server(("", port))
        except OSError as error:
            raise OSError(
                f"Worker {self.index} cannot listen at {self.addresses[self.index]}: "
                f"{error.strerror}. Is another worker started with the same index?"
            ) from error
        with door:
            until = time.monotonic() + WAIT
            while missing and time.monotonic() < until:
                missing = [address for address in missing if not _answers(address)]
                time.sleep(0.1)
        if missing:
            raise OSError(
                f"Worker {self.index} has waited {WAIT} s for {', '.join(missing)}. "
                "Start all workers of TF_CONFIG, each with its own index, and see "
                "whether the machines may reach each other at these ports.")


def stated():
    """The `Cluster` in the environment variable `TF_CONFIG`; None if it has not two.

    Raises:
        ValueError: it does not say what it should.
    """
    text = os.environ.get("TF_CONFIG")
    if not text:
        return None
    try:
        config = json.loads(text)
        cluster, task = config.get("cluster"), config.get("task", {})
        kind, index = task.get("type"), task.get("index")
    except (ValueError, AttributeError) as error:
        raise _wrong(f"is not of this form ({error})") from error
    if not isinstance(cluster, dict) or not cluster:
        return None     # of one machine
    if "ps" in cluster:
        raise NotImplementedError(
            "TF_CONFIG has parameter servers, and Keras 3 does not train with them. "
            f"Name all machines as workers: {EXAMPLE}")
    for name, found in cluster.items():
        if name not in ("chief", "worker"):
            raise _wrong(f"has tasks of the type {name!r}; chief and worker are known")
        if not isinstance(found, list) or not all(map(_is_address, found)):
            raise _wrong(f"has the {name} {found!r}; a list of \"host:port\" is needed")
    if kind not in cluster:
        raise _wrong(f"says that this is a {kind!r}, which the cluster does not have")
    if type(index) is not int or not 0 <= index < len(cluster[kind]):
        raise _wrong(f"says that this is {kind} {index!r} of {len(cluster[kind])}; the "
                     "first has the index 0")
    addresses = (*cluster.get("chief", ()), *cluster.get("worker", ()))
    if len(set(addresses)) < len(addresses):
        raise _wrong("names an address twice")
    if len(addresses) < 2:
        return None
    before = len(cluster.get("chief", ())) if kind == "worker" else 0
    return Cluster(addresses, before + index)


def from_chief(strategy, content):
    """Bytes of the chief, on all workers.

    Args:
        strategy: of the cluster; or any other, where each process is its own chief.
        content: what the chief has to say; of the others it is nothing.
    """
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return content
    with strategy.scope():      # in which variables start with the chief's values
        size = int(tf.Variable(len(content)).numpy())
        # At least one number, for TensorFlow crashes where there is none to send.
        room = np.zeros(size // 4 + 1, np.int32)
        if content:
            room.view(np.uint8)[:size] = np.frombuffer(content, np.uint8)
        return tf.Variable(room).numpy().tobytes()[:size]


@contextlib.contextmanager
def watched(strategy):
    """Says what to do if another worker goes, which TensorFlow notices within it.

    Raises:
        ConnectionError: one has gone.
    """
    try:
        yield
    except GONE as error:
        if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
            raise
        raise ConnectionError(
            "Another worker has stopped, or cannot be reached any more. See what it "
            "says, and start the same on all workers again, with --resume. (TensorFlow "
            f"says: {error.message.splitlines()[0]})"
        ) from error


def _answers(address):
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def _is_address(address):
    host, _, port = str(address).rpartition(":")
    return bool(host) and port.isdecimal()


def _wrong(what):
    return ValueError(f"TF_CONFIG {what}. Of two machines, set this on the first, and "
                      f"on the second the same but for the index: {EXAMPLE}")
