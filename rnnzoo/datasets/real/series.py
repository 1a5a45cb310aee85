"""Time series in a CSV file of the user's, to be forecast."""

import csv
import io
import itertools
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from rnnzoo.datasets import checks
from rnnzoo.datasets.builders import FileBuilder
from rnnzoo.datasets.real.reading import read
from rnnzoo.errors import unknown


class CsvSeries(FileBuilder):
    """Time series from a CSV file, to be forecast at every step.

    The file has a header and a row for each time, oldest first. The first 70 % of the
    rows are for training, the next 10 % for validation, the last 20 % for the test.
    Each part is cut into windows, and neither a window nor its targets reach into
    another part. Every column is shifted and scaled to mean 0 and standard deviation 1
    in the training part; both are in the metadata, by column.

    x: the columns in the rows t to t + window - 1, (window, columns). y: the targets in
    the rows `horizon` later, (window, targets).

    Options:
        source: folder of the file.
        file: its name, by default series.csv.
        columns: names of the input columns, by default all.
        targets: names of the columns to forecast, by default the input columns.
        horizon: number of rows that are looked ahead.
        window: number of rows in a window.
        stride: number of rows from the start of a window to that of the next.

    Reference:
        The file is the user's.
    """

    MANUAL_DOWNLOAD_INSTRUCTIONS = """
        Put a CSV file there, named series.csv or as the option `file` says: names of
        the columns in the first line, then a line for each time, oldest first, with
        numbers in the columns that are used.
    """

    @classmethod
    def arguments(cls, options):
        creation, preparation = super().arguments(options)
        chosen = creation["config"].options
        path = Path(preparation["download_config"].manual_dir) / chosen["file"]
        chosen["columns"] = chosen["columns"] or _lines(path)[0]
        return creation, preparation

    def features(self):
        options = {**self.defaults(), **self.options}
        columns = options["columns"]
        return tuple(
            tfds.features.Tensor(shape=(options["window"], names and len(names)),
                                 dtype=np.float32)
            for names in (columns, options["targets"] or columns))

    @classmethod
    def files(cls, file, columns, targets, **counts):
        for name, value in (("columns", columns), ("targets", targets)):
            if not (value is None or isinstance(value, list | tuple)):
                raise ValueError(f"csv_series: `{name}` is a list of names; received "
                                 f"{value!r}.")
        for name, value in counts.items():
            checks.number(cls.name, name, value, 1)
        return [file]

    def read(self, folder, file="series.csv", columns=None, targets=None, horizon=1,
             window=50, stride=1):
        path = folder / file
        columns = columns or _lines(path)[0]
        targets = targets or columns
        names = list(dict.fromkeys([*columns, *targets]))
        values = _numbers(path, names)
        ends = [0, *(len(values) * share // 10 for share in (7, 8, 10))]
        spans = dict(zip(("train", "validation", "test"), itertools.pairwise(ends)))
        for split, (start, end) in spans.items():
            if end - start < window + horizon:
                raise ValueError(
                    f"csv_series: of the {len(values)} rows of {path}, {end - start} "
                    f"are for {split}, fewer than the window of {window} and the "
                    f"horizon of {horizon}. Choose a shorter window, or give more rows."
                )
        trained = values[:ends[1]]
        mean, deviation = trained.mean(axis=0), trained.std(axis=0)
        deviation[np.ptp(trained, axis=0) == 0] = 1     # by rounding it is hardly 0
        self.info.metadata["mean"] = dict(zip(names, mean.tolist()))
        self.info.metadata["standard_deviation"] = dict(zip(names, deviation.tolist()))
        values = (values - mean) / deviation
        x, y = (values[:, [names.index(name) for name in some]].astype("float32")
                for some in (columns, targets))
        return {split: (_windows(x[start:end - horizon], window, stride),
                        _windows(y[start + horizon:end], window, stride))
                for split, (start, end) in spans.items()}


def _lines(path):
    rows = csv.reader(io.StringIO(read(path)), skipinitialspace=True)
    lines = [line for line in rows if line]
    if not lines:
        raise ValueError(f"{path} is empty; accepted are names of columns in the first "
                         "line, then a line for each time.")
    return lines


def _numbers(path, columns):
    header, *lines = _lines(path)
    for name in columns:
        if name not in header:
            raise ValueError(unknown(f"column of {path}", name, header))
        if header.count(name) > 1:
            raise ValueError(f"{path}: {header.count(name)} columns have the name "
                             f"{name!r}; give each its own.")
    places = [header.index(name) for name in columns]
    values = np.empty((len(lines), len(columns)))
    for row, line in enumerate(lines):
        for column, place in enumerate(places):
            try:
                values[row, column] = float(line[place])
            except (ValueError, IndexError):
                values[row, column] = np.nan
            if not np.isfinite(values[row, column]):
                raise ValueError(
                    f"{path}, row {row + 1}: there is no number in the column "
                    f"{header[place]!r}. Fill it in, or leave the column out by the "
                    "option `columns`.")
    return values


def _windows(values, window, stride):
    windows = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)
    return np.moveaxis(windows[::stride], 2, 1)
