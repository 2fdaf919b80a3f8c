"""A port's row in the table of its domain's README: what one row of it is, and what it is made of."""

import re
from collections.abc import Sequence

_RULER = re.compile(r"\|[-:| ]+\|")


def add_port(text: str, address: str, grain: str, product: str, made_of: Sequence[str]) -> str:
    """The page with one port more at the end of its table of ports; unchanged where it has none that is known.

    Args:
        text: the page's.
        address: of the port, `logistics/shipments`.
        grain: what one row is, as the contract says it: `One row a shipment.`
        product: that publishes it.
        made_of: ports or files.
    """
    lines = text.splitlines()
    start = _header(lines)
    if start is None:
        return text
    link = f"[`{address}`](contracts/{address.partition('/')[2]}.v1.odcs.yaml)"
    sources = ", ".join(map(_code, made_of))
    row_is = re.sub(r"^One row (?:is )?", "", grain).rstrip(".")
    cells = {"product": f"`{product}`", "one row is": row_is, "consumes": sources, "made of": sources}
    row = [cells.get(name, link if "port" in name else "") for name in _cells(lines[start])]
    last = start + 1
    while last + 1 < len(lines) and lines[last + 1].startswith("|"):
        last += 1
    lines.insert(last + 1, _line(row))
    return "\n".join(lines) + "\n"


def add_input(text: str, ports: set[str], made_of: str) -> str:
    """The page on which the rows of these ports name one input more."""
    lines = text.splitlines()
    start = _header(lines)
    if start is None or _cells(lines[start])[-1] not in ("consumes", "made of"):
        return text
    for number in range(start + 2, len(lines)):
        if not lines[number].startswith("|"):
            break
        *first, last = _cells(lines[number])
        if any(f"`{port}`" in cell for port in ports for cell in first) and _code(made_of) not in last:
            lines[number] = _line([*first, f"{last}, {_code(made_of)}".removeprefix(", ")])
    return "\n".join(lines) + "\n"


def _header(lines: list[str]) -> int | None:
    """Where the table of ports begins, by its columns."""
    for number, line in enumerate(lines[:-1]):
        if _RULER.fullmatch(lines[number + 1].strip()) and "one row is" in _cells(line):
            return number
    return None


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _line(cells: list[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _code(text: str) -> str:
    return f"`{text}`"
