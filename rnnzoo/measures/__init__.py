"""Measures for any network: symbols, tags, counting, forecasts, memory, forgetting."""

from rnnzoo.measures.counting import largest_n
from rnnzoo.measures.forecasts import nmse, nrmse, nrmse_at, r2, valid_time
from rnnzoo.measures.reservoirs import (
    echo_state_check,
    effective_spectral_radius,
    memory_capacity,
    memory_curve,
)
from rnnzoo.measures.sequences import (
    accuracy_by_length,
    bits_per_symbol,
    exact_accuracy,
)
from rnnzoo.measures.tagging import conlleval, conlleval_f1

__all__ = ["accuracy_by_length", "bits_per_symbol", "conlleval", "conlleval_f1",
           "echo_state_check", "effective_spectral_radius", "exact_accuracy",
           "largest_n", "memory_capacity", "memory_curve", "nmse", "nrmse", "nrmse_at",
           "r2", "valid_time"]
