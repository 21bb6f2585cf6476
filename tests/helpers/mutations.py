"""Damage to files, drawn at random: what a reader must refuse or read, and never fall over."""

import numpy as np


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """`data` with one to three changes: bits flipped, the end cut off, bytes inserted, left out, or repeated; half of
    the changes hit the first 64 bytes, where headers are.
    """
    found = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        reach = len(found) if rng.random() < 0.5 else min(len(found), 64)
        place = int(rng.integers(0, reach + 1))
        length = int(rng.integers(1, 9))
        way = rng.choice(["flip", "extreme", "cut", "insert", "remove", "repeat"])
        if way == "flip" and place < len(found):
            found[place] ^= 1 << int(rng.integers(8))
        elif way == "extreme":  # sizes, counts and offsets that are 0 or as large as can be
            found[place : place + length] = bytes([int(rng.choice([0, 1, 127, 128, 255]))]) * length
        elif way == "cut":
            del found[place:]
        elif way == "insert":
            found[place:place] = rng.bytes(length)
        elif way == "remove":
            del found[place : place + length]
        elif way == "repeat":
            found[place:place] = found[place : place + length]
    return bytes(found)
