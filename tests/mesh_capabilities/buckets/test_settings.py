"""What is said when ports are to be kept in a bucket and something is missing for it."""

import sys

import pytest

from mesh_platform.errors import ProjectError
from mesh_platform.home import MeshHome
from mesh_platform.port.shelf import port_folders


def test_a_bucket_without_the_package_that_reaches_it_says_what_to_install(company, monkeypatch):
    company.registry()
    monkeypatch.chdir(company.root)
    monkeypatch.setenv("MESH_PORTS", "s3://company-data/mesh")
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(ProjectError, match="the package obstore is not installed.*deploy/requirements.lock"):
        port_folders(MeshHome(company.root / ".mesh"))
