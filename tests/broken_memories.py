"""Memories with one thing wrong each, beside the one property that must notice.

What is written about a memory is inherited with it, so comments say what is wrong.
"""

import keras
import tensorflow as tf
from keras import ops

from rnnzoo.memories import (
    BAMMemory,
    DenseHopfieldMemory,
    HopfieldMemory,
    ModernHopfieldMemory,
)

BROKEN = []


def breaks(property, **arguments):
    """Lists a class, and arguments to make it by, under the property it breaks."""
    def add(cls):
        usual = {"units": 24, "update": "synchronous"}      # the quickest to check
        BROKEN.append((cls, arguments or usual, property))
        return cls
    return add


def told(cls, old, new):
    """The docstring of a class with something else in it."""
    assert old in cls.__doc__
    return cls.__doc__.replace(old, new)


# Storing and recall

@breaks("stored_patterns_are_fixed_points")
class ShyMemory(HopfieldMemory):
    def stable(self, *patterns):
        return ~super().stable(*patterns)


@breaks("recall_cleans_a_damaged_cue")
class OneUnitMemory(HopfieldMemory):
    def recall(self, x):                        # gives up where the work starts
        found = super().recall(x)
        done = ops.equal(found.steps, 0)
        states = ops.where(done[:, None], found.states, ops.cast(x, "float32"))
        return found._replace(states=ops.cast(states, self.compute_dtype))


@breaks("one_side_recalls_all", units=(24, 20))
class OneWayMemory(BAMMemory):
    def recall(self, a=None, b=None):
        found = super().recall(a, b)
        return found if a is not None else found._replace(a=-found.a)


@breaks("energy_never_rises_along_recall", units=(24, 20))
class UphillMemory(BAMMemory):
    def trace(self, *cues, steps=None):
        path, energies = super().trace(*cues, steps=steps)
        return path, -energies


@breaks("what_has_converged_stays")
class HastyMemory(HopfieldMemory):
    def recall(self, x):                        # one sweep, and sure of it
        found = super().recall(x)
        early = self.advance(self._received((x,)), 0, self.draw(None))[0]
        late = ops.any(ops.not_equal(early, found.states), axis=-1)
        rough = ops.where(late[:, None], early, found.states)
        return found._replace(states=ops.cast(rough, self.compute_dtype))


@breaks("storing_in_parts_is_storing_at_once")
class LastBatchOnlyMemory(HopfieldMemory):
    def write(self, patterns):
        self.kernel.assign(self._rule.store(0 * self.kernel, patterns))

    def erase(self, patterns):
        raise NotImplementedError("what was there before is gone")


@breaks("the_count_is_the_number_of_stored_patterns")
class MiscountingMemory(HopfieldMemory):
    def forget(self, *patterns):
        super().forget(*patterns)
        self.count.assign(self.count + 1)


@breaks("forgetting_undoes_storing")
class HalfForgettingMemory(HopfieldMemory):
    def erase(self, patterns):
        return super().erase(patterns / 2)


@breaks("an_empty_memory_leaves_cues_alone", units=24, slots=12)
class BlankMemory(ModernHopfieldMemory):
    def step(self, states):
        return (ops.where(self.count > 0, super().step(states)[0], 0),)


# Batches, compilers, numbers

@breaks("batch_rows_do_not_mix")
class FirstRowCountsMemory(HopfieldMemory):
    def recall(self, x):
        found = super().recall(x)
        return found._replace(steps=found.steps + ops.cast(x[0, 0] > 0, "int32"))


@breaks("any_batch")
class BatchOfSixMemory(HopfieldMemory):
    def recall(self, x):
        found = super().recall(x)
        rows = x.shape[0] or 6                  # where it is traced for any batch
        return found._replace(states=found.states + ops.zeros(
            (rows, 1), found.states.dtype))


@breaks("jit_gives_the_same_numbers")
class TextMemory(HopfieldMemory):
    def measure(self, states):
        energy = super().measure(states)
        text = tf.strings.as_string(energy)
        return energy + tf.cast(tf.strings.length(text) < 0, energy.dtype)


@breaks("computes_in_the_dtype_it_was_told")
class AlwaysFloat32Memory(HopfieldMemory):
    def recall(self, x):
        found = super().recall(x)
        return found._replace(states=ops.cast(found.states, "float32"))


@breaks("same_seed_same_bits", units=24, slots=12)
class RestlessMemory(ModernHopfieldMemory):
    def recall(self, x):
        found = super().recall(x)
        noise = 1e-7 * keras.random.normal(ops.shape(found.states))
        return found._replace(states=found.states + ops.cast(noise, found.states.dtype))


# Kept, and written about

@breaks("config_rebuilds_the_same_memory", units=24, slots=12, beta=0.3)
class RoundedBetaMemory(ModernHopfieldMemory):
    def get_config(self):
        return {**super().get_config(), "beta": 0.5}


@breaks("every_argument_is_in_the_config")
class NoSeedInConfigMemory(HopfieldMemory):
    def get_config(self):
        return {**super().get_config(), "seed": None}


@breaks("a_saved_model_keeps_what_is_stored")
class ForgetfulFileMemory(HopfieldMemory):
    def save_own_variables(self, store):
        for i, weight in enumerate(self.weights):
            store[str(i)] = 0 * ops.convert_to_numpy(weight)


@breaks("an_export_serves_recall_and_energy")
class PythonInTheEnergyMemory(HopfieldMemory):
    def measure(self, states):
        energy = super().measure(states)
        if states.shape[0] is None:             # frozen into the served graph
            energy = energy + 1.0
        return energy


@breaks("the_docstrings_equations_are_the_memory")
class WrongSignWrittenMemory(HopfieldMemory):
    __doc__ = told(HopfieldMemory, "E = -sum(x", "E = sum(x")


@breaks("the_docstrings_equations_are_the_memory", units=24, slots=12,
        update="synchronous")
class AnotherDegreeMemory(DenseHopfieldMemory):
    __doc__ = told(DenseHopfieldMemory, "** degree, -1)", "** (degree + 1), -1)")


@breaks("the_docstrings_shapes_are_the_memory", units=(24, 20))
class TransposedInWritingMemory(BAMMemory):
    __doc__ = told(BAMMemory, "z  answer  (batch, units[1])",
                   "z  answer  (batch, units[0])")


@breaks("file_class_and_entry_agree_in_name")
class HopfieldNetwork(HopfieldMemory):
    pass
