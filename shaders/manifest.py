"""Prints a line for each shader: the SHA-256 of its source, with the included files in the place where they are first named, and its name."""
import hashlib
import pathlib
import re

FOLDER = pathlib.Path(__file__).parent


def lines(path, seen):
    for line in path.read_text(encoding="utf-8").splitlines():
        include = re.match(r'\s*#include "(.+)"', line)
        if include is None:
            yield line
        elif include[1] not in seen:
            seen.add(include[1])
            yield from lines(FOLDER / "include" / include[1], seen)


for shader in sorted(FOLDER.glob("*.comp"), key=lambda path: path.stem):
    text = "\n".join(lines(shader, set())) + "\n"
    print(hashlib.sha256(text.encode()).hexdigest(), shader.stem)
