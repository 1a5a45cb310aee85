"""What happens to the words of sentences before they are trained on."""

import numpy as np
import tensorflow as tf

UNKNOWN_ID = 1


def dropped(rows, amount):
    """Rows some of whose words are unknown, rare ones more often than others.

    A word that occurs c times becomes id 1 with probability `amount / (amount + c)`,
    drawn for every place by itself.

    Args:
        rows: pairs `(x, y)`, x the ids of words `(time,)`.
        amount: positive number.

    Returns:
        A function from a seed, a scalar int64, to these rows.

    Reference:
        E. Kiperwasser, Y. Goldberg, "Simple and accurate dependency parsing using
        bidirectional LSTM feature representations", TACL 4:313-327, 2016.
    """
    counts = np.bincount(np.concatenate([x for x, _ in rows.as_numpy_iterator()]))
    chances = (amount / (amount + counts)).astype("float32")
    chances[0] = 0      # padding

    def seeded(seed):
        def drop(number, pair):
            x, y = pair
            draw = tf.random.stateless_uniform(tf.shape(x), (seed, number))
            unknown = tf.fill(tf.shape(x), tf.cast(UNKNOWN_ID, x.dtype))
            return tf.where(draw < tf.gather(chances, x), unknown, x), y

        return rows.enumerate().map(drop)

    return seeded
