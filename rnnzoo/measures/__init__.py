"""Measures of reservoir computing, for any network: forecasts, memory, forgetting."""

from rnnzoo.measures.forecasts import nmse, nrmse, nrmse_at, r2, valid_time
from rnnzoo.measures.reservoirs import (
    echo_state_check,
    effective_spectral_radius,
    memory_capacity,
    memory_curve,
)

__all__ = ["echo_state_check", "effective_spectral_radius", "memory_capacity",
           "memory_curve", "nmse", "nrmse", "nrmse_at", "r2", "valid_time"]
