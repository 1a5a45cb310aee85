"""The command `rnnzoo`: parses, calls, prints."""

import argparse
import sys

import tensorflow as tf


def main(arguments=None):
    """Runs one command; what the user can mend is said in one message, exit code 2.

    The exit code is 1 if a command says that something it has run went wrong.
    """
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    # Where options stand between them, argparse leaves over what follows.
    overrides = [word for word in rest if "=" in word and not word.startswith("-")]
    if len(overrides) < len(rest) or rest and not hasattr(options, "overrides"):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    elif rest:
        options.overrides += overrides
    try:
        if options.command(options):
            sys.exit(1)
    except (ValueError, OSError, EOFError, ArithmeticError, ImportError,
            tf.errors.OpError) as error:
        sys.exit(_complain(error))
    except KeyboardInterrupt:
        sys.exit("rnnzoo: interrupted; a training run goes on with --resume, "
                 "a search by the same command")


def _complain(error):
    print(f"rnnzoo: {error}", file=sys.stderr)
    return 2


def _parser():
    parser = argparse.ArgumentParser(
        prog="rnnzoo", description="Recurrent networks by name: train, score, serve."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(command, summary, *positional):
        added = commands.add_parser(
            command.__name__.strip("_"), help=summary, description=summary
        )
        added.set_defaults(command=command)
        for name, meaning in positional:
            added.add_argument(name, help=meaning)
        return added

    listing = add(_list, "List the networks.")
    listing.add_argument("pattern", nargs="?", default="*", help='such as "*lstm*"')
    listing.add_argument("--family", help="only this family")
    listing.add_argument("--task", help="only networks for this task")

    info = add(_info, "Describe a network.", ("name", "of the network"))
    info.add_argument("--results", action="store_true",
                      help="what its recipes reached, as mean ± deviation of the seeds")

    run = ("run", "folder of a run, such as runs/digits_elman/1")
    train = add(_train, "Train by a recipe.", ("recipe", "name or .yaml file"))
    train.add_argument("overrides", nargs="*", metavar="key=value",
                       help="replaces a value, such as training.epochs=3")
    train.add_argument("--seed", type=int, help="replaces the recipe's")
    train.add_argument("--out", default="runs", help="folder of all runs (%(default)s)")
    train.add_argument("--resume", action="store_true",
                       help="go on with the last unfinished run of the recipe")
    train.add_argument("--no-export", action="store_true", help="make no SavedModel")
    train.add_argument("--devices", type=_devices, metavar="all|N|cpu", help="GPUs "
                       "that share every batch; TF_CONFIG names further machines")

    reproduce = add(_reproduce, "Run recipes with several seeds into a results table.")
    for name, meaning in (("task", "dataset or recipe"), ("network", "network")):
        reproduce.add_argument(name, nargs="?", default="*", help="only of this "
                               f'{meaning}, such as "*{name[:3]}*"')
    reproduce.add_argument("--seeds", type=_count, default=5,
                           help="of each recipe (%(default)s)")
    reproduce.add_argument("--jobs", type=_count, default=2,
                           help="runs at a time (%(default)s)")
    reproduce.add_argument("--check", action="store_true", help="run a row of each "
                           "recipe again, and compare it with the mean of all")
    reproduce.add_argument("--recipes", metavar="FOLDER", help="others than the zoo's")
    reproduce.add_argument("--out", default="runs/reproduced", help="folder of the runs"
                           ", and of an installed package's table (%(default)s)")

    tune = add(_tune, "Search for a better recipe.", ("recipe", "name or .yaml file"))
    tune.add_argument("overrides", nargs="*", metavar="key=value", help="replaces a "
                      "value, such as training.epochs=3 or search.units=[16,32]")
    tune.add_argument("--tuner", default="random", dest="method",
                      help="random, grid, hyperband or bayesian (%(default)s)")
    tune.add_argument("--max-trials", type=_count, help="by default 20, all of a grid, "
                      "and what hyperband needs")
    tune.add_argument("--max-size", type=_count, metavar="NUMBERS", help="trainable "
                      "numbers of a network, above which it is not tried")
    tune.add_argument("--max-milliseconds", type=float, metavar="MS", help="time for "
                      "one sequence, above which a network is not trained")
    tune.add_argument("--retrain", action="store_true", help="train the best network "
                      "on training and validation data too, into best/retrained.keras")
    tune.add_argument("--hparams", action="store_true", help="write what TensorBoard's "
                      "plugin HParams shows")
    tune.add_argument("--workers", type=_count, default=1, help="processes that run "
                      "trials, which share the cores (%(default)s)")
    tune.add_argument("--seed", type=int, help="replaces the recipe's")
    tune.add_argument("--out", default="sweeps", help="folder of all searches, where "
                      "the same command goes on (%(default)s)")

    evaluate = add(_evaluate, "Score a trained network.", run)
    evaluate.add_argument("--split", default="test", help="of the data (%(default)s)")

    predict = add(_predict, "Apply a trained network.", run,
                  ("input", ".npy file: batch, time, features"))
    predict.add_argument("--out", help=".npy file for the result, else it is printed")

    export = add(_export, "Write a version to serve.", run,
                 ("directory", "folder of the versions"))
    export.add_argument("--version", type=int, help="its number, by default the next")
    export.add_argument("--format", default="tf_saved_model",
                        help="%(default)s, or for steps alone litert or onnx")
    for option, meaning in (("labels", "the labels"), ("vocabulary", "the words")):
        export.add_argument(f"--{option}", metavar="FILE", help=f"names of {meaning}, "
                            "one a line by id, in the place of the run's own")
    return parser


def _count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"received {text}; a positive integer is "
                                         "accepted")
    return int(text)


