"""The results table: one CSV row a finished run, and the only code that writes it."""

import csv
import dataclasses
from pathlib import Path

from rnnzoo import files


@dataclasses.dataclass(frozen=True)
class Result:
    """What one run reached.

    Args:
        task: the dataset, and its configuration after a slash if there are several.
        network: its registered name.
        recipe: name of the recipe.
        recipe_hash: of the resolved recipe without its seed.
        seed: of the run.
        metric: that chose the best epoch and is reported.
        validation: the metric on the validation split, best epoch; None if the run
            trained on that split too.
        score: the metric on the test split.
        target: the figure the score is held against, or None.
        outcome: "met" or "missed", or nothing without a target.
        parameters: count of trainable numbers.
        seconds: spent training.
        versions: of the software, as one text.
    """

    task: str
    network: str
    recipe: str
    recipe_hash: str
    seed: int
    metric: str
    validation: float | None
    score: float
    target: float | None
    outcome: str
    parameters: int
    seconds: float
    versions: str


COLUMNS = tuple(field.name for field in dataclasses.fields(Result))


def append(path, result):
    """Adds one row to the table at `path`, which is made if missing.

    Processes may append at the same time. A row that is there already is not written
    again, so that a run killed while finishing can finish twice.

    Raises:
        ValueError: the file there is no results table.
    """
    _change(path, lambda rows: rows if result in rows else [*rows, result])


def publish(path, result):
    """Adds one row to a table that is kept in order, with recipes as they are now.

    A row of the same seed is replaced; rows of the recipe as it was before go away.

    Raises:
        ValueError: the file there is no results table.
    """
    def changed(rows):
        kept = [row for row in rows if row.recipe != result.recipe or
                row.recipe_hash == result.recipe_hash and row.seed != result.seed]
        return sorted([*kept, result], key=lambda r: (r.task, r.recipe, r.seed))

    _change(path, changed)


def _change(path, changed):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.locked(path.parent):
        rows = read(path) if path.exists() else []
        with files.replacing(path) as aside, aside.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(map(dataclasses.asdict, changed(rows)))


def read(path):
    """The rows of a results table as a list of `Result`.

    Raises:
        ValueError: the columns are not those of a results table.
    """
    with Path(path).open(newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(
                f"{path} is no results table: its columns are "
                f"{reader.fieldnames}, expected {list(COLUMNS)}. Move it away."
            )
        return [_result(row) for row in reader]


def _result(row):
    numbers = {
        "seed": int(row["seed"]),
        "validation": float(row["validation"]) if row["validation"] else None,
        "score": float(row["score"]),
        "target": float(row["target"]) if row["target"] else None,
        "parameters": int(row["parameters"]),
        "seconds": float(row["seconds"]),
    }
    return Result(**{**row, **numbers})
