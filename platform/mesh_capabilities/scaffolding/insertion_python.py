"""A source put into a domain's `ingestion.py`: its declaration, and its name in the list SOURCES."""

import ast

from mesh_platform.errors import ScaffoldError

_LONGEST = 120


def add_source(text: str, constant: str, declaration: str, name: str) -> str:
    """The module's text with one source more.

    Args:
        text: the module's.
        constant: the source's name.
        declaration: the statement that declares it.
        name: the file's, for messages.

    Raises ScaffoldError when the module is no Python, has no list SOURCES, or has something of that name.
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
        written = "\n".join(["SOURCES = [", *(f"    {one}," for one in names), "]"])
    before, after = lines[: statement.lineno - 1], lines[statement.end_lineno :]
    changed = "\n".join([*before, declaration.rstrip("\n"), "", written, *after]) + "\n"
    return _importing(changed, tree)


def _assigns_sources(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == "SOURCES" for target in targets)


def _importing(text: str, tree: ast.Module) -> str:
    imported = [alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    if "CsvSource" in imported:
        return text
    raise ScaffoldError("The module does not import CsvSource from mesh_platform.", "Import it there, then try again.")
