"""What every page of a build shares: the facts, the templates and the wording of numbers and times."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from mesh_capabilities.portal import addresses
from mesh_capabilities.portal.glossary import Term, terms
from mesh_capabilities.portal.portal_facts import STATE_LABELS, STATE_MARKS, STATE_TONES, PolicyResults, PortalFacts, Relations
from mesh_capabilities.portal.reading_guide import Sampler
from mesh_isolation.text import counted, visible
from mesh_platform.capabilities import SETTINGS
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress

COLOURS = 8
"""How many colours the style sheet has for domains. The ninth domain has the colour of the first."""
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
"""The content security policy of every page: it loads the files of the portal, and nothing else."""
SMALL = 60
"""Up to this number of products, pictures and scoreboards show every product; above it, domains."""


@dataclass(frozen=True)
class View:
    """The input of all pages.

    `home` is the mesh's home, from which sample rows are read; `root` is the repository, where the code on the pages runs.
    Both are None if only the metadata tables exist.
    """

    facts: PortalFacts
    home: MeshHome | None = None
    root: Path | None = None

    @cached_property
    def mesh(self) -> str:
        """What the mesh is called on every page; `mesh.toml` names its owner."""
        file = self.root and self.root / SETTINGS
        owner = tomllib.loads(file.read_text(encoding="utf-8-sig")).get("name") if file and file.is_file() else None
        return f"Data mesh of {owner}" if owner else "Data mesh"

    @cached_property
    def relations(self) -> Relations:
        """Which product reads which."""
        return Relations(self.facts)

    @cached_property
    def policy_results(self) -> PolicyResults:
        """The results of all policies."""
        return PolicyResults(self.facts)

    @cached_property
    def sampler(self) -> Sampler:
        """Reads sample rows."""
        return Sampler(self.home)

    @cached_property
    def terms(self) -> Mapping[str, Term]:
        """The terms of the glossary."""
        return terms(self.facts)

    @cached_property
    def colours(self) -> dict[str, int]:
        """The colour of each domain."""
        return {name: index % COLOURS for index, name in enumerate(self.facts.domains)}

    @property
    def small(self) -> bool:
        """Whether the mesh is small enough to show every product in one picture."""
        return len(self.facts.products) <= SMALL

    def data_path(self, port: str, major: int) -> str:
        """The path of a port's Delta table for code that runs in the root of the repository."""
        if self.home is None or port.count("/") != 1:
            return f".mesh/ports/{port}/v{major}"
        folder = self.home.port(PortAddress(*port.split("/")), major)
        if self.root is not None and folder.is_relative_to(self.root):
            return folder.relative_to(self.root).as_posix()
        return folder.as_posix()

    def render(self, template: str, page: str, **context: Any) -> str:
        """A page as HTML.

        Args:
            template: its file name.
            page: the path of the page, from the portal's root.
            context: the variables of the template.
        """
        shared = {"root": addresses.root_from(page), "moment_built": self.facts.moment, "page": page, "policy": POLICY}
        return self._templates.get_template(template).render(**shared, **context)

    @cached_property
    def _templates(self) -> Any:
        from jinja2 import Environment, PackageLoader, StrictUndefined

        environment = Environment(
            loader=PackageLoader("mesh_capabilities.portal"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=lambda value: visible(value) if type(value) is str else value,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in ("number", "counted", "span", "size", "moment", "day", "iso", "sentence"):
            environment.filters[name] = globals()[name]
        environment.filters["when"] = when
        environment.filters["urlencode"] = partial(quote, errors="replace")  # a name may contain lone surrogates
        for name in ("domain_path", "product_path", "port_anchor", "column_anchor"):
            environment.globals[name] = getattr(addresses, name)
        environment.globals |= {"STATE_MARKS": STATE_MARKS, "STATE_LABELS": STATE_LABELS, "STATE_TONES": STATE_TONES}
        environment.globals |= {"facts": self.facts, "colours": self.colours, "mesh": self.mesh}
        return environment


_SPANS = ((86_400 * 7, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_SIZES = ("B", "kB", "MB", "GB", "TB")


def number(value: float | None) -> str:
    """`12345` → `12,345`; empty for None."""
    return "" if value is None else f"{value:,}"


def span(seconds: float) -> str:
    """A time span in the largest unit that gives a whole number, or with one decimal: `1 day`, `36 hours`, `2.5 minutes`."""
    for size, unit in _SPANS:
        if seconds >= size and seconds % size == 0:
            return counted(int(seconds // size), unit)
    for size, unit in _SPANS[1:]:
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}s"
    return f"{seconds:.1f} seconds"


def size(count: int | None) -> str:
    """A number of bytes: `1.2 MB`."""
    if count is None:
        return ""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_SIZES) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {_SIZES[unit]}" if value >= 100 or not unit else f"{value:.1f} {_SIZES[unit]}"


def moment(value: datetime | None) -> str:
    """`25 Nov 2026, 09:12 UTC`; empty for None."""
    if value is None:
        return ""
    utc = value.astimezone(UTC) if value.tzinfo else value
    return f"{utc.day} {utc:%b %Y, %H:%M} UTC"


def when(value: Any) -> Markup:
    """A time as a `<time>` element; the script of the page adds how long ago it was."""
    if value is None:
        return Markup("")
    return Markup(f'<time datetime="{iso(value)}">{moment(value)}</time>')  # a date needs no escaping


def day(value: date | None) -> str:
    """`25 Nov 2026`; empty for None."""
    return "" if value is None else f"{value.day} {value:%b %Y}"


def iso(value: datetime | date | None) -> str:
    """A time in ISO 8601, UTC; empty for None."""
    if isinstance(value, datetime):
        return (
            value.astimezone(UTC).isoformat(timespec="seconds") if value.tzinfo else f"{value.isoformat(timespec='seconds')}Z"
        )
    return value.isoformat() if value else ""


def sentence(text: str | None) -> str:
    """A text with a full stop at its end."""
    line = " ".join((text or "").split())
    return line if not line or line[-1] in ".!?…" else f"{line}."
