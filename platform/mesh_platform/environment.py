"""Preparing the process: where state is kept, which tools are on the path, and no telemetry."""

import os
import sys
from pathlib import Path

from mesh_platform.home import MeshHome, instance_of_deployment

# Dagster's instance: https://docs.dagster.io/deployment/oss/oss-instance-configuration
_DAGSTER_YAML = """\
# Written by the platform; changes to this file are overwritten.
telemetry: {enabled: false}
# No pop-up on the first visit.
nux: {enabled: false}
freshness: {enabled: true}
# One writer per warehouse: a domain's pool admits one run, and further runs queue.
concurrency:
  pools: {default_limit: 1, granularity: run}
"""


def prepare(home: MeshHome, keep_instance: bool = False) -> None:
    """Sets the environment of this process and its children, and writes the settings of the Dagster instance.

    Args:
        home: the mesh's home; its Dagster instance replaces the current DAGSTER_HOME.
        keep_instance: keep a DAGSTER_HOME that is set, as code locations do: a deployment has its own instance.
    """
    os.environ["MESH_HOME"] = str(home.root)
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    # dagster starts `dagster` and other tools by name; they are beside this interpreter, in an activated venv or not.
    tools = str(Path(sys.executable).parent)
    if tools not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([tools, os.environ.get("PATH", os.defpath)])
    if not (keep_instance and os.environ.get("DAGSTER_HOME")):
        os.environ["DAGSTER_HOME"] = str(home.dagster)
    if os.environ["DAGSTER_HOME"] == str(home.dagster) and not instance_of_deployment():
        settings = home.dagster / "dagster.yaml"
        if not settings.exists() or settings.read_text(encoding="utf-8") != _DAGSTER_YAML:
            home.dagster.mkdir(parents=True, exist_ok=True)
            settings.write_text(_DAGSTER_YAML, encoding="utf-8")
