"""Everything that the pages of one build share: the facts, what follows from them, and how they are made into HTML."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from mesh_capabilities.portal import addresses, judgement, words
from mesh_capabilities.portal.facts import Facts
from mesh_capabilities.portal.glossary import Term, terms
from mesh_capabilities.portal.judgement import Judgement
from mesh_capabilities.portal.relations import Relations
from mesh_capabilities.portal.samples import Sampler
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress

COLOURS = 8
"""How many colours the style sheet has for domains; the ninth domain has that of the first."""


@dataclass(frozen=True)
class View:
    """What pages are made from.

    `home` is None for a mesh that stands on paper only; `root` is the folder from which the code that pages show is run.
    """

    facts: Facts
    home: MeshHome | None = None
    root: Path | None = None

    @cached_property
    def relations(self) -> Relations:
        """Who consumes whom."""
        return Relations(self.facts)

    @cached_property
    def judgement(self) -> Judgement:
        """What the policies say."""
        return Judgement(self.facts)

    @cached_property
    def sampler(self) -> Sampler:
        """Rows to look at."""
        return Sampler(self.home)

    @cached_property
    def terms(self) -> Mapping[str, Term]:
        """The glossary."""
        return terms(self.facts)

    @cached_property
    def colours(self) -> dict[str, int]:
        """The colour of each domain."""
        return {name: at % COLOURS for at, name in enumerate(self.facts.domains)}

    def data_path(self, port: str, major: int) -> str:
        """The Delta table of a port, as code that runs in the repository's root names it."""
        if self.home is None or port.count("/") != 1:
            return f".mesh/ports/{port}/v{major}"
        folder = self.home.port(PortAddress(*port.split("/")), major)
        if self.root is not None and folder.is_relative_to(self.root):
            return folder.relative_to(self.root).as_posix()
        return folder.as_posix()

    def render(self, template: str, page: str, **context: Any) -> str:
        """A page as HTML.

        Args:
            template: its name among the templates.
            page: where the page will stand, from the portal's root.
            context: what the template shows.
        """
        shared = {"root": addresses.root_from(page), "moment_built": self.facts.moment, "page": page}
        return self._templates.get_template(template).render(**shared, **context)

    @cached_property
    def _templates(self) -> Any:
        from jinja2 import Environment, PackageLoader, StrictUndefined

        made = Environment(
            loader=PackageLoader("mesh_capabilities.portal"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in ("number", "counted", "span", "size", "moment", "day", "iso", "sentence"):
            made.filters[name] = getattr(words, name)
        made.filters["when"] = _when
        made.filters["urlencode"] = partial(quote, errors="replace")  # a name may hold what no encoding has
        for name in ("domain_page", "product_page", "port_anchor", "column_anchor"):
            made.globals[name] = getattr(addresses, name)
        made.globals |= {"MARKS": judgement.MARKS, "SAID": judgement.SAID, "TONES": judgement.TONES}
        made.globals |= {"facts": self.facts, "colours": self.colours}
        return made


def _when(value: Any) -> Markup:
    """A moment in a `<time>`, to which the page adds how long ago it was."""
    if value is None:
        return Markup("")
    return Markup(f'<time datetime="{words.iso(value)}">{words.moment(value)}</time>')  # of a date nothing has to be escaped
