"""`mesh trace`: what a version was made of, down to the source files, and what a rebuild would lack."""

from rich.tree import Tree

from mesh_capabilities.reproduction.source_files import SourceFile
from mesh_capabilities.reproduction.trace import Traced, parse_version, trace
from mesh_platform.cli.output import age, clean, console, print_json, verdict
from mesh_platform.project import load_project

_COLOURS = {"same": "green", "unknown": "yellow"}


def show_trace(text: str, as_json: bool) -> None:
    """Prints the tree of versions and files, and what speaks against building the version again."""
    traced = trace(load_project(), *parse_version(text))
    if as_json:
        print_json({**_document(traced, set()), "rebuild": _outcome(traced), "rebuild_from_sources": _deep_outcome(traced)})
        return
    seen: set[int] = set()
    tree = Tree(_label(traced), guide_style="dim")
    _grow(tree, traced, seen)
    console().print(tree)
    verdict(not traced.doubts, _sentence(traced))


def _grow(tree: Tree, traced: Traced, seen: set[int]) -> None:
    seen.add(id(traced))
    for doubt in traced.doubts:
        tree.add(f"[{'red' if doubt.forbids else 'yellow'}]! {clean(doubt.sentence)}[/]")
    for source in traced.sources:
        tree.add(_source_label(source))
    for one in traced.inputs:
        if id(one) in seen:
            tree.add(f"[bold]{clean(one)}[/]  [dim]as above[/]")
        else:
            _grow(tree.add(_label(one)), one, seen)


def _label(traced: Traced) -> str:
    version = traced.version
    if version is None:
        return f"[bold]{clean(traced)}[/]  [red]there is no such commit any more[/]"
    said = version.provenance
    parts = [age(version.committed), f"{version.rows:,} rows", f"contract {said.contract_version}"]
    parts += [f"the data of version {said.rolled_back_to}"] if said.rolled_back_to is not None else []
    parts += [] if traced.readable else ["can be read no more"]
    return f"[bold]{clean(traced)}[/]  {clean(', '.join(parts))}"


def _source_label(source: SourceFile) -> str:
    file = source.path.name if source.path else "a file"
    colour = _COLOURS.get(source.state, "red")
    return f"{clean(source.table)}  {clean(file)}, sha256 {source.sha256[:12]}…, [{colour}]{_STATES[source.state]}[/]"


_STATES = {"same": "as it was", "changed": "changed since", "gone": "gone", "unknown": "not known where it was"}


def _outcome(traced: Traced) -> str:
    """`same`, `may_differ` or `impossible`."""
    return "same" if not traced.doubts else "may_differ" if traced.possible else "impossible"


def _deep_outcome(traced: Traced) -> str:
    outcomes = {_outcome(one) if one.version else "impossible" for one in traced.walk()}
    return next(one for one in ("impossible", "may_differ", "same") if one in outcomes)


def _sentence(traced: Traced) -> str:
    own = {
        "same": f"a rebuild of {traced} from its inputs would give the same data",
        "may_differ": f"a rebuild of {traced} may give other data",
        "impossible": f"{traced} cannot be built again",
    }[_outcome(traced)]
    reasons = "; ".join(doubt.sentence for doubt in traced.doubts)
    if reasons:
        return f"{own}: {reasons}"
    deep = {
        "same": "so would one of everything from the source files",
        "may_differ": "one of everything from the source files may not",
        "impossible": "of what they were made of themselves, not all can be built again",
    }[_deep_outcome(traced)]
    return f"{own}; {deep}"


def _document(traced: Traced, seen: set[int]) -> dict:
    if id(traced) in seen:
        return {"port": str(traced.address), "version": traced.number, "again": True}
    seen.add(id(traced))
    version = traced.version
    said = version.provenance if version else None
    return {
        "port": str(traced.address),
        "version": traced.number,
        "committed": version.committed if version else None,
        "rows": version.rows if version else None,
        "readable": traced.readable,
        "contract": f"{said.contract} {said.contract_version}" if said else None,
        "contract_digest": said.contract_digest if said else None,
        "code_digest": said.code_digest if said else None,
        "engine": said.engine if said else None,
        "run": said.run if said else None,
        "rolled_back_to": said.rolled_back_to if said else None,
        "days": said.days if said else None,
        "days_read": said.days_read if said else {},
        "doubts": [{"sentence": doubt.sentence, "forbids": doubt.forbids} for doubt in traced.doubts],
        "sources": [
            {"table": str(one.table), "sha256": one.sha256, "file": str(one.path) if one.path else None, "state": one.state}
            for one in traced.sources
        ],
        "inputs": [_document(one, seen) for one in traced.inputs],
    }
