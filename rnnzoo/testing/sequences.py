"""Properties of a cell in time: what a step may know, and what it must not."""

import numpy as np
import tensorflow as tf

from rnnzoo.testing.subject import assert_equal, by_hand, by_protocol, numbers

CUT = 2
RIGHT = [True, True, True, True, False, False]
LEFT = [False, False, True, True, True, True]
GAPPED = [True, False, True, True, False, True]
EMPTY = [False] * 6


def cutting_a_sequence_and_carrying_the_states_changes_nothing(subject):
    """What comes after a cut is as if there were none, down to single steps."""
    x = subject.x
    whole, last = subject.run()
    _, between = subject.run(x[:, :CUT])
    rest, rest_last = subject.run(x[:, CUT:], states=between)
    assert_equal([rest, *rest_last], [whole[:, CUT:], *last], f"after step {CUT}")
    steps, steps_last = by_protocol(subject.cell, x)
    assert_equal([steps[:, -1], *steps_last], [whole[:, -1], *last], "in single steps")


def the_last_output_hears_the_first_input(subject):
    """Another first input makes another last output."""
    changed = subject.x.copy()
    changed[:, 0] += 1
    heard = np.abs(subject.run(changed)[0][:, -1] - subject.run()[0][:, -1]).max()
    assert heard > 1e-6, f"the last output changes by {heard:.1g}"


def batch_rows_do_not_mix(subject):
    """Another row in the batch leaves the others alone."""
    changed = subject.x.copy()
    changed[0] += 1
    (y, states), (wanted, wanted_states) = subject.run(changed), subject.run()
    assert_equal([v[1:] for v in (y, *states)],
                 [v[1:] for v in (wanted, *wanted_states)], "rows beside a changed one")


def the_future_does_not_reach_back(subject):
    """Outputs stay when later inputs change or are not there."""
    changed = subject.x.copy()
    changed[:, CUT:] += 1
    wanted = subject.run()[0][:, :CUT]
    assert_equal(subject.run(changed)[0][:, :CUT], wanted, "before a changed input")
    assert_equal(subject.run(subject.x[:, :CUT])[0], wanted, "at the end of the input")


def masked_steps_leave_the_states_alone(subject):
    """Right, left, gapped and empty rows: as if the masked steps were not there."""
    mask = np.array([RIGHT, LEFT, GAPPED, EMPTY])
    assert_equal(subject.run(mask=mask), by_hand(subject.cell, subject.x, mask),
                 "rows masked right, left, with gaps, wholly")
    for pattern in mask:                   # one for all rows: they are not to mix here
        rows = np.tile(pattern, (subject.batch, 1))
        padded = np.where(rows[..., None], subject.x, 0).astype("float32")
        assert_equal(subject.run(padded, mask=rows)[1],
                     subject.run(mask=rows)[1], "states when masked inputs change")


def any_length_and_any_batch(subject):
    """One graph serves sequences and batches of every size."""
    layer = subject.layer()
    run = tf.function(lambda x: layer(x), autograph=False, input_signature=[
        tf.TensorSpec((None, None, subject.features))])
    for batch, time in ((1, 1), (5, 3), (2, 9)):
        x = subject.draw(batch, time, subject.features)
        y, *last = numbers(run(x))
        assert_equal([y, last], by_hand(subject.cell, x), f"{batch} rows, {time} steps")
