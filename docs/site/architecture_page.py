"""The page on the architecture: the layers, the path of one `mesh run`, and the figures, all read from the code."""

from pathlib import Path
from typing import NamedTuple

from shape import CAPABILITIES, CORE, ISOLATION, Shape

ROOT = Path(__file__).parents[2]


class Step(NamedTuple):
    """One function on the path of `mesh run`. `calls` is a name in its text that leads to the next step."""

    file: str
    function: str
    does: str
    calls: str


RUN = [
    Step("cli/app.py", "run", "parses the arguments", "run_mesh"),
    Step("cli/run.py", "run_mesh", "loads the mesh, prints progress and the verdict", "execute"),
    Step("dagster/execute.py", "execute", "starts one Dagster run for each domain, producers first", "_run_location"),
    Step("dagster/execute.py", "_run_location", "takes the lock of the domain's warehouse", "_run_domain"),
    Step("dagster/execute.py", "_run_domain", "runs the domain's assets in this process", "run_job"),
    Step("dagster/port_assets.py", "port_assets", "is the asset of the domain's ports", "publish"),
    Step("publish/publishing.py", "publish", "asks the gates, pins inputs, builds, judges, ends each attempt", "judge_attempt"),
    Step(
        "publish/candidate_judgement.py",
        "judge_candidate",
        "audits the candidate, and sets bad rows aside within their bound",
        "audit",
    ),
    Step("contract/audit.py", "audit", "holds the candidate's files against every rule of the contract", "read_footers"),
    Step("publish/publishing.py", "commit", "completes the provenance and publishes the candidate", "publish"),
    Step("publish/candidate.py", "publish", "hands the candidate over as a version of its port", "publish"),
    Step("port/output_port.py", "publish", "moves the files and makes one Delta commit", "hand_over"),
]
"""The path of one `mesh run`, from the command to the commit."""

CONTRACT = [
    Step("contract/document.py", "load_contract", "reads the YAML and validates it against the official schema", "contract_in"),
    Step("contract/document.py", "contract_rules", "collects the rules from every part of the contract", "key_rules"),
    Step("contract/options.py", "option_rules", "turns the options of a column's type into rules", "no_row"),
    Step("contract/rule.py", "no_row", "is one rule: what is measured, what passes, which rows are to blame", "Rule"),
]
"""The path of one promise, from the contract's YAML to the rule as SQL."""

BEFORE = {
    "modules": 421,
    "lines": 31_097,
    "closure": 173,
    "imports": 5.6,
    "contract": 36,
    "candidate": 10,
    "names": 17,
}
"""The same figures of the platform as one package, measured in the same way."""


def page() -> str:
    """The text of docs/architecture.md."""
    return "\n\n".join(
        [
            "# Architecture",
            "The platform is a core and capabilities. The core is what a data mesh is: contracts, ports, products, and the "
            "one way to publish. A capability is what a mesh can do besides: governance, lineage, a portal. The core knows "
            "no capability. A capability implements hooks of the core, and the mesh lists it in `mesh.toml`.",
            "![The layers of the core, and the capabilities above it; arrows only point down](diagrams/platform.svg)",
            "`make lint` enforces the layers: import-linter refuses an import that points up, a capability in the core, "
            "circular imports between capabilities, Dagster outside of `mesh_platform/dagster`, and dbt outside of "
            "`mesh_isolation/dbt_commands.py`. `tests/architecture` holds what depends on the domains of a mesh: a domain "
            "imports the public names of `mesh_platform`, and nothing else.",
            "Below the core, `platform/mesh_isolation` holds the code of a domain to declared files. It knows nothing of a "
            "data mesh: [security.md](security.md) says what it stops.",
            "## The core",
            _folders(),
            "## The interface between core and capabilities",
            "`platform/mesh_platform/hooks.py` has all hooks; it takes two minutes to read.",
            _hooks(),
            "A capability that `mesh.toml` lists, and that is missing or does not load, stops every command with an error "
            "that names it: a missing package cannot disable a gate. A capability that is not listed is never imported. "
            "The core passes its own tests without any capability: `make test-core`.",
            "## The capabilities",
            _capabilities(),
            "## The path of one `mesh run`",
            _path(RUN),
            "`publish` is the only way to publish what a run builds; `mesh rollback` judges an earlier version as it does. "
            "The run says what it is for, and the caller says how an attempt ends. `mesh "
            "run` commits it. `mesh dev` builds also what a gate refuses, and keeps the candidate. `mesh check` compares the "
            "candidate with what is served, and commits it to a mesh that is thrown away. `mesh reproduce` reads the inputs "
            "of an earlier version, and keeps the candidate. Only a run whose purpose is to publish can commit, and it asks "
            "every gate.",
            "## The path of one promise",
            _path(CONTRACT),
            "## Figures",
            "Measured from the code by `docs/site/shape.py`; a test compares this table with the code. The core has at most 80 "
            "modules. The aim of 10,000 lines is not met: a test bounds them at 11,100.",
            _figures(),
        ]
    )


