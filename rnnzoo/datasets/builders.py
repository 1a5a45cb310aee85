"""What all TFDS builders here share: pairs of `x` and `y`, described by docstrings."""

import hashlib
import inspect
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from rnnzoo.datasets import checks
from rnnzoo.datasets.splits import splits
from rnnzoo.errors import unknown

FOLDER = "RNNZOO_DATA"      # the environment variable of files that users bring


@dataclass
class Config(tfds.core.BuilderConfig):
    """Options that a dataset is made with."""

    options: dict = field(default_factory=dict)


class Builder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A dataset of `(x, y)` pairs; a subclass has `features` and `rows`.

    Description and citation are the docstring of the subclass, and its section
    Reference.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First."}

    @classmethod
    def arguments(cls, options):
        """What `tfds.builder` and `download_and_prepare` are given for these options.

        Raises:
            ValueError: for an option that the dataset does not have.
        """
        for option in options:
            raise ValueError(f"{cls.name}: " + unknown("option", option, ["none"]))
        return {}, {}

    @property
    def options(self):
        return self.builder_config.options if self.builder_config else {}

    def features(self):
        """The TFDS features of `x` and `y`."""
        raise NotImplementedError

    def rows(self, folder):
        """The pairs of each split: name -> `(all x, all y)`.

        A third item numbers the pairs; TFDS shuffles them by these numbers.
        """
        raise NotImplementedError

    def _info(self):
        x, y = self.features()
        description, _, reference = inspect.getdoc(self).partition("\nReference:\n")
        return tfds.core.DatasetInfo(
            builder=self, description=description,
            citation=inspect.cleandoc(reference), supervised_keys=("x", "y"),
            features=tfds.features.FeaturesDict({"x": x, "y": y}),
            metadata=tfds.core.MetadataDict())

    def _split_generators(self, manager):
        folder = manager.manual_dir if self.MANUAL_DOWNLOAD_INSTRUCTIONS else None
        return {split: self._generate_examples(*pairs)
                for split, pairs in self.rows(folder).items()}

    def _generate_examples(self, all_x, all_y, numbers=None):
        numbers = numbers or range(len(all_x))
        for number, x, y in zip(numbers, all_x, all_y, strict=True):
            yield number, {"x": x, "y": y}


class ProblemBuilder(Builder, skip_registration=True):
    """A problem as a TFDS dataset; `builder_of` makes the subclasses.

    Options are those of the problem, `length`, and `size`, of the split `train`.
    """

    problem = None

    @classmethod
    def arguments(cls, options):
        if not options:
            return {}, {}
        asked = dict(options)
        checks.number(cls.name, "size", asked.pop("size", cls.problem.size), 30)
        cls.problem.check(**{"length": cls.problem.length, **asked})
        name = "-".join(f"{key}_{value}" for key, value in sorted(options.items()))
        return {"config": Config(name=name, options=options)}, {}

    def features(self):
        problem = self.problem
        options = {k: v for k, v in self.options.items() if k != "size"}
        x, y = (v[0] for v in problem.sample(1, **options))
        if problem.ids:
            x_feature = tfds.features.Tensor(shape=(None,), dtype=np.int32)
        else:
            x_feature = _numbers((None, x.shape[-1]), x.dtype)
        if y.ndim == 0:
            return x_feature, tfds.features.ClassLabel(names=problem.labels)
        if problem.target_ids:
            return x_feature, tfds.features.Tensor(shape=(None,), dtype=np.int32)
        shape = (None,) * (y.ndim - 1) + y.shape[-1:]
        return x_feature, _numbers(shape, y.dtype)

    def rows(self, folder):
        return splits(self.problem, **self.options)

    def _generate_examples(self, all_x, all_y):
        per_step = all_y.ndim > 1
        for key, pair in super()._generate_examples(all_x, all_y):
            if self.problem.ids:                # padding is not stored
                steps = np.count_nonzero(pair["x"])
                pair["x"] = pair["x"][:steps]
                pair["y"] = pair["y"][:steps] if per_step else pair["y"]
            yield key, pair


def _numbers(shape, dtype):
    """Real numbers to the bit: if not as bytes, TFDS stores float64 as float32."""
    encoding = "bytes" if dtype == np.float64 else "none"
    return tfds.features.Tensor(shape=shape, dtype=dtype, encoding=encoding)


def builder_of(problem):
    """Makes the TFDS builder of a problem, which TFDS then knows by its name."""
    return type(problem.name, (ProblemBuilder,), {
        "__doc__": problem.description, "__module__": problem.draw.func.__module__,
        "name": problem.name, "problem": problem,
        "VERSION": tfds.core.Version(problem.version),
        "RELEASE_NOTES": {problem.version: "As defined."}})


class FileBuilder(Builder, skip_registration=True):
    """A dataset made from files that the user has.

    A subclass has `read(folder, **options)` in the place of `rows`, whose keyword
    arguments are the options, `files(**options)`, the names of the files it reads, and
    MANUAL_DOWNLOAD_INSTRUCTIONS. What was prepared is kept under a name that follows
    from the options and the contents of the files.
    """

    @classmethod
    def defaults(cls):
        """The options, with their defaults."""
        parameters = list(inspect.signature(cls.read).parameters.values())[2:]
        return {p.name: p.default for p in parameters}

    @classmethod
    def arguments(cls, options):
        """See `Builder.arguments`; the option `source` is the folder of the files.

        Raises:
            FileNotFoundError: the folder lacks files; says which, and what they are.
        """
        chosen = {**cls.defaults(), **options}
        source = chosen.pop("source", None)
        for option in options:
            if option not in (accepted := ["source", *cls.defaults()]):
                raise ValueError(f"{cls.name}: " + unknown("option", option, accepted))
        folder = cls.folder(source)
        names = cls.files(**chosen)
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            raise FileNotFoundError(
                f"{cls.name}: there is no {' and no '.join(missing)} in the folder "
                f"{folder.absolute()}. Say by the option `source`, or by the "
                f"environment variable {FOLDER} for its parent, which folder it is. "
                + " ".join(cls.MANUAL_DOWNLOAD_INSTRUCTIONS.split()))
        said = json.dumps(chosen, sort_keys=True, default=str)
        digest = hashlib.sha256(said.encode())
        for name in names:
            digest.update((folder / name).read_bytes())
        config = Config(name=digest.hexdigest()[:12], options=chosen)
        download = tfds.download.DownloadConfig(manual_dir=str(folder))
        return {"config": config}, {"download_config": download}

    @classmethod
    def folder(cls, source=None):
        """The folder of the files: `source`, or the dataset's in `$RNNZOO_DATA`."""
        if source is not None:
            return Path(source).expanduser()
        return Path(os.environ.get(FOLDER, ".")).expanduser() / cls.name

    @classmethod
    def files(cls, **options):
        """Names of the files that are read."""
        raise NotImplementedError

    def read(self, folder):
        """The pairs of each split: name -> `(all x, all y)`."""
        raise NotImplementedError

    def rows(self, folder):
        found = self.read(Path(folder), **{**self.defaults(), **self.options})
        for split, (x, _) in found.items():
            if not len(x):
                raise ValueError(f"{self.name}: the files in {folder} are too short: "
                                 f"nothing is left for {split}.")
        return found

