"""Additions to files that people wrote: a source in `ingestion.py`, a row in the table of a README."""

import ast
import re
from collections.abc import Sequence

from mesh_capabilities.errors import ScaffoldError

_LONGEST = 120


def add_source(text: str, constant: str, declaration: str, name: str) -> str:
    """The text of a module with one more source.

    Args:
        text: the text of the module.
        constant: the name of the source.
        declaration: the statement that declares it.
        name: the name of the file, for messages.

    Raises ScaffoldError when the module is not Python, has no list SOURCES, or already uses the name.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as problem:
        raise ScaffoldError(f"{name}, line {problem.lineno}, is not Python: {problem.msg}.", "Correct the file.") from problem
    if any(isinstance(node, ast.Name) and node.id == constant for node in ast.walk(tree)):
        raise ScaffoldError(f"{name} has a {constant} already.", "Choose another name.")
    statement = next((node for node in tree.body if _assigns_sources(node)), None)
    if statement is None or not isinstance(statement.value, ast.List):
        raise ScaffoldError(f"{name} has no list SOURCES = […].", "Give the domain's sources that name.")
    lines = text.splitlines()
    names = [ast.get_source_segment(text, element) for element in statement.value.elts] + [constant]
    written = f"SOURCES = [{', '.join(names)}]"
    if len(written) > _LONGEST:
        written = "\n".join(["SOURCES = [", *(f"    {name}," for name in names), "]"])
    before, after = lines[: statement.lineno - 1], lines[statement.end_lineno :]
    changed = "\n".join([*before, declaration.rstrip("\n"), "", written, *after]) + "\n"
    _check_import(tree)
    return changed


def _assigns_sources(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == "SOURCES" for target in targets)


def _check_import(tree: ast.Module) -> None:
    imported = [alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    if "CsvSource" not in imported:
        raise ScaffoldError("The module does not import CsvSource from mesh_platform.", "Import it there, then try again.")


_RULER = re.compile(r"\|[-:| ]+\|")


def add_port(text: str, address: str, grain: str, product: str, sources: Sequence[str]) -> str:
    """The page with one more row at the end of its table of ports; unchanged if it has no such table.

    Args:
        text: the text of the page.
        address: the address of the port, `logistics/shipments`.
        grain: the grain in the words of the contract: `One row per shipment.`
        product: the product that publishes the port.
        sources: the ports or files that it reads.
    """
    lines = text.splitlines()
    start = _header(lines)
    if start is None:
        return text
    link = f"[`{address}`](contracts/{address.partition('/')[2]}.v1.odcs.yaml)"
    listed = ", ".join(map(_code, sources))
    row_is = re.sub(r"^One row per ([aeiou]?)", lambda match: f"an {match[1]}" if match[1] else "a ", grain).rstrip(".")
    row_is = row_is.replace("|", "&#124;")
    cells = {"product": f"`{product}`", "one row is": row_is, "consumes": listed, "made of": listed}
    row = [cells.get(name, link if "port" in name else "") for name in _cells(lines[start])]
    last = start + 1
    while last + 1 < len(lines) and lines[last + 1].startswith("|"):
        last += 1
    lines.insert(last + 1, _line(row))
    return "\n".join(lines) + "\n"


def add_input(text: str, ports: set[str], source: str) -> str:
    """The page with one more input in the rows of these ports."""
    lines = text.splitlines()
    start = _header(lines)
    if start is None or _cells(lines[start])[-1] not in ("consumes", "made of"):
        return text
    for number in range(start + 2, len(lines)):
        if not lines[number].startswith("|"):
            break
        *first, last = _cells(lines[number])
        if any(f"`{port}`" in cell for port in ports for cell in first) and _code(source) not in last:
            lines[number] = _line([*first, f"{last}, {_code(source)}".removeprefix(", ")])
    return "\n".join(lines) + "\n"


def _header(lines: list[str]) -> int | None:
    """The line of the header of the table of ports."""
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
