"""What those who run a server find with a version: how to ask, how to begin.

Within a version are `README.md`, which says how it is asked, and the requests that a
server warms up with: they appear with it. Beside the versions are `models.config` and
`batching.config`, files of TensorFlow Serving which are the same for all versions.
"""

import json

import numpy as np
import tensorflow as tf

from rnnzoo import files

WARM_UP = "assets.extra/tf_serving_warmup_requests"
NO_WARM_UP = ("There are no requests to warm up with: `pip install rnnzoo[serving]` "
              "brings the format they are written in.")
ONE_LENGTH = ("Sequences that are run together must be of one length; pad them, and "
              "ask `with_lengths`.")
URL = "http://localhost:8501/v1/models/{}:predict"

MODELS = """\
model_config_list {{
  config {{
    name: "{name}"
    base_path: "/models/{name}"
    model_platform: "tensorflow"
  }}
}}
"""

# Nothing is waited for, and what has come meanwhile is run together.
BATCHING = """\
max_batch_size { value: 64 }
batch_timeout_micros { value: 0 }
max_enqueued_batches { value: 1000 }
num_batch_threads { value: 4 }
"""

INTRODUCTION = """\
# {name}

Written by rnnzoo for TensorFlow Serving, which needs nothing else. Start it in the
folder of the versions, the one above this:

```bash
docker run --rm -p 8500:8500 -p 8501:8501 -v "$PWD:/models/{name}" tensorflow/serving \\
    --model_config_file=/models/{name}/models.config
```

To let it run requests together that come at once, add

```bash
    --enable_batching --batching_parameters_file=/models/{name}/batching.config
```

Where single steps have to be fast, keep each of them on one thread:

```bash
    --tensorflow_inter_op_parallelism=1 --tensorflow_intra_op_parallelism=1
```{remarks}
"""

SECTION = """
## {signature}

{summary}

| | name | type | shape |
| --- | --- | --- | --- |
{rows}

```bash
curl -d '{request}' {url}
```

```json
{answer}
```
"""


def warm_up(folder, name, signatures):
    """Writes the requests that a server answers before others, if their format is here.

    Args:
        folder: of the version.
        name: of the model.
        signatures: name -> `Signature`.
    """
    try:
        from tensorflow_serving.apis import predict_pb2, prediction_log_pb2
    except ImportError:
        return
    (folder / WARM_UP).parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / WARM_UP)) as writer:
        for signature_name, signature in signatures.items():
            request = predict_pb2.PredictRequest()
            request.model_spec.name = name
            request.model_spec.signature_name = signature_name
            for word, value in signature.example.items():
                request.inputs[word].CopyFrom(tf.make_tensor_proto(value))
            log = prediction_log_pb2.PredictLog(request=request)
            writer.write(prediction_log_pb2.PredictionLog(predict_log=log)
                         .SerializeToString())


def describe(folder, name, signatures, graphs, objection):
    """Writes how a version is asked, and the files that lie beside it.

    Args:
        folder: of the version, which may still have another name.
        name: of the model.
        signatures: name -> `Signature`.
        graphs: name -> its concrete function.
        objection: why there is no `step`; empty if there is one.
    """
    remarks = [ONE_LENGTH] if "with_lengths" in signatures else []
    if objection:
        remarks.append(f"There is no `step`: {objection}")
    if not (folder / WARM_UP).exists():
        remarks.append(NO_WARM_UP)
    text = INTRODUCTION.format(name=name, remarks="".join(f"\n\n{r}" for r in remarks))
    for signature_name, signature in signatures.items():
        answer = graphs[signature_name](
            {k: tf.constant(v) for k, v in signature.example.items()})
        tensors = [("in", *item) for item in signature.inputs.items()]
        tensors += [("out", *item) for item in
                    graphs[signature_name].structured_outputs.items()]
        inputs = {k: _plain(v) for k, v in signature.example.items()}
        outputs = {k: _plain(v.numpy()) for k, v in answer.items()}
        text += SECTION.format(
            signature=signature_name, summary=signature.summary, url=URL.format(name),
            rows="\n".join(f"| {way} | `{word}` | {spec.dtype.name} | {_shape(spec)} |"
                           for way, word, spec in tensors),
            # In the shell the request stands between apostrophes.
            request=json.dumps({"signature_name": signature_name, "inputs": inputs})
            .replace("'", r"\u0027"),
            # A server leaves out the name of the only output.
            answer=json.dumps({"outputs": outputs if len(outputs) > 1
                               else next(iter(outputs.values()))}))
    (folder / "README.md").write_text(text)
    for file, content in (("batching.config", BATCHING),
                          ("models.config", MODELS.format(name=name))):
        with files.replacing(folder.parent / file) as aside:
            aside.write_text(content)


def _plain(value):
    """An array as JSON, with as many digits as one cares to read."""
    if value.dtype.kind == "f":
        value = np.vectorize(lambda v: float(f"{v:.6g}"), otypes=[float])(value)
    if value.dtype.kind in "OS":
        return np.vectorize(bytes.decode, otypes=[object])(value).tolist()
    return value.tolist()


def _shape(spec):
    names = ("batch", "time")
    return ", ".join(names[axis] if size is None else str(size)
                     for axis, size in enumerate(spec.shape))
