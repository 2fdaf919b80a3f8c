"""The page of everything that can be set: environment variables, make's variables, and the keys of the files."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PLATFORM = ROOT / "platform/mesh_platform"


def page() -> str:
    """The whole page."""
    return "\n\n".join(
        [
            "# Configuration",
            "What is not listed here is not configured but written: in a contract, a product, a model.",
            "## Environment",
            "\n".join(["| variable | what it does |", "|---|---|", *_environment()]),
            "## `domain.yaml`",
            "What a domain says of itself, with the comments of the file:",
            f"```yaml\n{(ROOT / 'domains/governance/domain.yaml').read_text(encoding='utf-8').rstrip()}\n```",
            "## Variables of make",
            "\n".join(["| variable | default |", "|---|---|", *_make()]),
            "## The words that the platform adds to the standards",
            "Both standards leave room for them in `customProperties`.",
            "\n".join(["| property | read by |", "|---|---|", *_custom_properties()]),
        ]
    )


_VARIABLES = {
    "MESH_HOME": "where the state of the mesh is; default: `.mesh` beside `workspace.yaml`",
    "MESH_SOURCE": "the folder of source files; default: the one read last, else the generated files",
    "MESH_PORTS": "where the ports are kept: `s3://bucket/prefix`; default: `ports` in the home",
    "MESH_INSTANCE": "the folder of the Dagster instance of a deployment; default: `dagster` in the home",
    "DAGSTER_HOME": "kept by code locations that another Dagster loads; `mesh` itself uses the mesh's own",
    "DAGSTER_EVENT_BATCH_SIZE": "how many events Dagster stores together; `mesh run` sets 1000 where it is not set",
}


def _environment() -> Iterator[str]:
    """What the platform reads of the environment; one that it begins to read has to be described here."""
    read = set()
    for path in _PLATFORM.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        read |= set(re.findall(r"environ(?:\.get\(|\.setdefault\(|\[)\"([A-Z_]+)\"(?!\] =)", text)) - {"PATH"}
    for name in sorted(read):
        yield f"| `{name}` | {_VARIABLES[name]} |"


def _make() -> Iterator[str]:
    for name, default in re.findall(r"^(\w+) +\?= *(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE):
        yield f"| `{name}` | {f'`{default}`' if default else ''} |"


def _custom_properties() -> Iterator[str]:
    """Every name that the platform looks up among custom properties, and the module that does."""
    for path in sorted(_PLATFORM.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        names = set(re.findall(r"stated\([^()]*(?:\([^()]*\))?[^()]*, \"(\w+)\"\)", text))
        if "stated(" in text:
            names |= set(re.findall(r"^PROPERTY = \"(\w+)\"", text, re.MULTILINE))
        for name in sorted(names):
            yield f"| `{name}` | `{path.relative_to(ROOT).as_posix()}` |"