def _devices(text):
    return _count(text) if text.isdecimal() else text


def _list(options):
    from rnnzoo import registry

    names = registry.list_models(
        options.pattern, family=options.family, task=options.task
    )
    for name in names:
        print(f"{name:<16} {registry.info(name).summary}")


def _info(options):
    from rnnzoo import registry

    entry = registry.info(options.name)
    print(entry)
    if options.results:
        from rnnzoo.reproduction import tables

        print("Results:")
        print(tables.of_network(entry.name))


def _train(options):
    from rnnzoo import recipes, training

    seed = [] if options.seed is None else [f"seed={options.seed}"]
    recipe = recipes.load(options.recipe, [*options.overrides, *seed])
    training.train(recipe, options.out, resume=options.resume,
                   export=not options.no_export, devices=options.devices)


def _reproduce(options):
    from rnnzoo import reproduction

    chosen = {"task": options.task, "network": options.network, "jobs": options.jobs,
              "folder": options.recipes}
    if options.check:
        return reproduction.check(**chosen)
    return reproduction.reproduce(**chosen, seeds=options.seeds, out=options.out)


def _tune(options):
    from rnnzoo import recipes, sweeps

    sweeps.tune(
        recipes.load(options.recipe, options.overrides), options.method,
        workers=options.workers, retrain=options.retrain, hparams=options.hparams,
        max_trials=options.max_trials, max_size=options.max_size,
        max_milliseconds=options.max_milliseconds, seed=options.seed, out=options.out)


def _evaluate(options):
    from rnnzoo import training

    for name, value in training.evaluate(options.run, options.split).items():
        print(f"{options.split} {name} {value:.4f}")


def _predict(options):
    import numpy as np

    from rnnzoo import files, training

    prediction = training.load(options.run).predict(np.load(options.input), verbose=0)
    if options.out is None:
        print(prediction)
    else:
        with files.replacing(options.out) as aside, aside.open("wb") as file:
            np.save(file, prediction)
        print(f"{options.out}: {prediction.dtype} {prediction.shape}")


def _export(options):
    from rnnzoo import serving, training
    from rnnzoo.datasets.real import reading

    model, names = training.load(options.run), training.runs.names(options.run)
    for option in ("labels", "vocabulary"):
        if (path := getattr(options, option)) is not None:
            names[option] = reading.names(path)
    print(serving.export(
        model, options.directory, options.version, format=options.format, **names))
