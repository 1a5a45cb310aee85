"""What OpenVINO takes of our exports, in a process without TensorFlow.

    python -m benchmarks.openvino_front_end

prints a table and writes it to `openvino_front_end.csv` beside this file: whether
OpenVINO reads, compiles and runs an export of every network, and answers as the network
does. Of a SavedModel its front end takes `serving_default` and no other signature;
single steps it takes from exports in the format "onnx". Needs the extras "proofs" and
"onnx".
"""

import csv
import re
import tempfile
from pathlib import Path

import numpy as np

import rnnzoo
from tests.serving import elsewhere

FORMATS = {"tf_saved_model": "serving_default", "onnx": "stream"}


def outcome(path, asked, wanted):
    """Whether OpenVINO answers as the network, or what it complains of."""
    try:
        (found,) = elsewhere.by_python("openvino", {str(path): asked}).values()
    except AssertionError as error:
        return complaint(str(error))
    apart = max(np.abs(found[signature][name] - value).max()
                for signature in asked for name, value in wanted[signature].items())
    return "ok" if apart < 1e-5 else f"answers {apart:.2g} apart"


def complaint(error):
    """What is said in a traceback, without the places in OpenVINO's files."""
    lines = error.splitlines()
    start = max(k for k, line in enumerate(lines) if line.startswith("  File "))
    said = [line for line in lines[start + 1:]
            if not line.startswith("  ") and not re.search(r"\.cpp:\d+:?$", line)]
    return " ".join(" ".join(said).split())


def main():
    rows = [("network", "serving_default of the SavedModel", "step as ONNX")]
    for name in elsewhere.NETWORKS:
        model = elsewhere.network(name)
        asked, wanted = elsewhere.questions(model)
        row = [name]
        with tempfile.TemporaryDirectory() as folder:
            for form, question in FORMATS.items():
                if question in asked:
                    path = rnnzoo.export(model, Path(folder) / form, format=form)
                    row.append(outcome(path, {question: asked[question]}, wanted))
                else:
                    row.append("a memory has none")
        rows.append(row)
    for row in rows:
        print("  ".join(f"{v:<20}" for v in row))
    with open(Path(__file__).with_suffix(".csv"), "w", newline="") as file:
        csv.writer(file).writerows(rows)


if __name__ == "__main__":
    main()
