"""What a recipe may say: its sections, their keys, and what each key accepts."""

import hashlib
import json
import typing

import pydantic
import pydantic_core
import yaml

from rnnzoo.registry import TASKS

Tuple = pydantic.Field(strict=False)  # YAML has lists only
Count = typing.Annotated[int, pydantic.Field(ge=1)]
Fraction = typing.Annotated[float, pydantic.Field(ge=0, lt=1)]
Positive = typing.Annotated[float, pydantic.Field(gt=0)]


def _one_or_two(units):
    """A count, or the two of a memory of pairs."""
    counts = units if isinstance(units, list) and len(units) == 2 else [units]
    if all(type(count) is int and count >= 1 for count in counts) or units is None:
        return units
    raise pydantic_core.PydanticCustomError(
        "units", "accepted is an integer from 1, or two for a memory of pairs")


class Section(pydantic.BaseModel):
    """A part of a recipe: no unknown keys, no silent conversions, no changes."""

    model_config = pydantic.ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False
    )


class Network(Section):
    """Arguments of `rnnzoo.build`, which checks them, and any others of the cell.

    A memory has no `task`, and two `units` if it stores pairs. Only what the recipe
    states is passed on: the defaults are those of `build`.
    """

    model_config = pydantic.ConfigDict(extra="allow")

    name: str
    task: typing.Literal[TASKS] | None = None
    output_size: Count | None = None
    input_shape: typing.Annotated[tuple[Count | None, ...], Tuple] | None = None
    vocabulary_size: Count | None = None
    units: typing.Annotated[object, pydantic.AfterValidator(_one_or_two)] = None
    layers: Count | None = None
    bidirectional: bool | None = None
    context: typing.Annotated[tuple[int, int], Tuple] | None = None
    dropout: Fraction | None = None
    learning_rate: Positive | None = None
    global_clipnorm: Positive | None = None

    @pydantic.model_validator(mode="after")
    def no_seed(self):
        if "seed" in self.model_extra:
            raise ValueError("the seed is a key of the recipe, not of its network")
        return self


class Data(Section):
    """Which TFDS dataset, where it is prepared (default: TFDS' folder), how cut.

    `options` are those of a dataset of rnnzoo, which checks them: the length of the
    sequences, the folder of the user's files, ... By `word_dropout`, a word that occurs
    c times in the training data is unknown there with probability
    `word_dropout / (word_dropout + c)`, so that a network learns what to make of those
    it will not know.
    """

    dataset: str
    config: str | None = None
    options: dict[str, typing.Any] = {}
    folder: str | None = None
    batch_size: Count
    word_dropout: typing.Annotated[float, pydantic.Field(ge=0)] = 0.0


class Training(Section):
    """How long and how fast.

    `patience` epochs without a better one end the run early. Under the `cosine`
    schedule the learning rate falls from epoch to epoch, to nothing after the last.
    """

    epochs: Count
    schedule: typing.Literal["constant", "cosine"] = "constant"
    patience: Count | None = None


class Target(Section):
    """The figure to reach on the test split, and who published it."""

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    source: str

    @pydantic.model_validator(mode="after")
    def one_bound(self):
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give one of at_least and at_most, and not both")
        return self

    @property
    def value(self):
        return self.at_most if self.at_least is None else self.at_least

    def reached(self, score):
        return score <= self.value if self.at_least is None else score >= self.value

    def outcome(self, score):
        """What a row of the results table says: "met" or "missed"."""
        return "met" if self.reached(score) else "missed"

    def __str__(self):
        bound = "at most" if self.at_least is None else "at least"
        return f"{bound} {self.value:g}"


class Recipe(Section):
    """A whole recipe. `name` is that of the file, unless the file states one.

    `search` is what `rnnzoo tune` varies: argument -> range; see `rnnzoo.sweeps`.
    """

    name: typing.Annotated[str, pydantic.Field(pattern=r"^[\w-][\w.-]*$")]
    summary: str
    network: Network
    data: Data
    training: Training
    seed: typing.Annotated[int, pydantic.Field(ge=0, lt=2**32)] = 0
    target: Target | None = None
    search: dict[str, typing.Any] = {}

    @property
    def task(self):
        """What a results table calls its data: the dataset, and a config of it."""
        return "/".join(filter(None, (self.data.dataset, self.data.config)))

    @property
    def metric(self):
        """Name of the metric that chooses the best epoch and is reported."""
        return self.target.metric if self.target else "loss"

    @property
    def higher_is_better(self):
        return self.target is not None and self.target.at_least is not None

    def build_arguments(self):
        """The keyword arguments of `rnnzoo.build`."""
        return {**self.network.model_dump(exclude_unset=True), "seed": self.seed}

    def plain(self):
        """The resolved recipe as dictionaries, lists, texts and numbers."""
        plain = self.model_dump(mode="json")
        plain["network"] = self.network.model_dump(mode="json", exclude_unset=True)
        for key in ("options", "word_dropout"):
            if not plain["data"][key]:
                del plain["data"][key]      # the hash is that of before there were any
        if not self.search:
            del plain["search"]
        return plain

    def text(self):
        """The resolved recipe as YAML, which `load` reads back to an equal recipe."""
        return yaml.safe_dump(self.plain(), sort_keys=False)

    def hash(self):
        """Twelve hexadecimal digits that all seeds of a recipe share."""
        plain = {**self.plain(), "seed": None}
        plain.pop("search", None)       # of no run
        text = json.dumps(plain, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
