"""What Terraform would make, evaluated."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def terraform() -> dict:
    """The evaluated configuration: resources by type; variables and outputs by name, too."""
    import tfparse

    folder = ROOT / "deploy/terraform"
    settings = os.path.relpath(Path(__file__).with_name("example.tfvars"), folder)
    found = tfparse.load_from_path(str(folder), stop_on_hcl_error=True, vars_paths=[settings])
    named = {kind: {each["__tfmeta"]["label"]: each for each in found[kind]} for kind in ("variable", "output")}
    return {**found, **named}
