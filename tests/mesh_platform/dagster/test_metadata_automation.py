"""The automation of metadata: they are read after other domains have published, and not after governance has."""

import json

import pytest
from dagster import AssetKey, AssetMaterialization, DagsterInstance, asset, evaluate_automation_conditions

from mesh_platform.dagster.automation import COMMITS, after_publishing, commits_of_others, with_metadata
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.version import Provenance

KEY = AssetKey(["books", "raw_mesh"])


class Automated:
    """A metadata source in books and a port built from it, evaluated tick by tick."""

    def __init__(self, home: MeshHome, instance: DagsterInstance) -> None:
        self.home, self.instance, self.cursor = home, instance, None

        @asset(key=KEY, automation_condition=after_publishing(home, KEY, [PortAddress("shop", "things")]))
        def raw_mesh(): ...

        @asset(key=["books", "products"], deps=[raw_mesh], automation_condition=with_metadata())
        def products(): ...

        @asset(key=["shop", "things"])
        def things(): ...

        self.assets = [raw_mesh, products, things]

    def requested(self) -> set[str]:
        result = evaluate_automation_conditions(self.assets, self.instance, cursor=self.cursor)
        self.cursor = result.cursor
        return {key.path[-1] for key in (asset.key for asset in self.assets) if result.get_num_requested(key)}

    def read(self) -> None:
        """Reports a run of books to Dagster."""
        commits = commits_of_others(self.home, "books")
        self.instance.report_runless_asset_event(AssetMaterialization(KEY, metadata={COMMITS: commits}))
        self.instance.report_runless_asset_event(AssetMaterialization(["books", "products"]))


@pytest.fixture
def automated(small_port, tmp_path):
    with DagsterInstance.ephemeral() as instance:
        yield Automated(MeshHome(tmp_path / "home"), instance)


@pytest.fixture
def small_port(tmp_path):
    """Commits another version of a port."""

    def commit(address: str) -> None:
        log = tmp_path / "home" / "ports" / address / "v1" / "_delta_log"
        log.mkdir(parents=True, exist_ok=True)
        info = {"timestamp": 0, **Provenance(f"{address}.v1", "1.0.0", "a file", "a digest", 1, 1).as_metadata()}
        (log / f"{len(list(log.iterdir())):020d}.json").write_text(json.dumps({"commitInfo": info}), encoding="utf-8")

    return commit


def test_the_metadata_and_what_is_made_of_them_are_read_together_after_others_have_published(automated, small_port):
    small_port("shop/things")
    assert automated.requested() == {"raw_mesh", "products"}


def test_what_the_reader_publishes_asks_for_no_other_reading(automated, small_port):
    small_port("shop/things")
    automated.requested()
    automated.read()
    small_port("books/products")
    assert automated.requested() == set()
    assert automated.requested() == set()


def test_another_version_of_another_domain_asks_for_one_more_reading(automated, small_port):
    small_port("shop/things")
    automated.requested()
    automated.read()
    small_port("shop/things")
    assert automated.requested() == {"raw_mesh", "products"}
    automated.read()
    assert automated.requested() == set()


def test_a_mesh_in_which_nobody_has_published_anything_new_is_left_alone(automated):
    automated.read()
    assert automated.requested() == set()
