"""Properties of a memory as a part: rebuilt, saved, served, and written about."""

import inspect
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
import tensorflow as tf

from rnnzoo.registry import arguments, entry_of, section
from rnnzoo.testing.equations import FUNCTIONS, Docstring, variants
from rnnzoo.testing.subject import assert_equal, numbers

MORE = {name: getattr(np, name) for name in ("arctanh", "diag", "eye", "max", "outer")}
MORE |= {"len": len, "xlogy": lambda x, y: np.where(x > 0, x * np.log(y), 0)}


def config_rebuilds_the_same_memory(subject):
    """A memory made from the configuration, as JSON, recalls the same."""
    other = subject.rebuilt()
    found = subject.recall(other, *subject.states)
    wanted = subject.recall(subject.memory, *subject.states)
    assert_equal(found.states, wanted.states, "the rebuilt memory")
    assert_equal(numbers(other.energy(*subject.states)),
                 numbers(subject.memory.energy(*subject.states)), "its energy")


def every_argument_is_in_the_config(subject):
    """The configuration has every constructor argument, at its value."""
    given = {"name": "a_name"}
    if "seed" in arguments(type(subject.memory)):
        given["seed"] = 3
    config = subject.factory(**given).get_config()
    missing = [a for a in arguments(type(subject.memory)) if a not in config]
    assert not missing, f"not in the config: {', '.join(missing)}"
    changed = [a for a in given if config[a] != given[a]]
    assert not changed, f"not at its value in the config: {', '.join(changed)}"


