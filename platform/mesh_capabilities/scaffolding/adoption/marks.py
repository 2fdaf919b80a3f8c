"""Parts of a text that speak of the sample company: marked by a line with `sample:begin` and one with `sample:end`."""

import re

from mesh_platform.errors import ScaffoldError

_BEGIN, _END = (re.compile(rf"^\s*(?:#|--|<!--)\s*sample:{word}\s*(?:-->)?\s*$") for word in ("begin", "end"))


def is_marked(text: str) -> bool:
    """Whether any part of the text is marked."""
    return any(_BEGIN.match(line) or _END.match(line) for line in text.splitlines())


def without_marked(text: str, name: str) -> str:
    """The text without its marked parts and the marks; no more blank lines stand in their place than stood before them.

    Raises ScaffoldError, naming the file `name`, where marks do not come in pairs.
    """
    kept: list[str] = []
    begun, joining = 0, False
    for number, line in enumerate(text.splitlines(), start=1):
        if _BEGIN.match(line):
            if begun:
                raise ScaffoldError(f"{name}, line {number}, begins a sample part within another.", "Correct the marks.")
            begun = number
        elif _END.match(line):
            if not begun:
                raise ScaffoldError(f"{name}, line {number}, ends a sample part that has not begun.", "Correct the marks.")
            begun, joining = 0, True
        elif not begun:
            if joining and not line.strip() and (not kept or not kept[-1].strip()):
                continue
            joining = False
            kept.append(line)
    if begun:
        raise ScaffoldError(f"{name}, line {begun}, begins a sample part that has no end.", "Correct the marks.")
    while kept and not kept[-1].strip():
        kept.pop()
    return "".join(f"{line}\n" for line in kept)
