"""Datasets of whole batches, of which every replica gets its rows."""

from keras import tree


def shared_out(dataset, strategy):
    """Cuts batches into as many parts as there are replicas, and deals these out.

    TensorFlow's own way with a dataset takes rows of the next batch where one is short,
    which an epoch may end with. Here a batch stays a batch, and its parts are as even
    as they can be. Every machine goes over all the data, for its rows of each batch.

    Args:
        dataset: a `tf.data.Dataset` of batches, the same on every machine.
        strategy: of the replicas.

    Returns:
        A `tf.distribute.DistributedDataset`. It has no end if the length of `dataset`
        is known: say how many steps are to be taken.
    """
    import tensorflow as tf

    replicas = strategy.num_replicas_in_sync
    if dataset.cardinality() > 0:
        # Otherwise all replicas would have to agree at every step that it goes on.
        dataset = dataset.repeat()

    def parts_of_this_machine(context):
        here = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * here

        def cut(*batch):
            rows = tf.shape(tree.flatten(batch)[0], tf.int64)[0]

            def part(number):
                start, end = (rows * k // replicas for k in (number, number + 1))
                taken = tree.map_structure(lambda v: v[start:end], batch)
                return taken if len(taken) > 1 else taken[0]

            return tf.data.Dataset.range(first, first + here).map(part)

        return dataset.flat_map(cut).prefetch(2 * here)

    return strategy.distribute_datasets_from_function(parts_of_this_machine)


def check_batch_size(batch_size, replicas):
    """Refuses batches that give one replica more to do than another.

    Raises:
        ValueError: if so; says which sizes do not.
    """
    if batch_size % replicas:
        smaller = batch_size - batch_size % replicas
        near = f"{smaller} or {smaller + replicas}" if smaller else replicas
        raise ValueError(f"Batches of {batch_size} cannot be shared evenly among "
                         f"{replicas} devices. Take batch_size={near}, or another "
                         "number of devices.")
