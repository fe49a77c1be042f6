"""Weights that a script and the tests make alike: GeneratedWeights.cs in tests/Winnow.DeviceTests is the twin.

Element i of a tensor is mean + spread * u, where u in [-1, 1) are the upper 24 bits of a splitmix64 stream whose seed is the FNV-1a hash
of "MODEL/TENSOR". All of it is integer arithmetic and two double operations, then one rounding to float32: the bits are the same anywhere.
"""
import re

import numpy as np


def seed(text):
    """FNV-1a, 64 bits, of the text in UTF-8."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def bits(text, count):
    """The first outputs of splitmix64."""
    z = np.uint64(seed(text)) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def weights(model, tensor, shape, mean, spread):
    count = int(np.prod(shape, dtype=np.int64))
    unit = ((bits(f"{model}/{tensor}", count) >> np.uint64(40)).astype(np.int64) - 2**23).astype(np.float64) * 2.0**-23
    return (mean + spread * unit).astype(np.float32).reshape(shape)


def ids(text, count, vocabulary):
    """Token ids from 3 on."""
    return [3 + int(value % np.uint64(vocabulary - 3)) for value in bits(text, count)]


def entries(position, vocabulary, count=4):
    """The entries of a row of logits that a golden holds: over the positions they come to every entry of the vocabulary."""
    return [(37 * position + part * vocabulary // count) % vocabulary for part in range(count)]


def fold(tensors):
    """Writes {name: value} with {first-last} for numbers that follow each other and have the same value."""
    items = [(re.split(r"(?<=\.)(\d+)(?=\.)", name), value) for name, value in tensors.items()]
    for slot in sorted({i for parts, _ in items for i in range(1, len(parts), 2)}, reverse=True):
        groups = {}
        for parts, value in items:
            key = (tuple(parts[:slot]), tuple(parts[slot + 1 :]), repr(value))
            groups.setdefault(key, []).append((parts, value))
        items = []
        for members in groups.values():
            if len(members[0][0]) <= slot:
                items += members
                continue
            run = []
            for parts, value in sorted(members, key=lambda member: int(member[0][slot])):
                if run and int(parts[slot]) == run[-1] + 1:
                    run.append(int(parts[slot]))
                    continue
                if run:
                    items.append(close(last, slot, run))
                run, last = [int(parts[slot])], (parts, value)
            items.append(close(last, slot, run))
    return {"".join(parts): value for parts, value in items}


def close(member, slot, run):
    parts, value = member
    written = str(run[0]) if len(run) == 1 else f"{{{run[0]}-{run[-1]}}}"
    return [*parts[:slot], written, *parts[slot + 1 :]], value


def unfold(name):
    """The names that a folded one stands for."""
    match = re.search(r"\{(\d+)-(\d+)\}", name)
    if match is None:
        return [name]
    return [one for i in range(int(match[1]), int(match[2]) + 1) for one in unfold(name[: match.start()] + str(i) + name[match.end() :])]


def check():
    """The values that GeneratedWeightsTests pins as well."""
    assert seed("llama/model.norm.weight") == 0x1BF5731DA22D933E
    assert weights("llama", "model.norm.weight", [4], 1.0, 0.25).tolist() == [
        0.8526061773300171, 0.8181170225143433, 1.171323537826538, 1.0217721462249756
    ]
