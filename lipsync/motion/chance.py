"""Seeded chance that needs no state: a number for every (seed, name, index).

Motion must be a pure function of seed and frame number, so that another worker can
go on from any frame. A generator that is drawn from in order cannot do that; a hash
of the index can.
"""

from functools import lru_cache

_MASK = (1 << 64) - 1


@lru_cache(maxsize=4096)
def uniform(seed: int, name: str, index: int) -> float:
    """Return a number in 0..1 (1 excluded), the same for equal arguments everywhere.

    The mixing is SplitMix64 (Steele, Lea and Flood, 2014) over seed, name and index.
    """
    state = seed & _MASK
    for byte in name.encode():
        state = _mix(state ^ byte)
    return (_mix(state ^ (index & _MASK)) >> 11) / float(1 << 53)


def wander(seed: int, name: str, position: float) -> float:
    """Return smooth noise in -1..1 at a position whose knots lie one unit apart.

    Between two knots the value eases from one to the next and rests a moment at each,
    as a head does: it holds, moves, and holds again.
    """
    knot = int(position // 1)
    part = position - knot
    here = 2.0 * uniform(seed, name, knot) - 1.0
    there = 2.0 * uniform(seed, name, knot + 1) - 1.0
    eased = part * part * part * (part * (6.0 * part - 15.0) + 10.0)
    return here + (there - here) * eased


def _mix(value: int) -> int:
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