def _folders() -> str:
    order = [
        "cli",
        "dagster",
        "publish",
        "quarantine",
        "build",
        "ingestion",
        "product",
        "port",
        "contract",
        "capabilities",
        "hooks",
    ]
    rows = [f"| `{name}` | {_sentence(_module(CORE, name))} |" for name in order]
    return "\n".join(["| from top to bottom | what it is |", "|---|---|", *rows])


def _hooks() -> str:
    import inspect

    from mesh_platform.hooks import Hooks

    hooks = [(name, inspect.getdoc(hook)) for name, hook in vars(Hooks).items() if not name.startswith("_")]
    return "\n".join(["| hook | what it asks or adds |", "|---|---|", *(f"| `{name}` | {_line(doc)} |" for name, doc in hooks)])


def _capabilities() -> str:
    folders = sorted(path.parent.name for path in (ROOT / "platform" / CAPABILITIES).glob("*/__init__.py"))
    rows = []
    for name in folders:
        kind, _, sentence = _sentence(_module(CAPABILITIES, name)).partition(": ")
        link = f"[{name}](../platform/{CAPABILITIES}/{name}/README.md)"
        rows.append(f"| {link} | {sentence[:1].upper() + sentence[1:] if sentence else kind} |")
    return "\n".join(["| capability | what it does |", "|---|---|", *rows])


def _path(steps: list[Step]) -> str:
    rows = [
        f"| {number} | [{step.file}](../platform/{CORE}/{step.file}) | `{step.function}` | {step.does} |"
        for number, step in enumerate(steps, 1)
    ]
    return "\n".join(["| | file | function | what it does |", "|---|---|---|---|", *rows])


def figures() -> dict[str, tuple[object, object]]:
    """The figures by name, before and now."""
    shape = Shape(ROOT / "platform")
    closure = shape.closure(f"{CORE}.dagster.factory")
    contract = [name for name in shape.closure(f"{CORE}.contract.document") if f"{CORE}.contract." in name]
    return {
        "modules of the core": (BEFORE["modules"], len(shape.within(CORE))),
        "lines of the core": (BEFORE["lines"], shape.lines(CORE)),
        "modules of the isolation": ("", len(shape.within(ISOLATION))),
        "lines of the isolation": ("", shape.lines(ISOLATION)),
        "modules of the capabilities": ("", len(shape.within(CAPABILITIES))),
        "lines of the capabilities": ("", shape.lines(CAPABILITIES)),
        "modules that build a code location, directly and through others": (BEFORE["closure"], len(closure)),
        "own imports per 100 lines of the core": (BEFORE["imports"], shape.imports_per_100_lines(CORE)),
        "modules that reading a contract needs, from YAML to rule": (BEFORE["contract"], len(contract)),
        "files on the path from `mesh run` to the commit": (BEFORE["candidate"], len({step.file for step in RUN})),
        "public classes whose name several modules define": (BEFORE["names"], len(shape.names_of_several_things())),
    }


def _figures() -> str:
    rows = [f"| {name} | {_number(before)} | {_number(now)} |" for name, (before, now) in figures().items()]
    return "\n".join(["| | as one package | now |", "|---|---|---|", *rows])


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def _module(package: str, name: str) -> Path:
    folder = ROOT / "platform" / package / name
    return folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")


def _sentence(path: Path) -> str:
    return _line(path.read_text(encoding="utf-8").split('"""')[1])


def _line(text: str | None) -> str:
    line = " ".join((text or "").split("\n\n")[0].split()).replace("|", "\\|")
    return line if line.endswith(("?", ".")) else f"{line}."
