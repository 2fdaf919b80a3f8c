"""The folder of a portal: what is new is written, what has changed is replaced, what no build made is left alone."""

import json
from pathlib import Path

from mesh_platform.errors import PortalError

MARK = ".mesh-portal.json"
"""Lists what the last build wrote. Its presence says that the folder is a portal's, to be written anew."""


class Folder:
    """Takes in the files of one build.

    Args:
        root: the folder. It has to be new, empty, or that of an earlier build: a build removes what it no longer makes.

    Raises PortalError for a folder of somebody else's files, and for one that cannot be written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.written = 0
        self._files: set[str] = set()
        mark = root / MARK
        if root.exists() and (not root.is_dir() or (any(root.iterdir()) and not mark.is_file())):
            raise PortalError(f"{root} holds files that are not a portal's.", "Name a new or an empty folder with --to.")
        self._before = self._listed(mark)

    def put(self, name: str, content: str | bytes) -> None:
        """Writes a file, `name` from the portal's root, unless it is there with that content."""
        data = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
        path = self.root / name
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise PortalError(f"A page would be written outside the portal, to {name!r}.", "This is a fault of the portal.")
        try:
            if name not in self._before or not path.is_file() or path.read_bytes() != data:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                self.written += 1
        except OSError as problem:
            raise PortalError(f"{path} cannot be written: {problem.strerror}.", "Name another folder with --to.") from problem
        self._files.add(name)

    def close(self) -> int:
        """Removes what earlier builds wrote and this one did not, and notes what it wrote; says how many files there are."""
        for name in self._before - self._files:
            path = self.root / name
            if ".." not in Path(name).parts:
                path.unlink(missing_ok=True)
                for folder in path.parents:
                    if folder == self.root or not folder.is_dir() or any(folder.iterdir()):
                        break
                    folder.rmdir()
        (self.root / MARK).write_text(json.dumps(sorted(self._files)), encoding="utf-8")
        return len(self._files)

    @staticmethod
    def _listed(mark: Path) -> set[str]:
        try:
            return {str(name) for name in json.loads(mark.read_text(encoding="utf-8"))}
        except (OSError, ValueError):
            return set()
