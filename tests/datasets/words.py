"""How the tests read what was drawn: as words over the names of the symbols."""

from rnnzoo import datasets


def drawn(name, n, length, seed=0, **options):
    """Pairs of `x` and `y` as lists of names, without padding."""
    problem = datasets.info(name)
    x, y = datasets.sample(name, n, length, seed, **options)
    for row, target in zip(x, y):
        read = [problem.ids[i] for i in row if i]
        if target.ndim:
            yield read, [problem.target_ids[i] for i in target[:len(read)]]
        else:
            yield read, problem.target_ids[target]


def words(name, n, length, seed=0, **options):
    """The words that are to be continued; `x` and `y` are one step apart."""
    for read, said in drawn(name, n, length, seed, **options):
        assert read[1:] == said[:-1]
        assert (read[0], said[-1]) == ("begin", "end")
        yield "".join(said[:-1])
