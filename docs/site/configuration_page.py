"""The page of all settings: environment variables, make's variables, and the keys of the files."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PLATFORM = ROOT / "platform"


def page() -> str:
    """The whole page."""
    return "\n\n".join(
        [
            "# Configuration",
            "These are all the settings there are. Everything else is in a contract, a product or a model.",
            "## Environment",
            "\n".join(["| variable | what it does |", "|---|---|", *_environment()]),
            "## `mesh.toml`",
            "The capabilities of the mesh:",
            f"```toml\n{(ROOT / 'mesh.toml').read_text(encoding='utf-8').rstrip()}\n```",
            "## `domain.yaml`",
            "One per domain. The comments in the file explain each key:",
            f"```yaml\n{(ROOT / 'domains/governance/domain.yaml').read_text(encoding='utf-8').rstrip()}\n```",
            "The optional key `secrets` lists the environment variables that the domain's code sees; it sees no others. The "
            "platform grants the values, and `domain.yaml` selects among them: `secrets: {TOKEN: env, KEY: file}`. In the "
            "domain `shop`, the value of `TOKEN` is that of the environment variable `MESH_SECRET_SHOP__TOKEN`, and the value "
            "of `KEY` is the text of the file `$MESH_SECRETS/shop/KEY`, at most 64 kB of UTF-8. The file may link to another "
            "file of that folder, and to none outside it. A secret that is not granted fails the run of the domain.",
            "## Variables of make",
            "\n".join(["| variable | default |", "|---|---|", *_make()]),
            "## Custom properties",
            "The platform adds these properties to the two standards, ODCS and ODPS, under `customProperties`.",
            "\n".join(["| property | read by |", "|---|---|", *_custom_properties()]),
        ]
    )


_VARIABLES = {
    "MESH_HOME": "the folder that holds the state of the mesh; default: `.mesh` beside `workspace.yaml`",
    "MESH_KEEP_RUNS": "how many runs of each domain the history keeps; every `mesh run` removes older ones; default: 50",
    "MESH_SECRETS": "the folder with one folder of secrets per domain; default: `/run/secrets`",
    "MESH_SOURCE": "the folder of source files; default: the one read last, else the generated files",
    "MESH_PORTS": "the storage of the ports: `s3://bucket/prefix`; default: `ports` in the home",
    "MESH_INSTANCE": "the folder of the Dagster instance of a deployment; default: `dagster` in the home",
    "DAGSTER_HOME": "respected by code locations that another Dagster loads; `mesh` itself uses the mesh's own instance",
    "DAGSTER_EVENT_BATCH_SIZE": "how many events Dagster stores in one batch; `mesh run` sets 1000 if it is not set",
}

_NO_SETTINGS = {"PATH", "MESH_ONLY"}
"""Variables of the system, and those that the platform sets for dbt."""


def _environment() -> Iterator[str]:
    """The environment variables that the platform reads; a new one must be described in `_VARIABLES`."""
    read = set()
    for path in _PLATFORM.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        read |= set(re.findall(r"environ(?:\.get\(|\.setdefault\(|\[)\"([A-Z_]+)\"(?!\] =)", text)) - _NO_SETTINGS
    for name in sorted(read):
        yield f"| `{name}` | {_VARIABLES[name]} |"


def _make() -> Iterator[str]:
    for name, default in re.findall(r"^(\w+) +\?= *(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE):
        yield f"| `{name}` | {f'`{default}`' if default else ''} |"


def _custom_properties() -> Iterator[str]:
    """Every custom property that the platform reads, and the module that reads it."""
    for path in sorted(_PLATFORM.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        names = set(re.findall(r"stated\([^()]*(?:\([^()]*\))?[^()]*, \"(\w+)\"\)", text))
        if "stated(" in text:
            names |= set(re.findall(r"^\w*PROPERTY = \"(\w+)\"", text, re.MULTILINE))
        for name in sorted(names):
            yield f"| `{name}` | `{path.relative_to(ROOT).as_posix()}` |"
