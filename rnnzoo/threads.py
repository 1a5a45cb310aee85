"""The cores of this machine, shared out among processes."""

import os

INTEROP = "TF_NUM_INTEROP_THREADS"
NAMES = ("OMP_NUM_THREADS", INTEROP, "TF_NUM_INTRAOP_THREADS")


def shared_out(processes):
    """Environment of one of several processes; what is set already stays as it is."""
    threads = max(1, os.cpu_count() // processes)
    return {**dict.fromkeys(NAMES, str(threads)), **os.environ}
