"""The page of the handbook's sections: whether each is written, and the files of the repository that demonstrate it."""

from sections import Section, chapters


def page() -> str:
    """The whole page, with a table for each chapter."""
    every = [section for chapter in chapters() for section in chapter.sections]
    written = sum(section.written for section in every)
    parts = [
        "# What is written",
        f"The handbook has {len(every)} sections in {len(chapters())} chapters; {written} of them are written. A written "
        'section shows something that runs in this repository, or helps with a decision. "Shown by" lists the files that '
        "demonstrate a section; it is empty where nothing in the repository does.",
    ]
    for chapter in chapters():
        rows = [f"| {section.number} | {_title(section)} | {_runs(section)} |" for section in chapter.sections]
        parts += [f"## {chapter.number} {chapter.title}", "\n".join(["| | section | shown by |", "|---|---|---|", *rows])]
    return "\n\n".join(parts)


def _title(section: Section) -> str:
    return f"[{section.title}]({section.page.removeprefix('handbook/')})" if section.written else f"{section.title}: not yet"


def _runs(section: Section) -> str:
    return ", ".join(f"`{path}`" for path in section.runs)
