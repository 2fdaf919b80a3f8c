"""Reading the documents, and doing what they show: everything from top to bottom, in a copy of the repository."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.loaded_mesh import LOADED
from support.starting_point import keep_reviewed

ROOT = Path(__file__).parents[2]
_PLAIN = re.compile(r"""mesh( ([\w@%+=:,./-]|'[^']*'|"[^"$`\\]*")+)*""")
"""A command in which a shell has nothing to do but to take quotes away."""
_FILE_COMMENT = re.compile(r"(?:#|--) ((?:domains|dbt_projects)/\S+)")


@dataclass(frozen=True)
class Fence:
    """A fenced block of a document."""

    document: str
    number: int
    """The line it begins at."""
    heading: str
    language: str
    text: str


@dataclass(frozen=True)
class Shown:
    """A command, or a few lines of Python, and what the document says is printed."""

    document: str
    number: int
    command: str
    output: str

    @property
    def name(self) -> str:
        return f"{self.document} line {self.number}: {self.command.splitlines()[0]}"


def fences(document: str) -> Iterator[Fence]:
    heading, opened, lines = "", None, []
    for number, line in enumerate((ROOT / document).read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("```"):
            if opened:
                yield Fence(document, opened[0], heading, opened[1], "\n".join(lines))
                opened = None
            else:
                opened, lines = (number, line[3:]), []
        elif opened:
            lines.append(line)
        elif line.startswith("#"):
            heading = line


def shown_in(fence: Fence, following: Fence | None) -> Iterator[Shown]:
    """What a block shows: each `$ …` of a console with its output; Python with the plain block that follows."""
    if fence.language == "python":
        yield Shown(fence.document, fence.number, fence.text, following.text)
    if fence.language == "console":
        lines = fence.text.splitlines()
        starts = [at for at, line in enumerate(lines) if line.startswith("$ ")]
        for start, end in zip(starts, [*starts[1:], len(lines)]):
            yield Shown(fence.document, fence.number + 1 + start, lines[start][2:], "\n".join(lines[start + 1 : end]))


def all_shown(documents: Sequence[str]) -> list[Shown]:
    blocks = [list(fences(document)) for document in documents]
    return [shown for some in blocks for fence, next_one in zip(some, [*some[1:], None]) for shown in shown_in(fence, next_one)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "shown" in metafunc.fixturenames:
        metafunc.parametrize("shown", all_shown(metafunc.module.DOCUMENTS), ids=lambda shown: shown.name)


@dataclass
class Reader:
    """Somebody who does what the documents show, edits included, and puts an edit back where the chapter ends."""

    root: Path
    printed: dict[Shown, str] = field(default_factory=dict)
    edited: dict[Path, str | None] = field(default_factory=dict)

    def read(self, document: str) -> None:
        blocks = list(fences(document))
        for before, fence, following in zip([None, *blocks], blocks, [*blocks[1:], None]):
            if before and before.heading != fence.heading:
                self.put_back()
            if fence.language == "diff":
                self.edit(fence.text)
            elif named := _FILE_COMMENT.match(fence.text):
                self.write(self.root / named[1], fence.text.partition("\n")[2] + "\n")
            for shown in shown_in(fence, following):
                self.printed[shown] = self.execute(shown.command, python=fence.language == "python")
        self.put_back()

    def execute(self, command: str, python: bool) -> str:
        if not python and _PLAIN.fullmatch(command):
            done = LOADED.run(shlex.split(command)[1:], self.root, self.environment, timeout=240, merged=True)
            return done.stdout + (f"[exit code {done.returncode}]\n" if done.returncode else "")
        words = [sys.executable, "-c", command] if python else ["bash", "-c", command]
        done = subprocess.run(
            words,
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=240,
        )
        return done.stdout + (f"[exit code {done.returncode}]\n" if done.returncode else "")

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("HOME", "TMPDIR", "LANG") if name in os.environ}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        domains = os.pathsep.join(str(folder) for folder in sorted((self.root / "domains").iterdir()))
        return {**kept, "PATH": path, "PYTHONPATH": domains}

    def edit(self, diff: str) -> None:
        """Exchanges the lines marked `-` for those marked `+`."""
        header, changes = diff.splitlines()[:2], diff.splitlines()[2:]
        path = self.root / header[1].removeprefix("+++ b/")
        old, new = ("".join(f"{line[1:]}\n" for line in changes if line[0] == mark) for mark in "-+")
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{path} does not hold the lines that the document changes"
        self.write(path, text.replace(old, new))

    def write(self, path: Path, text: str) -> None:
        self.edited.setdefault(path, path.read_text(encoding="utf-8") if path.exists() else None)
        path.write_text(text, encoding="utf-8")

    def put_back(self) -> None:
        for path, text in self.edited.items():
            path.unlink() if text is None else path.write_text(text, encoding="utf-8")
        self.edited.clear()


LEFT_OUT = "…"
"""A line of a shown output that stands for any number of lines."""


def plain(text: str, root: object) -> str:
    """Output without what differs each time: where the repository is, seconds, ages, and the widths that come of them."""
    text = text.replace(f"{root}/", "…/")
    text = re.sub(r"\d+\.\d s\b", "# s", text)
    text = re.sub(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b", "#entry", text)
    text = re.sub(r"\d+ (?:s|min|h|d) ago", "# ago", text)
    text = re.sub(r"(?m)(?<=\d) +\d+\.\d$", " #", text)
    return "\n".join(" ".join(line.split()) for line in text.strip("\n").splitlines())


def pattern(shown: str) -> re.Pattern:
    lines = [r"(?:.*\n)*?" if line == LEFT_OUT else re.escape(line) + r"\n" for line in shown.splitlines()]
    return re.compile("".join(lines))


@pytest.fixture(scope="session")
def hold_to() -> Callable[[Shown, str, Path], None]:
    """Holds what was printed to what is shown; a command that failed has to be shown as one that fails."""

    def hold(shown: Shown, printed: str, root: Path) -> None:
        printed, expected = plain(printed, root) + "\n", plain(shown.output, root)
        assert pattern(expected).fullmatch(printed if expected else printed.lstrip("\n")), f"{shown.command} printed\n{printed}"
        assert ("[exit code" in printed) == ("[exit code" in expected), f"{shown.command} printed\n{printed}"

    return hold


@pytest.fixture(scope="module")
def beginner(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader who has done nothing yet, with a copy of what the commands work on."""
    root = tmp_path_factory.mktemp("repository")
    for name in ("domains", "dbt_projects"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
    for name in ("workspace.yaml", "mesh.toml", ".gitignore"):
        shutil.copy(ROOT / name, root)
    # dbt finds the platform's macros beside the projects.
    (root / "platform").symlink_to(ROOT / "platform")
    keep_reviewed(root)
    # Readers have a clone, whose main branch is where they begin.
    author = ("-c", "user.name=mesh", "-c", "user.email=mesh@example.com")
    for command in (("init", "--quiet", "--initial-branch", "main"), ("add", "."), ("commit", "--quiet", "-m", "The mesh")):
        subprocess.run(["git", *author, *command], cwd=root, check=True)
    return Reader(root)


@pytest.fixture(scope="session")
def contributing() -> str:
    return (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
