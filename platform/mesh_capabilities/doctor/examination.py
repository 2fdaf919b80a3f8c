"""Everything that is looked at, in the order in which a person would set it right."""

from collections.abc import Callable, Iterator
from pathlib import Path

from mesh_capabilities.doctor.machine import look_at_machine
from mesh_capabilities.doctor.packages import look_at_packages
from mesh_capabilities.doctor.registry import look_at_domains
from mesh_capabilities.doctor.state import look_at_locks, look_at_ports
from mesh_capabilities.doctor.symptom import Symptom, problem
from mesh_platform.errors import MeshError
from mesh_platform.home import MeshHome
from mesh_platform.project import load_project


def examine(root: Path) -> Iterator[Symptom]:
    """Looks at everything in the mesh whose repository is `root`, even where one look fails, and leaves it as it was.

    Raises ProjectError when the path of the mesh's home is one that no table can lie in.
    """
    home = MeshHome.of(root)
    looks: list[tuple[str, Callable[[], Iterator[Symptom]]]] = [
        ("machine", lambda: look_at_machine(root, home.root)),
        ("environment", lambda: look_at_packages(root)),
        ("domains", lambda: look_at_domains(load_project(root))),
        ("locks", lambda: look_at_locks(home)),
        ("ports", lambda: look_at_ports(home)),
    ]
    for subject, look in looks:
        try:
            yield from look()
        except MeshError as trouble:
            yield problem(subject, trouble.found.replace(f"{root}/", ""), trouble.way_out)
        except OSError as trouble:
            yield problem(subject, f"{trouble.filename} cannot be read: {trouble.strerror}", "Correct its owner and its mode.")
