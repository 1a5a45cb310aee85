"""Trained networks as SavedModels: what a server loads, without rnnzoo."""

from numbers import Integral

import keras
import tensorflow as tf

from rnnzoo import files


def export(model, directory, version=None):
    """Writes a version of a network to serve.

    Its signature `serving_default` maps `x`, as the network takes it, to `y`.

    Args:
        model: a network from `rnnzoo.build`.
        directory: the folder of the versions, text or path; made if missing.
        version: number of the version, by default the next one.

    Returns:
        The path of the version's folder.

    Raises:
        ValueError: the version is no positive integer.
        FileExistsError: the version is there already; it is left as it is.
    """
    if version is not None and (
            isinstance(version, bool) or not isinstance(version, Integral)
            or version < 1):
        raise ValueError(f"`version` is a positive integer; received {version!r}.")

    def write(folder):
        archive = keras.export.ExportArchive()
        archive.track(model)
        for name, (function, inputs) in model.signatures().items():
            archive.add_endpoint(name, function, input_signature=[
                tf.TensorSpec(v.shape, v.dtype, name=k) for k, v in inputs.items()])
        archive.write_out(str(folder), verbose=False)

    return files.write_folder(directory, write, version)
