"""What `build` refuses: arguments that are wrong, or that do not fit together."""

import numpy as np

from rnnzoo.cells.base import RULES
from rnnzoo.errors import unknown

POOLINGS = ("last", "mean")


def native(value):
    """Numbers of NumPy, in any structure, as Python's, which go into a file."""
    if isinstance(value, dict):
        return {k: native(v) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(native, value))
    return value.item() if isinstance(value, np.generic) else value


def check(entry, task, own_head, asked, cell_arguments):
    """Checks the arguments of a network, before anything is made.

    Args:
        entry: its `registry.Entry`.
        task: its `Task`.
        own_head: whether it computes its own output.
        asked: namespace of the arguments of `build`.
        cell_arguments: those of the cell.

    Raises:
        ValueError: for the first that is wrong.
    """
    _check_names(entry, cell_arguments, vars(asked))
    _check_data(entry, task, asked.input_shape, asked.vocabulary_size)
    for name in ("output_size", "units", "layers"):
        _check(name, vars(asked), _is_count, "a positive integer")
    for name in ("vocabulary_size", "embedding"):
        _check(name, vars(asked), lambda v: v is None or _is_count(v),
               "a positive integer or None")
    for name in ("bidirectional", "trainable_initial_state"):
        _check(name, vars(asked), lambda v: isinstance(v, bool), "True or False")
    _check("context", vars(asked),
           lambda v: _is_pair(v) and all(_is_count(n, least=0) for n in v),
           "a pair (steps before, steps after), integers that are not negative")
    _check("dropout", vars(asked), lambda v: _is_number(v) and 0 <= v < 1,
           "a number in [0, 1)")
    _check("global_clipnorm", vars(asked),
           lambda v: v is None or _is_number(v) and v > 0, "a positive number or None")
    _check("seed", vars(asked),
           lambda v: v is None or _is_count(v, least=0) and v < 2**32,
           "an integer in [0, 2**32) or None")
    _check("washout", vars(asked), lambda v: _is_count(v, least=0),
           "a number of steps that is not negative")
    teacher_forcing = cell_arguments.get("teacher_forcing")
    _check_steps(task, own_head, asked, teacher_forcing)
    if own_head and asked.readout != "gradient":
        taught = "teacher_forcing" not in entry.arguments or teacher_forcing == 1
        _check_feedback(task, asked.readout, taught)


def _check(name, given, is_good, accepted):
    if not is_good(given[name]):
        raise ValueError(f"`{name}` is {accepted}; received {given[name]!r}.")


def _check_names(entry, given, known):
    known = {*entry.arguments, *known}
    for argument in given:
        if argument not in known and not argument.endswith(RULES):
            known |= {f"<weight>_{rule}" for rule in RULES}
            raise ValueError(f"{entry.name!r}: {unknown('argument', argument, known)}")


def _check_data(entry, task, input_shape, vocabulary_size):
    if task.name not in entry.tasks:
        raise ValueError(f"{entry.name!r} cannot be trained for {task.name!r}. "
                         f"Accepted: {', '.join(entry.tasks)}.")
    if (input_shape is None) == (vocabulary_size is None):
        raise ValueError(
            "Give either `input_shape=(time, features)` for real-valued input or "
            "`vocabulary_size` for integer symbols; received "
            f"input_shape={input_shape}, vocabulary_size={vocabulary_size}.")
    if input_shape is not None and not (
            _is_pair(input_shape) and _is_count(input_shape[1])
            and (input_shape[0] is None or _is_count(input_shape[0]))):
        raise ValueError("`input_shape` is (time, features), where time may be None; "
                         f"received {input_shape!r}.")


def _check_steps(task, own_head, asked, teacher_forcing):
    if asked.pooling not in POOLINGS:
        raise ValueError(unknown("pooling", asked.pooling, POOLINGS))
    pooled = asked.pooling == "mean"
    if pooled and task.per_step:
        raise ValueError(f'pooling="mean" is for one target a sequence; {task.name!r} '
                         "has one a step.")
    if own_head and (pooled or asked.bidirectional and asked.readout != "gradient"):
        raise ValueError("This network computes its output itself, step by step, so "
                         'that it takes neither pooling="mean" nor, with another '
                         'readout than "gradient", bidirectional=True.')
    if asked.washout and not (task.per_step or pooled):
        raise ValueError('`washout` needs a target at every step or pooling="mean"; '
                         f"{task.name!r} reads the last step only.")
    if teacher_forcing and not task.per_step:
        raise ValueError("`teacher_forcing` needs a target at every step; "
                         f"{task.name!r} has one a sequence.")


def _check_feedback(task, readout, taught):
    """What is fed back must be known before the readout has learned: the targets."""
    if not (task.per_step and taught):
        raise ValueError(
            f"This network feeds back its own output, so that the readout {readout!r} "
            "learns from the targets in its place: it needs a target at every step, "
            'and teacher_forcing=1.0 where there is this argument; or readout='
            f'"gradient". Received the task {task.name!r}.')


def _is_count(value, least=1):
    return _is_number(value) and isinstance(value, int) and value >= least


def _is_pair(value):
    return isinstance(value, (list, tuple)) and len(value) == 2


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)
