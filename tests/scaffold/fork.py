"""Adopts a copy of the repository as a stranger would, and runs the linter and the tests of what is left.

The tests of the core and of the capabilities are left out where the adoption has changed nothing that they may read: they
would show the same again.

Usage: make test-fork, or .venv/bin/python tests/scaffold/fork.py --to FOLDER to keep the fork. The fork gets an
environment of its own that borrows the packages of this one, so nothing is downloaded.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from importlib.metadata import entry_points
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 900
"""How long one step may take."""
HELD = {"test-core": "without_capabilities", "test-capabilities": "without_domains"}
"""The targets whose tests are refused what they have not named, with the folders of `tests/support` that name it."""
SETTINGS = {"pyproject.toml": "tool", "mesh.toml": "capabilities"}
"""Of these files the tests read one key, and not the name of the mesh."""


def main() -> int:
    """Gives the exit code: 0 where the fork passes its own tests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, help="an empty folder for the fork; default: one that is removed afterwards")
    wanted = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mesh-fork-") as scratch:
        fork = (wanted.to or Path(scratch) / "fork").absolute()
        copy_committed(fork)
        make_environment(fork)
        mesh = str(fork / ".venv/bin/mesh")
        adopt = [mesh, "adopt", "--name", "Acme", "--drop-samples"]
        for command in (adopt, [str(fork / ".venv/bin/python"), "deploy/reads.py"], ["make", "lint"], None):
            command = command or ["make", *same_results(fork), "test", "test-long"]
            if code := run(fork, *command):
                print(f"✘ `{' '.join(map(str, command))}` ended with {code} in the fork")
                return 1
        commit(fork, "Acme")
    print(f"✔ the fork passes its own tests, {time.monotonic() - start:.0f} s")
    return 0


def same_results(fork: Path) -> list[str]:
    """What tells make to leave out the targets whose tests may read nothing that the adoption has changed."""
    same = [target for target, folder in HELD.items() if not changed(fork, f"tests/support/{folder}/reads.txt")]
    return [word for target in same for word in ("-o", target)]


def changed(fork: Path, reads: str) -> bool:
    """Whether the adoption has changed, added or removed a file that such tests may read; a module of tests reads no other."""
    names = (fork / reads).read_text("utf-8").split()
    for file, key in SETTINGS.items():
        before, after = git(fork, "show", f"HEAD:{file}"), (fork / file).read_text("utf-8")
        if file in names and tomllib.loads(before)[key] != tomllib.loads(after)[key]:
            return True
    wanted = [f":(exclude){name[1:]}" if name.startswith("!") else name for name in names if name not in SETTINGS]
    stands = git(fork, "status", "--porcelain", "--", *wanted).splitlines()
    return any(not re.fullmatch(r" D (.*/)?test_\w+\.py", line) for line in stands)


def copy_committed(fork: Path) -> None:
    """Every file of the repository that is or could be committed, as it stands now, in a git repository of its own."""
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (fork / name).parent.mkdir(parents=True, exist_ok=True)
            (fork / name).write_bytes((ROOT / name).read_bytes())
            (fork / name).chmod((ROOT / name).stat().st_mode)
    git(fork, "init", "--quiet")
    commit(fork, "The reference")


def commit(fork: Path, message: str) -> None:
    """Takes everything that stands there into the fork's history."""
    git(fork, "add", "--all")
    git(fork, "-c", "user.name=fork", "-c", "user.email=fork@example.com", "commit", "--quiet", "--message", message)


def make_environment(fork: Path) -> None:
    """An environment in which the fork's packages are the fork's own, and all others those that are installed here."""
    own = fork / ".venv"
    venv.create(own, with_pip=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    borrowed = own / "lib" / version / "site-packages" / "zz_borrowed.pth"
    packages = [path for path in sys.path if Path(path).name == "site-packages"]
    borrowed.write_text("".join(f"{path}\n" for path in packages), encoding="utf-8")
    (own / "bin/ruff").symlink_to(Path(sys.executable).parent / "ruff")
    for tool in ("dagster", "dagster-webserver", "dagster-daemon", "lint-imports"):  # as pip would write them
        module, _, function = next(iter(entry_points(group="console_scripts", name=tool))).value.partition(":")
        script = own / "bin" / tool
        script.write_text(f"#!{own}/bin/python\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n")
        script.chmod(0o755)
    packages = [word for file in sorted(fork.glob("examples/*/pyproject.toml")) for word in ("--editable", str(file.parent))]
    pip = [str(own / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = run(fork, *pip, "--no-deps", "--no-build-isolation", "--editable", str(fork / "platform"), *packages)
    assert done == 0, "the fork's packages cannot be installed"
    assert run(fork, str(own / "bin/python"), "-W", "ignore::RuntimeWarning", "-m", "mesh_isolation.packages") == 0
    for stamp in (".ready", ".domains"):  # in this order: make takes the second for made of the first
        (own / stamp).touch()


def run(fork: Path, *command: str) -> int:
    """Runs a command in the fork, with nothing of this environment; gives its exit code."""
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR", "LANG") if name in os.environ}
    plain = {**kept, "PATH": os.pathsep.join(["/usr/local/bin", "/usr/bin", "/bin"])}
    return subprocess.run(list(map(str, command)), cwd=fork, env=plain, timeout=SECONDS).returncode


def git(folder: Path, *words: str) -> str:
    """What git says."""
    command = ["git", "-c", f"safe.directory={folder}", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
