"""Several devices and machines: what one device would learn, in less time.

    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        model = rnnzoo.build("lstm", ...)
    model.fit(x, y, batch_size=64)      # 64 in all, shared out among the devices

Of every batch each device, or replica, gets its rows. Losses, metrics, and what is
learned from sums (`readout="ridge"`) or by storing (memories) are those of one device,
but for rounding; so it is with rows that are masked or padded, and with a last batch
that is short. Only what is random in training differs: dropout and noise draw the same
numbers on every replica.

MirroredStrategy and MultiWorkerMirroredStrategy are tested on CPUs. TPUStrategy is
untested. `rnnzoo.train` makes these strategies itself.

- `replicated`: what makes a Keras model learn so; `replicas`: a step of it.
- `sharing`: datasets, shared out.
- `strategies`: the strategy for the devices that are asked for.
- `clusters`: machines that train together, by `TF_CONFIG`.
"""
