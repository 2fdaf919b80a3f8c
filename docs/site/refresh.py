"""The pages that are generated from the code: lists the stale ones, or writes them with --refresh."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), *(str(folder) for folder in ROOT.glob("domains/*"))]

import architecture_page  # noqa: E402
import commands_page  # noqa: E402
import configuration_page  # noqa: E402
import coverage_page  # noqa: E402
import diagrams  # noqa: E402
import errors_page  # noqa: E402
import python_page  # noqa: E402
from sections import chapters  # noqa: E402

MADE_BY = "<!-- Made from the code by docs/site/refresh.py; change the code, and run it with --refresh. -->"


def pages() -> dict[str, str]:
    """The text of each page, by its path below `docs`."""
    texts = {
        "architecture.md": architecture_page.page(),
        "reference/cli.md": commands_page.page(),
        "reference/configuration.md": configuration_page.page(),
        "reference/errors.md": errors_page.page(),
        "reference/python.md": python_page.page(),
    }
    if chapters():
        texts["handbook/coverage.md"] = coverage_page.page()
    pictures = {"diagrams/mesh.svg": diagrams.mesh(), "diagrams/platform.svg": diagrams.platform()}
    return {path: f"{text.rstrip()}\n\n{MADE_BY}\n" for path, text in texts.items()} | pictures


def stale() -> list[str]:
    """The pages that differ from the text generated from the code."""
    files = {path: (ROOT / "docs" / path, text) for path, text in pages().items()}
    return [path for path, (file, text) in files.items() if not file.is_file() or file.read_text(encoding="utf-8") != text]


if __name__ == "__main__":
    old = stale()
    if "--refresh" in sys.argv:
        for path in old:
            (ROOT / "docs" / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / "docs" / path).write_text(pages()[path], encoding="utf-8")
    print(f"{'written' if '--refresh' in sys.argv else 'stale'}: {', '.join(old) or 'none'}")
    sys.exit(bool(old) and "--refresh" not in sys.argv)
