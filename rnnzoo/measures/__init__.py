"""Measures for any network: forecasts, tags, memory, forgetting."""

from rnnzoo.measures.forecasts import nmse, nrmse, nrmse_at, r2, valid_time
from rnnzoo.measures.reservoirs import (
    echo_state_check,
    effective_spectral_radius,
    memory_capacity,
    memory_curve,
)
from rnnzoo.measures.tagging import conlleval, conlleval_f1

__all__ = ["conlleval", "conlleval_f1", "echo_state_check",
           "effective_spectral_radius", "memory_capacity", "memory_curve", "nmse",
           "nrmse", "nrmse_at", "r2", "valid_time"]
