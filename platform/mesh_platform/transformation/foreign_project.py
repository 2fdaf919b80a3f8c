"""The manifest of a dbt project in any folder, made without leaving a trace in it."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mesh_platform.errors import FileRefused, TransformationError


def manifest_of(folder: Path) -> Mapping[str, Any]:
    """What dbt understands of the project in `folder`; no warehouse is opened.

    Raises FileRefused when there is no project, TransformationError when dbt cannot read it.
    """
    if not (folder / "dbt_project.yml").is_file():
        raise FileRefused(f"{folder} is no dbt project: it has no dbt_project.yml.", "Name a dbt project's folder.")
    from dbt.cli.main import dbtRunner

    with TemporaryDirectory() as scratch:
        flags = ["--project-dir", folder, "--target-path", scratch, "--log-path", scratch]
        if (folder / "profiles.yml").is_file():
            flags += ["--profiles-dir", folder]
        quiet = ["--quiet", "--no-version-check", "--log-level", "none", "--log-level-file", "none", "--no-write-json"]
        result = dbtRunner().invoke(
            ["parse", *map(str, flags), *quiet, "--no-partial-parse", "--no-send-anonymous-usage-stats"]
        )
    if not result.success:
        said = " ".join(str(result.exception or "it gave no reason").split())
        raise TransformationError(f"dbt cannot parse {folder}: {said}.", "Correct what it names.")
    return result.result.to_dict(omit_none=False)
