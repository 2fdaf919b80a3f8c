"""Watches the code locations of the UI: one whose process was killed is loaded again; Dagster does not do so."""

from collections import Counter
from collections.abc import Iterator
from threading import Event, Thread

from mesh_isolation.servers import query_graphql
from mesh_isolation.terminal import warn
from mesh_platform.cli.ui import LOCATIONS

_SECONDS = 5
_RELOADS = 4
"""How often in succession a location is loaded again; a reload may come before the killed process is seen to be gone."""
_ANSWER_SECONDS = 60
_RELOAD = "mutation($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) { __typename } }"


class Watch:
    """Beside the UI on the port `ui`, until it is closed. A location that never loaded is left alone."""

    sentence = "code locations are loaded again when their processes are killed"

    def __init__(self, ui: int) -> None:
        self._ui = ui
        self._end = Event()
        self._thread = Thread(target=self._watch, name="watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the watch."""
        self._end.set()

    def _watch(self) -> None:
        loaded: set[str] = set()
        attempts: Counter[str] = Counter()
        while not self._end.wait(_SECONDS):
            states = dict(self._states())
            sound = {name for name, broken in states.items() if not broken}
            loaded |= sound
            for name in sound:
                attempts.pop(name, None)
            for name in (states.keys() & loaded) - sound:
                self._reload(name, attempts)

    def _states(self) -> Iterator[tuple[str, bool]]:
        """The name of every code location that is not just loading, and whether it has an error."""
        for entry in query_graphql(self._ui, LOCATIONS).get("workspaceOrError", {}).get("locationEntries", []):
            if result := entry["locationOrLoadError"]:
                yield entry["name"], result["__typename"] == "PythonError"

    def _reload(self, name: str, attempts: Counter[str]) -> None:
        attempts[name] += 1
        if attempts[name] <= _RELOADS:
            warn(f"The process of the code location {name} has ended; it is loaded again.")
            query_graphql(self._ui, _RELOAD, {"name": name}, _ANSWER_SECONDS)
        elif attempts[name] == _RELOADS + 1:
            warn(f"The code location {name} does not load any more. Stop the UI with Ctrl-C, and start it again.")
