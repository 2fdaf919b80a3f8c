"""The home of a mesh: one folder for its state, and which source folder is in use."""

from pathlib import Path

import pytest

from mesh_platform.errors import ProjectError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.shelf import port_folders


def test_the_home_is_dot_mesh_beside_the_registry(tmp_path, monkeypatch):
    monkeypatch.delenv("MESH_HOME", raising=False)
    assert MeshHome.of(tmp_path).root == tmp_path / ".mesh"


def test_mesh_home_wins_and_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MESH_HOME", "state")
    assert MeshHome.of(Path("/elsewhere")).root == tmp_path / "state"


def test_an_empty_mesh_home_counts_as_none(tmp_path, monkeypatch):
    monkeypatch.setenv("MESH_HOME", "")
    assert MeshHome.of(tmp_path).root == tmp_path / ".mesh"


def test_everything_has_its_place_below_the_home(tmp_path):
    home, orders = MeshHome(tmp_path), PortAddress("sales", "orders")
    assert home.port(orders, 1) == tmp_path / "ports/sales/orders/v1"
    assert home.port(orders, 2) == tmp_path / "ports/sales/orders/v2"
    assert home.warehouse("sales") == tmp_path / "warehouses/sales/sales.duckdb"
    private = [home.dagster, home.sources, home.candidates("sales"), home.aside("sales"), home.dbt("sales"), home.lock("sales")]
    assert all(path.is_relative_to(tmp_path) and not path.is_relative_to(home.ports) for path in private)


def test_asking_where_something_is_creates_nothing(tmp_path):
    home = MeshHome(tmp_path / "home")
    assert home.source == home.sources
    assert not home.root.exists()


def test_the_source_read_last_is_remembered(tmp_path, monkeypatch):
    monkeypatch.delenv("MESH_SOURCE", raising=False)
    home = MeshHome(tmp_path / "home")
    home.remember_source(tmp_path / "my files")
    assert home.source == tmp_path / "my files"
    home.remember_source(tmp_path / "größe")
    assert MeshHome(tmp_path / "home").source == tmp_path / "größe"


def test_a_relative_source_is_remembered_from_where_it_was_named(tmp_path, monkeypatch):
    monkeypatch.delenv("MESH_SOURCE", raising=False)
    monkeypatch.chdir(tmp_path)
    home = MeshHome(tmp_path / "home")
    home.remember_source(Path("files"))
    monkeypatch.chdir("/")
    assert home.source == tmp_path / "files"


def test_mesh_source_wins_over_the_remembered_one(tmp_path, monkeypatch):
    home = MeshHome(tmp_path / "home")
    home.remember_source(tmp_path / "remembered")
    monkeypatch.setenv("MESH_SOURCE", str(tmp_path / "named"))
    assert home.source == tmp_path / "named"


def test_of_ports_in_a_bucket_the_home_holds_copies(tmp_path, monkeypatch):
    monkeypatch.setenv("MESH_PORTS", "s3://company-data/mesh/ports/")
    home, orders = MeshHome(tmp_path), PortAddress("sales", "orders")
    assert home.port(orders, 1) == tmp_path / "copies/company-data/mesh/ports/sales/orders/v1"


@pytest.mark.parametrize("url", ["gs://mesh/ports", "s3://", "/shared/ports", "s3://mesh/a b", "s3://mesh/a%20b"])
def test_what_is_no_bucket_is_refused_by_name(tmp_path, monkeypatch, url):
    monkeypatch.setenv("MESH_PORTS", url)
    with pytest.raises(ProjectError, match="MESH_PORTS is .* which is not a bucket with a prefix.*Write s3://bucket/prefix"):
        _ = MeshHome(tmp_path).ports


def test_ports_in_a_bucket_need_a_capability_that_the_mesh_lists(company, monkeypatch):
    company.registry()
    monkeypatch.chdir(company.root)
    monkeypatch.setenv("MESH_PORTS", "s3://company-data/mesh")
    with pytest.raises(ProjectError, match="no capability in mesh.toml stores ports in s3.*List the capability"):
        port_folders(MeshHome(company.root / ".mesh"))


def test_a_deployment_names_its_own_dagster_instance(tmp_path, monkeypatch):
    monkeypatch.setenv("MESH_INSTANCE", str(tmp_path / "instance"))
    with pytest.raises(ProjectError, match="MESH_INSTANCE is .*instance, but that folder has no dagster.yaml.*Set it to"):
        _ = MeshHome(tmp_path / "home").dagster
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance/dagster.yaml").write_text("telemetry: {enabled: false}\n")
    assert MeshHome(tmp_path / "home").dagster == tmp_path / "instance"
