"""Run folders: how one begins, is found again, and what it holds in the end."""

import contextlib
import csv
import dataclasses
import json
import math
import platform
from importlib import metadata
from pathlib import Path

from rnnzoo import files, plots, recipes, registry, results, serving
from rnnzoo.datasets.real import reading

NAMES = {"vocabulary": "vocabulary.txt", "labels": "labels.txt"}    # what is exported


@contextlib.contextmanager
def opened(parent, recipe, resume=False):
    """The folder of a run, a new one or the last unfinished, kept from others."""
    folder = unfinished(parent, recipe) if resume else begin(parent, recipe)
    with files.locked(folder, wait=False):
        files.sweep(folder)
        yield folder


def begin(parent, recipe):
    """Makes the next folder in `parent` for a run of `recipe`."""
    folder = files.new_folder(parent)
    with files.replacing(folder / "recipe.yaml") as aside:
        aside.write_text(recipe.text())
    return folder


def unfinished(parent, recipe):
    """The folder of the last run that was interrupted, if its recipe is the same."""
    runs = [
        folder for folder in files.numbered(parent)
        if (folder / "recipe.yaml").exists() and not (folder / "metrics.json").exists()
    ]
    if not runs:
        raise FileNotFoundError(
            f"There is no unfinished run in {parent.absolute()}. Leave out --resume to "
            "start one, or name the folder of the runs by --out."
        )
    then, now = _flat(recipes.load(runs[-1] / "recipe.yaml")), _flat(recipe)
    changes = [
        f"{key} was {then.get(key)!r} and is {now.get(key)!r} now"
        for key in {**then, **now} if then.get(key) != now.get(key)
    ]
    if changes:
        raise ValueError(
            f"{runs[-1]} cannot be resumed with another recipe: {'; '.join(changes)}. "
            "Give it the same values, or leave out --resume."
        )
    return runs[-1]


def _flat(recipe):
    flat = {}
    for key, value in recipe.plain().items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": item for inner, item in value.items()}
        else:
            flat[key] = value
    return flat


def save(model, folder):
    """Writes the network as `model.keras`."""
    with files.replacing(folder / "model.keras") as aside:
        model.save(aside)


def names(folder):
    """The names of labels and words that a run has, as arguments of `export`."""
    paths = {option: Path(folder) / file for option, file in NAMES.items()}
    return {option: reading.names(path) for option, path in paths.items()
            if path.exists()}


def finish(folder, model, recipe, symbols, scores, state, export):
    """Writes what a run leaves; a second call after an interruption does no harm.

    Args:
        folder: of the run.
        model: with the weights to keep.
        recipe: of the run.
        symbols: names of the words and of the labels, by id; None where there are none.
        scores: split -> name of metric -> value.
        state: the `Checkpoint`, whose file is removed at last.
        export: whether there is to be a SavedModel.
    """
    target, score = recipe.target, scores["test"][recipe.metric]
    result = results.Result(
        task=recipe.task,
        network=registry.info(recipe.network.name).name,
        recipe=recipe.name,
        recipe_hash=recipe.hash(),
        seed=recipe.seed,
        metric=recipe.metric,
        validation=scores.get("validation", {}).get(recipe.metric),
        score=score,
        target=target and target.value,
        outcome=target.outcome(score) if target else "",
        parameters=sum(math.prod(v.shape) for v in model.trainable_variables),
        seconds=state.seconds,
        versions=_versions(),
    )
    save(model, folder)
    _name(folder, model, recipe, symbols)
    if export and not (folder / "saved_model" / "1").exists():
        serving.export(model, folder / "saved_model", version=1, **names(folder))
    with files.replacing(folder / "history.csv") as aside, aside.open("w") as file:
        writer = csv.DictWriter(file, state.history[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(state.history)
    title = f"{recipe.name}: test {recipe.metric} {score:.4f}"
    plots.curves(state.history, folder / "curves.png", recipe.metric, title,
                 target and target.value, "validation" in scores and state.best_epoch)
    results.append(folder.parent.parent / "results.csv", result)
    facts = {
        "result": dataclasses.asdict(result),
        "target_reached": target and target.reached(score),
        "epochs": len(state.history),
        "best_epoch": state.best_epoch,
        **scores,
    }
    with files.replacing(folder / "metrics.json") as aside:  # last: the run is over
        aside.write_text(json.dumps(facts, indent=2) + "\n")
    state.path.unlink()
    verdict = ""
    if target:
        verdict = f" ({target}: {result.outcome})"
    print(f"test {recipe.metric} {score:.4f}{verdict}, weights of epoch "
          f"{state.best_epoch}, {state.seconds:.0f} s of training\n"
          f"all of it is in {folder}, a row in {folder.parent.parent}/results.csv")


def _name(folder, model, recipe, symbols):
    """Writes down the names that the network can be served with."""
    if not any(symbols) or model.task.predicts_input:
        return
    sizes = model.vocabulary_size, model.output_size
    for file, known, size in zip(NAMES.values(), symbols, sizes):
        if known and len(known) == size:
            with files.replacing(folder / file) as aside:
                aside.write_text("\n".join([*known, ""]), "utf-8")
        elif known and size:
            print(f"{recipe.data.dataset} has {len(known)} names where the network has "
                  f"{size} ids, so there is no {file} and it is served without")


def _versions():
    found = {"python": platform.python_version()}
    for name in ("rnnzoo", "tensorflow", "keras"):
        for distribution in metadata.distributions(name=name):
            found.setdefault(name, distribution.version)
    return ", ".join(f"{name} {version}" for name, version in found.items())
