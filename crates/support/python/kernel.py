"""The computation that several experiments share, the same as `workload::kernel`: 64-bit xorshift, by Marsaglia, 2003."""

from __future__ import annotations

SEED = 0x9E37_79B9_7F4A_7C15
_MASK = 0xFFFF_FFFF_FFFF_FFFF


def compute(steps: int) -> int:
    """Computes so many steps in one piece; a step takes some hundred nanoseconds."""
    return answer(advance(SEED, steps))


def advance(state: int, steps: int) -> int:
    """Computes `steps` steps from `state`; two pieces come to the same as one with the steps of both."""
    for _ in range(steps):
        state ^= (state << 13) & _MASK
        state ^= state >> 7
        state ^= (state << 17) & _MASK
    return state


def answer(state: int) -> int:
    """What a computation that has come to `state` has found: its upper half."""
    return state >> 32
