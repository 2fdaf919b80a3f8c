"""The site's navigation: the handbook, with a page for each section that is not written, and the decisions."""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from sections import DOCS, Section, chapters


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Adds chapters and decisions to the part Explanation of the navigation."""
    explanation = next(part["Explanation"] for part in config.nav if "Explanation" in part)
    for chapter in chapters():
        pages = [{f"{section.number} {section.title}": section.page} for section in chapter.sections]
        explanation.append({f"{chapter.number} {chapter.title}": pages})
    decisions = sorted(path.name for path in (DOCS / "decisions").glob("[0-9]*.md"))
    explanation.append({"Decisions": ["decisions/README.md", *(f"decisions/{name}" for name in decisions)]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds a page for every section that is not written, with the parts of the repository that belong to it."""
    for chapter in chapters():
        for section in chapter.sections:
            if not section.written:
                files.append(File.generated(config, section.page, content=_not_yet(section)))
    return files


def _not_yet(section: Section) -> str:
    runs = "These parts of the repository belong to it:\n\n" + "\n".join(f"* `{path}`" for path in section.runs)
    text = f"This section is not written yet. {runs if section.runs else 'No part of the repository demonstrates it.'}"
    return f"# {section.title}\n\n{text}\n\n[What is written](../coverage.md)\n"
