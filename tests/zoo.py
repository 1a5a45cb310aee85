"""The registered networks by kind, for tests that run over all of a kind."""

import rnnzoo

SEQUENCES = [name for name in rnnzoo.list_models() if rnnzoo.info(name).tasks]
MEMORIES = [name for name in rnnzoo.list_models() if name not in SEQUENCES]
