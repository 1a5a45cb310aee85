"""What a results table says: the rows of each recipe, their mean, their spread."""

import math
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from rnnzoo import recipes, registry, results
from rnnzoo.errors import unknown


@dataclass(frozen=True)
class Summary:
    """All rows of a recipe as it is now, by seed.

    Attributes:
        recipe: the recipe.
        rows: its rows.
    """

    recipe: recipes.Recipe
    rows: tuple

    @property
    def task(self):
        return self.rows[0].task

    @property
    def metric(self):
        return self.rows[0].metric

    @property
    def scores(self):
        return [row.score for row in self.rows]

    @property
    def mean(self):
        return float(np.mean(self.scores))

    @property
    def deviation(self):
        """Standard deviation; 0 of a single row."""
        return float(np.std(self.scores, ddof=1)) if len(self.rows) > 1 else 0.0

    @property
    def spread(self):
        return spread(self.mean, self.deviation)

    @property
    def verdict(self):
        """The target, whether the mean and most seeds met it, and how many, as text."""
        if not self.recipe.target:
            return "none"
        target = self.recipe.target
        met = sum(row.outcome == "met" for row in self.rows)
        outcome = target.outcome(self.mean) if 2 * met > len(self.rows) else "missed"
        return f"{target}: {outcome} ({met} of {len(self.rows)} seeds)"


def spread(mean, deviation):
    """Mean and deviation as text, as precise as the deviation is."""
    if not deviation:
        return f"{mean:.4g}"
    digits = max(0, 1 - math.floor(math.log10(deviation)))
    return f"{mean:.{digits}f} ± {deviation:.{digits}f}"


def chosen(folder, task="*", network="*"):
    """The recipes of a folder for a task and a network: path -> `Recipe`.

    Raises:
        ValueError: there is none; names the nearest.
    """
    found = {path: recipes.load(path) for path in sorted(Path(folder).glob("*.yaml"))}
    if not found:
        raise ValueError(f"There are no recipes, .yaml files, in {folder}.")
    words = {}
    for path, recipe in found.items():
        entry = registry.info(recipe.network.name)
        words[path] = (recipe.task, recipe.name), (entry.name, *entry.aliases)
    for place, (what, asked) in enumerate((("task", task), ("network", network))):
        names = {name for word in words.values() for name in word[place]}
        if not any(fnmatch(name, asked) for name in names):
            raise ValueError(unknown(f"{what} of a recipe", asked, names))
    return {path: recipe for path, recipe in found.items() if all(
        any(fnmatch(name, asked) for name in names)
        for names, asked in zip(words[path], (task, network)))}


def rows(path):
    """The rows of a results table; none if there is no file."""
    return results.read(path) if path.exists() else []


def summaries(found, rows):
    """A `Summary` of each recipe that has rows, by task."""
    summed = []
    for recipe in found:
        own = [row for row in rows if row.recipe == recipe.name
               and row.recipe_hash == recipe.hash()]
        if own:
            own.sort(key=lambda row: row.seed)
            summed.append(Summary(recipe, tuple(own)))
    return sorted(summed, key=lambda s: (s.task, s.recipe.name))


def of_network(name):
    """The results of a network that are published with rnnzoo, a line a recipe."""
    folder = recipes.folder()
    found = [s for s in summaries(chosen(folder).values(), rows(folder / "results.csv"))
             if s.rows[0].network == name]
    return "\n".join(
        f"    {s.task}: {s.metric} {s.spread}, {len(s.rows)} seeds of {s.recipe.name}; "
        f"target {s.verdict}" for s in found) or "    none yet"


def picture(task):
    """Where the picture of a task is, from the folder of the table on."""
    return f"pictures/{task.replace('/', '_')}.png"


def markdown(summaries, folder=""):
    """A table of summaries; `folder` leads from where it is read to the recipes."""
    lines = ["| task | network | recipe | measure | mean ± deviation | target | "
             "seconds |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for s in summaries:
        name, seconds = s.recipe.name, np.median([row.seconds for row in s.rows])
        cells = (f"[{s.task}]({folder}{picture(s.task)})", s.rows[0].network,
                 f"[{name}]({folder}{name}.yaml)", s.metric.replace("_", " "), s.spread,
                 s.verdict, f"{seconds:.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