def a_saved_model_keeps_what_is_stored(subject):
    """A `.keras` file loads without `custom_objects`, patterns and number intact."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        _model(subject).save(path)
        loaded = keras.models.load_model(path)
    assert_equal(loaded.get_weights(), subject.memory.get_weights(), "the weights")
    # What a configuration loses is another property's matter.
    cue = subject.states[0]
    assert_equal(loaded(cue), subject.rebuilt()(cue), "the loaded model")


def an_export_serves_recall_and_energy(subject):
    """A SavedModel recalls, says how it went, and measures, for any batch size."""
    memory = subject.make()
    specs = [tf.TensorSpec((None, n)) for n in memory.sides.values()]
    with TemporaryDirectory() as folder:
        archive = keras.export.ExportArchive()
        archive.track(_model(subject, memory))
        archive.add_endpoint("recall", lambda *cues: memory.recall(*cues)._asdict(),
                             input_signature=specs)
        archive.add_endpoint("energy", lambda *states: memory.energy(*states),
                             input_signature=specs)
        archive.write_out(folder, verbose=False)
        served = tf.saved_model.load(folder)
        found = served.recall(*subject.states)
        wanted = memory.recall(*subject.states)._asdict()
        assert found.keys() == wanted.keys(), f"recall serves {', '.join(found)}"
        del wanted["steps"]             # one more may be due to rounding
        assert_equal(numbers([found[k] for k in wanted]),
                     numbers([*wanted.values()]), "recall")
        assert_equal(numbers(served.energy(*subject.states)),
                     numbers(memory.energy(*subject.states)), "energy")


def the_docstrings_equations_are_the_memory(subject):
    """Run in NumPy, they give what is stored, the states after a step, the energy."""
    for memory in _variants(subject):
        docstring, states = _Memorandum(memory), subject.states
        kept = docstring.store(subject.patterns)
        assert_equal(numbers(_kept(memory)), kept, f"stored{_named(memory, subject)}")
        step, energy = docstring.run(states, kept)
        assert_equal(numbers(memory.step(*map(tf.constant, states))), step,
                     f"a step{_named(memory, subject)}", 1e-4)
        assert_equal(numbers(memory.energy(*states)), energy,
                     f"the energy{_named(memory, subject)}", 1e-4)


def the_docstrings_shapes_are_the_memory(subject):
    """Every weight is under `Symbols:` and has the shape given there."""
    memory = subject.memory
    docstring = _Memorandum(memory)
    step = memory.step(*map(tf.constant, subject.states))
    values = {"input": subject.states[0], "other": subject.states[-1],
              "output": step[0], "answer": step[-1], "stored": _kept(memory),
              "patterns": subject.patterns[0], "partners": subject.patterns[-1],
              "energy": memory.energy(*subject.states)}
    roles = {symbol.role for symbol in docstring.symbols.values()}
    unnamed = {w.name for w in memory.weights} - roles - {"count"}
    assert not unnamed, f"not under Symbols: {', '.join(sorted(unnamed))}"
    for letter, symbol in docstring.symbols.items():
        value = values.get(symbol.role, getattr(memory, symbol.role, None))
        assert value is not None, f"{letter}: the memory has no {symbol.role!r}"
        if np.ndim(value):
            assert symbol.shape, f"{letter}: {symbol.role} has no shape"
            written = docstring.shape(symbol, batch=len(subject.states[0]),
                                      patterns=subject.number, count=subject.number)
            assert tuple(value.shape) == written, (
                f"{letter} is {tuple(value.shape)}, not {symbol.shape} = {written}")


def file_class_and_entry_agree_in_name(subject):
    """`hopfield.py`, `HopfieldMemory`, "hopfield"; the class ends in Memory."""
    cls = type(subject.memory)
    assert cls.__name__.endswith("Memory"), f"{cls.__name__} does not end in Memory"
    entry = entry_of(cls)
    if entry:
        file = Path(inspect.getfile(cls)).stem
        assert file == entry.name, f"{entry.name!r} is in {file}.py"
        assert cls.__name__.lower() == entry.name.replace("_", "") + "memory", (
            f"{entry.name!r} is the class {cls.__name__}")


class _Memorandum(Docstring):
    """What the docstring says of one memory, for the arguments it has."""

    def __init__(self, memory):
        super().__init__(memory)
        cls = type(memory)
        self.storing = section(cls, "Storing")
        assert self.storing, f"{cls.__name__} has no section `Storing:`"
        for condition, wanted in variants(cls, "Storing").items():
            if all(getattr(memory, k) == v for k, v in wanted.items()):
                self.storing = section(cls, f"Storing ({condition})")

    def shape(self, symbol, **sizes):
        sizes |= {k: getattr(self.cell, k) for k in arguments(type(self.cell))}
        return eval(symbol.shape, {"__builtins__": {}}, sizes)

    def store(self, patterns):
        """What is kept of the patterns, by the book, in float64."""
        (letter,) = self._letters("kernel", "stored")
        shape = self.shape(self.symbols[letter], count=0)
        names = self._names() | {letter: np.zeros(shape)}
        names |= dict(zip(self._letters("patterns", "partners"),
                          (p.astype("float64") for p in patterns)))
        exec(self.storing, {"__builtins__": {}}, names)
        return names[letter]

    def run(self, states, kept):
        """The states after a step, and the energy of those before."""
        names = self._names() | dict(zip(self._letters("kernel", "stored"), [kept]))
        names |= dict(zip(self._letters("input", "other"),
                          (s.astype("float64") for s in states)))
        exec(self.equations, {"__builtins__": {}}, names)
        (energy,) = self._letters("energy")
        return tuple(names[k] for k in self._letters("output", "answer")), names[energy]

    def _letters(self, *roles):
        return [k for role in roles for k, s in self.symbols.items() if s.role == role]

    def _names(self):
        memory = self.cell
        names = {k: getattr(memory, k) for k in arguments(type(memory))}
        for letter, symbol in self.symbols.items():
            value = getattr(memory, symbol.role, None)
            if not callable(value) and value is not None:
                names[letter] = np.asarray(numbers(value), "float64")
        return FUNCTIONS | MORE | names


def _kept(memory):
    """What a memory keeps of its patterns: connections, or the patterns themselves."""
    kept = getattr(memory, "kernel", None)
    return memory.patterns[:int(memory.count)] if kept is None else kept


def _variants(subject):
    """The memory, and one for every condition in its docstring."""
    cls = type(subject.memory)
    yield subject.memory
    for options in (*variants(cls).values(), *variants(cls, "Storing").values()):
        memory = cls.from_config(subject.memory.get_config() | options)
        memory.store(*subject.patterns)
        yield memory


def _named(memory, subject):
    """The arguments in which a memory differs from the one under test."""
    config, usual = memory.get_config(), subject.memory.get_config()
    return "".join(f", {k}={v!r}" for k, v in config.items()
                   if k != "name" and v != usual.get(k))


def _model(subject, memory=None):
    (name, width), *_ = subject.memory.sides.items()
    x = keras.Input((width,), name=name)
    return keras.Model(x, (memory or subject.make())(x))
