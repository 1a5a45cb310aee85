"""Searching over networks and recipes with KerasTuner.

    tuner = rnnzoo.tuner("digits_elman", "hyperband")   # a recipe
    tuner.search()

    tuner = rnnzoo.tuner("lstm", task="forecasting", input_shape=(None, 1),
                         output_size=1, search={"units": [16, 32, 64]}, epochs=20)
    tuner.search(x, y, validation_data=(later_x, later_y))
    model = tuner.get_best_models()[0]

What is searched over is the network's `search` in the registry with the learning rate,
the clipping of the gradient and the batch size; the section `search` of a recipe, and
the argument, extend and replace that. See `rnnzoo.sweeps.spaces`.

Reservoirs that differ in their scales only run 64 at once, in a random search or a grid
in one process; see `rnnzoo.sweeps.reservoirs`.
"""

from functools import partial
from pathlib import Path

try:
    import keras_tuner
    import tensorboard  # noqa: F401  which KerasTuner needs in every trial
except ImportError as error:
    raise ImportError(f"Searching needs what is not installed ({error}). Install it by "
                      "pip install 'rnnzoo[sweeps]'.") from error

from rnnzoo import recipes, registry
from rnnzoo.errors import unknown
from rnnzoo.sweeps import chiefs, processes, reservoirs
from rnnzoo.sweeps.blocks import ReservoirSearch
from rnnzoo.sweeps.hypermodels import HyperRecipe, HyperZoo
from rnnzoo.sweeps.oracles import ORACLES
from rnnzoo.sweeps.searching import HyperbandSearch, Search

__all__ = ["HyperRecipe", "HyperZoo", "Search", "tune", "tuner"]

TRIALS = 20     # where the tuner has no end of its own


def tuner(name, method="random", *, max_trials=None, max_size=None,
          max_milliseconds=None, objective=None, search=None, seed=None, out="sweeps",
          hparams=False, **arguments):
    """Makes a tuner of KerasTuner for a network or a recipe.

    A search goes on where it was ended, also by `kill -9`, if it is made anew with the
    same arguments. Where one of them has changed, this is an error; `max_trials` may.

    Args:
        name: of a network or of a recipe, the path of a recipe, or a loaded recipe.
        method: "random", "grid", "hyperband" or "bayesian".
        max_trials: number of trials. By default 20, but "grid" has the whole grid, and
            "hyperband" ends by itself; fewer cut off its later rounds, which train
            the better networks further.
        max_size: number of trainable numbers above which a network is not tried.
        max_milliseconds: time for an answer to one sequence of the data, compiled,
            above which a network is not trained.
        objective: name of what the trials are judged by, "val_loss" by default, or a
            `keras_tuner.Objective`. A recipe states its own.
        search: see `HyperZoo`; with a recipe it comes on top of the section `search`.
        seed: of every trial and of what is tried. By default the recipe's, or 0.
        out: folder of all searches; this one has `out/<name>`.
        hparams: whether its subfolder `hparams` gets what TensorBoard's plugin HParams
            shows.
        **arguments: of `HyperZoo`, where it is a network.

    Returns:
        A `Search`, which is a `keras_tuner.Tuner`.

    Raises:
        ValueError: an argument or a range is wrong, or the folder has another search.
    """
    if method not in ORACLES:
        raise ValueError(unknown("tuner", method, ORACLES))
    recipe = _recipe(name)
    if recipe is None:
        hypermodel = HyperZoo(name, search, seed=seed or 0, **arguments)
        objective = objective or "val_loss"
        if objective == "val_nmse":         # KerasTuner knows Keras' own metrics only
            objective = keras_tuner.Objective(objective, "min")
    elif objective or arguments:
        given = ", ".join([*["objective"] * bool(objective), *arguments])
        raise ValueError(f"{given} cannot be given beside a recipe, which states it. "
                         "Write it there.")
    else:
        hypermodel = HyperRecipe(recipe, search, seed)
        objective = hypermodel.objective
    # KerasTuner takes 0 for no seed at all.
    options = {"objective": objective, "seed": hypermodel.seed + 1,
               "max_consecutive_failed_trials": None}
    if method == "hyperband":
        if any(d.argument == "epochs" for d in hypermodel.space.dimensions):
            raise ValueError("Hyperband chooses the epochs itself, up to those that "
                             "are given. Do not search over them.")
        options["max_epochs"] = hypermodel.given["epochs"]
    if method in ("random", "bayesian") and max_trials is None:
        max_trials = TRIALS
    cls = HyperbandSearch if method == "hyperband" else Search
    if (method in ("random", "grid") and reservoirs.suit(hypermodel.space, objective)
            and not (max_size or max_milliseconds or hparams or chiefs.is_several())):
        cls = ReservoirSearch
    oracle = ORACLES[method](**options)
    return cls(hypermodel, oracle, method, Path(out) / hypermodel.name, max_trials,
               {"max_size": max_size, "max_milliseconds": max_milliseconds}, hparams)


def tune(recipe, method="random", *, workers=1, retrain=False, out="sweeps",
         **options):
    """Searches over a recipe, and writes the recipe of the best trial.

    Args:
        recipe: a name, the path of a YAML file, or a loaded recipe.
        method: see `tuner`.
        workers: number of processes that run trials; the cores are shared out.
        retrain: whether the best network is trained anew, on training and validation
            data together, into `best/retrained.keras`.
        out: see `tuner`.
        **options: others of `tuner`.

    Returns:
        The folder of the search, with `trials.csv`, `report.html`, `best/model.keras`
        and `best/recipe.yaml`, which `rnnzoo train` takes.

    Raises:
        ValueError: see `tuner` and `Search.search`.
        OSError: workers die before they begin.
    """
    processes.follow_chief()
    if not isinstance(recipe, recipes.Recipe):
        recipe = recipes.load(recipe)
    make = partial(tuner, recipe, method, out=out, **options)
    if workers > 1:
        search = processes.search(make, workers)
    else:
        search = make()
        search.search()
    if retrain and not chiefs.is_worker():
        search.retrain()
    return search.folder


def _recipe(name):
    """The recipe that is named; None if it is a network that is."""
    if isinstance(name, recipes.Recipe):
        return name
    if Path(name).suffix or name in recipes.names():
        return recipes.load(name)
    try:
        registry.info(name)
    except ValueError as error:
        accepted = [*registry.list_models(), *recipes.names()]
        raise ValueError(unknown("network or recipe", name, accepted)) from error
    return None
