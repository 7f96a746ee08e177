"""What all variants serve, and with how many workers those that have a pool do so."""

from __future__ import annotations

from typing import NamedTuple

# The workers of each pool: as few as show what two handlers at once do to it, on any machine.
WORKERS = 2
# How long a client takes from one answer to its next request. Here a real handler would read and write.
BETWEEN_S = 0.001


class Load(NamedTuple):
    """Clients, each of which sends one request after the other."""

    clients: int
    # How many steps of the kernel an answer takes.
    steps: int
    # No request is sent from here on, by `time.perf_counter()`, but each client sends one at least.
    until: float
