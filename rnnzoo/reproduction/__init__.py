"""The results table: every recipe of a folder, run with several seeds, and rendered."""

import runpy
import tempfile
from pathlib import Path

from rnnzoo import files, plots, recipes, results, training
from rnnzoo.reproduction import tables
from rnnzoo.reproduction.processes import Run, rows_of

__all__ = ["check", "reproduce", "tables"]

SPREAD = 3          # standard deviations that a repeated run may lie from the mean,
ALIKE = 0.01        # or, where all seeds have about the same score, the share of it


def reproduce(task="*", network="*", *, seeds=5, jobs=2, folder=None, out=None):
    """Runs what the results table has no row of yet, and renders the table.

    A row is of the recipe as it is now: once a changed recipe has a new row, its old
    ones are gone. Runs that were interrupted, by `kill -9` too, go on where they were.
    Recipes whose data are not there are passed over; a line says where they belong.

    Args:
        task: name or wildcard pattern of datasets, or of recipes.
        network: name or wildcard pattern of networks.
        seeds: number of runs of each recipe, with the seeds 0, 1, ...
        jobs: number of runs at a time, each in a process with its share of the cores.
        folder: of the recipes and their table; by default the zoo's.
        out: folder of the runs, by default `runs/reproduced`. If the recipes are those
            of an installed package, table and pictures are written there too.

    Returns:
        The number of runs that failed.

    Raises:
        ValueError: no recipe is of such a task or network; names the nearest.
    """
    folder, out, home = _places(folder, out)
    found, table = tables.chosen(folder, task, network), home / "results.csv"
    known = {(row.recipe_hash, row.seed) for row in tables.rows(table)}
    missing = {path: [seed for seed in range(seeds) if (r.hash(), seed) not in known]
               for path, r in found.items()}
    count = sum(map(len, missing.values()))
    print(f"{count} of {len(found) * seeds} rows are not in {table} yet", flush=True)
    runs = [Run(path, recipe, seed, out) for path, recipe in found.items()
            if missing[path] and _has_data(recipe) for seed in missing[path]]
    failed = 0
    for row in rows_of(runs, jobs):
        if row is None:
            failed += 1
        else:
            results.publish(table, row)
    render(folder, home)
    return failed


def check(task="*", network="*", *, jobs=2, folder=None):
    """Runs a row of each recipe again, and compares it with the mean of all its rows.

    It agrees within three standard deviations or, where the seeds have about the same
    score, within a hundredth of that. The table is left as it is.

    Args:
        task: see `reproduce`.
        network: see there.
        jobs: see there.
        folder: see there.

    Returns:
        The number of recipes of which this row cannot be had again.

    Raises:
        ValueError: no recipe is of such a task or network, or none has rows.
    """
    folder, *_ = _places(folder, None)
    found, table = tables.chosen(folder, task, network), folder / "results.csv"
    expected = {summary.recipe.name: summary for summary in
                tables.summaries(found.values(), tables.rows(table))}
    if not expected:
        names = ", ".join(recipe.name for recipe in found.values())
        raise ValueError(f"{table} has no row of {names} as it is now: there is "
                         "nothing to compare with. Run `rnnzoo reproduce` first.")
    differing = 0
    with tempfile.TemporaryDirectory() as out:
        runs = [Run(path, recipe, expected[recipe.name].rows[0].seed, Path(out))
                for path, recipe in found.items()
                if recipe.name in expected and _has_data(recipe)]
        for row in rows_of(runs, jobs):
            agrees = row is not None and _agrees(row, expected[row.recipe])
            differing += not agrees
    return differing


def _agrees(row, summary):
    room = max(SPREAD * summary.deviation, ALIKE * abs(summary.mean))
    agrees = abs(row.score - summary.mean) <= room
    print(f"{row.recipe}: {row.score:.4g} {'agrees' if agrees else 'DOES NOT AGREE'} "
          f"with {summary.spread} of {len(summary.rows)} seeds", flush=True)
    return agrees


def render(folder, home):
    """Draws a picture of each task, and writes the table as Markdown.

    In a checkout the table is part of the README, which `scripts/readme` writes.
    """
    found = tables.summaries(tables.chosen(folder).values(),
                             tables.rows(home / "results.csv"))
    for task in dict.fromkeys(summary.task for summary in found):
        plots.scores([s for s in found if s.task == task],
                     home / tables.picture(task), task)
    script = folder.parent / "scripts" / "readme"
    if home == recipes.folder() and script.exists():
        runpy.run_path(str(script), run_name="__main__")
    else:
        with files.replacing(home / "results.md") as aside:
            aside.write_text(tables.markdown(found) + "\n")


def _places(folder, out):
    """Folders of the recipes, of the runs, and of what is made of them."""
    folder = recipes.folder() if folder is None else Path(folder)
    out = Path("runs/reproduced" if out is None else out)
    return folder, out, out if folder.parent == recipes.PACKAGE else folder


def _has_data(recipe):
    try:
        training.prepared(recipe)
    except FileNotFoundError as error:
        print(f"{recipe.name} is passed over: {error}", flush=True)
        return False
    return True
