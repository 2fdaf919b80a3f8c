"""A mesh on disk: the registry and the file of every domain."""

import pytest
from dagster import AssetKey
from dagster._core.definitions.utils import validate_asset_owner
from hypothesis import given
from hypothesis import strategies as st

from mesh_platform.errors import ProjectError
from mesh_platform.home import find_root
from mesh_platform.project import OWNER, load_domain, load_project


def test_a_project_has_the_registered_domains_in_the_registry_s_order(company):
    company.registry("shop", "books")
    company.domain_file("shop")
    company.domain_file("books", description="  Keeps\n  the books. ")
    project = load_project(company.root)
    assert list(project.domains) == ["shop", "books"]
    books = project.domains["books"]
    assert (books.title, books.description, books.owner, books.channel) == (
        "Books",
        "Keeps the books.",
        "team:books",
        "#data-books",
    )
    assert books.contracts == company.root / "domains/books/contracts"
    assert books.products == company.root / "domains/books/products"
    assert books.dbt_project == company.root / "dbt_projects/books"
    assert books.home.root == project.home.root == company.root / ".mesh"
    assert books.relative(books.dbt_project / "models/ports/x.sql") == "dbt_projects/books/models/ports/x.sql"


def test_the_root_is_found_from_any_folder_below_it(company):
    company.registry()
    below = company.root / "domains/shop/contracts"
    below.mkdir(parents=True)
    assert find_root(below) == company.root


def test_outside_of_a_mesh_the_message_names_what_is_missing(tmp_path):
    with pytest.raises(ProjectError, match=r"no workspace\.yaml") as refusal:
        load_project(tmp_path)
    assert str(tmp_path) in str(refusal.value)


def test_a_registry_without_locations_is_an_empty_mesh(company):
    company.write("workspace.yaml", "load_from:\n")
    assert load_project(company.root).domains == {}


@pytest.mark.parametrize("key", ["load_form", "Load_from", "locations"])
def test_a_registry_whose_locations_are_under_another_key_is_named(company, key):
    company.domain_file("shop")
    company.write("workspace.yaml", {key: [{"python_module": {"module_name": "shop.definitions", "location_name": "shop"}}]})
    with pytest.raises(ProjectError, match=r"workspace\.yaml has no key load_from.*Register a domain below `load_from:`"):
        load_project(company.root)


@pytest.mark.parametrize("registry", ["", "- a\n- b\n", "load_from: [", "just a sentence"])
def test_a_registry_that_is_no_mapping_is_named(company, registry):
    company.write("workspace.yaml", registry)
    with pytest.raises(ProjectError, match=r"workspace\.yaml"):
        load_project(company.root)


@pytest.mark.parametrize(
    "entry",
    [
        {"python_file": "x.py"},
        {"python_module": "shop.definitions"},
        {"python_module": {"module_name": "shop.definitions"}},
        "shop",
    ],
)
def test_a_location_without_a_name_is_shown_how_to_have_one(company, entry):
    company.write("workspace.yaml", {"load_from": [entry]})
    with pytest.raises(ProjectError, match=r"without python_module\.location_name.*location_name: sales"):
        load_project(company.root)


@pytest.mark.parametrize("locations", ["shop", {"shop": {}}, 7])
def test_locations_that_are_no_list_are_refused(company, locations):
    company.write("workspace.yaml", {"load_from": locations})
    with pytest.raises(ProjectError, match=r"workspace\.yaml"):
        load_project(company.root)


def test_two_locations_with_one_name_are_refused(company):
    company.registry("shop", "shop")
    company.domain_file("shop")
    with pytest.raises(ProjectError, match=r"Two code locations in workspace\.yaml have the name 'shop'"):
        load_project(company.root)


def test_the_registry_and_the_folder_say_which_domain_has_a_name(company):
    company.registry("shop")
    company.domain_file("shop")
    company.domain_file("shop_copy", name="shop")
    project = load_project(company.root)
    assert project.domains["shop"].folder == company.root / "domains/shop"
    assert list(project.broken) == ["shop_copy"]
    company.registry("shop", "shop_copy")
    with pytest.raises(ProjectError, match=r"domains/shop_copy/domain\.yaml has name: 'shop', but its folder is named"):
        load_project(company.root)


def test_a_domain_that_the_registry_lost_is_broken_and_does_not_vanish(company):
    for name in ("shop", "books"):
        company.domain_file(name)
    company.registry("shop")
    project = load_project(company.root)
    sentence = (
        "domains/books exists, and workspace.yaml does not register it. "
        "Add `- python_module: {module_name: books.definitions, location_name: books}` to workspace.yaml."
    )
    assert (list(project.domains), project.broken, project.names) == (["shop"], {"books": sentence}, ["books", "shop"])
    for load in (lambda: project.domain("books"), lambda: load_project(company.root, needed=["books"])):
        with pytest.raises(ProjectError) as refusal:
            load()
        assert str(refusal.value) == sentence


@pytest.mark.parametrize("module", ["sale.definitions", "books.definitions", "shop", "", None, ["shop.definitions"]])
def test_a_domain_is_registered_with_its_own_module(company, module):
    company.domain_file("shop")
    company.write("workspace.yaml", {"load_from": [{"python_module": {"module_name": module, "location_name": "shop"}}]})
    with pytest.raises(
        ProjectError, match=r"has the module .* for the domain shop\. Write `- python_module: \{module_name: shop\."
    ):
        load_project(company.root)


def test_a_domain_has_one_spelling(company):
    company.domain_file("shop", name="Shop")
    with pytest.raises(ProjectError, match=r"domains/shop/domain\.yaml has name: 'Shop', but its folder is named 'shop'"):
        load_domain(company.root, "shop")


def test_a_registered_domain_without_its_file_is_named(company):
    company.registry("shop")
    with pytest.raises(ProjectError, match=r"domains/shop/domain\.yaml does not exist"):
        load_project(company.root)


def test_a_name_that_is_no_python_package_is_refused(company):
    company.registry("my-shop")
    company.domain_file("my-shop")
    with pytest.raises(ProjectError, match="A domain cannot be named 'my-shop'"):
        load_project(company.root)


@pytest.mark.parametrize("key", ["title", "description", "owner", "channel"])
def test_a_domain_file_without_a_required_key_is_refused(company, key):
    company.domain_file("shop", **{key: None})
    with pytest.raises(ProjectError, match=rf"domains/shop/domain\.yaml has no {key}"):
        load_domain(company.root, "shop")


def test_all_missing_keys_are_listed_at_once(company):
    company.domain_file("shop", title=None, owner="")
    with pytest.raises(ProjectError, match="has no title and no owner"):
        load_domain(company.root, "shop")


@pytest.mark.parametrize("value", [["a", "b"], 7])
def test_a_description_that_is_no_text_is_refused(company, value):
    company.domain_file("shop", description=value)
    with pytest.raises(ProjectError, match=r"domains/shop/domain\.yaml"):
        load_domain(company.root, "shop")


@pytest.mark.parametrize(
    "owner",
    ["shop", "team:", "team: ", "Team:shop", "team:a\nteam:b", "a@b", "two words@shop.org", "@", "\u202e", "-@shop.org"],
)
def test_an_owner_that_dagster_cannot_show_is_refused_with_the_form_to_write(company, owner):
    with pytest.raises(ProjectError, match=r"domains/shop/domain\.yaml has owner: .*Write a team as team:shop, or an e-mail"):
        company.domain(owner=owner)


@pytest.mark.parametrize("owner", ["team:shop", "team:Shop floor", "team:größe", "team:«shop»", "shop@example.org"])
def test_an_owner_is_a_team_or_an_address(company, owner):
    validate_asset_owner(company.domain(owner=owner).owner, AssetKey("things"))


@given(st.from_regex(OWNER, fullmatch=True))
def test_no_owner_that_is_accepted_stops_a_domain_from_loading(owner):
    validate_asset_owner(owner, AssetKey("things"))


def test_the_secrets_of_a_domain_come_from_the_environment_or_from_a_file(company, tmp_path, monkeypatch):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/SHOP_KEY").write_text("from a file\n")
    monkeypatch.setenv("MESH_SECRETS", str(tmp_path))
    company.domain_file(secrets={"SHOP_TOKEN": "env", "SHOP_KEY": "file"})
    monkeypatch.setenv("MESH_SECRET_SHOP__SHOP_TOKEN", "from the environment")
    assert load_domain(company.root, "shop").environment() == {
        "SHOP_TOKEN": "from the environment",
        "SHOP_KEY": "from a file",
    }


@pytest.mark.parametrize(
    ("origin", "place"),
    [
        ("env", "the environment, where it is MESH_SECRET_SHOP__SHOP_TOKEN"),
        ("file", "/run/secrets/shop/SHOP_TOKEN: No such file or directory"),
    ],
)
def test_a_secret_that_is_not_set_is_named_with_the_place_where_the_platform_sets_it(company, origin, place, monkeypatch):
    monkeypatch.delenv("MESH_SECRETS", raising=False)
    company.domain_file(secrets={"SHOP_TOKEN": origin})
    with pytest.raises(ProjectError, match=f"domains/shop/domain.yaml names a secret.* SHOP_TOKEN is not in {place}"):
        load_domain(company.root, "shop").environment()


@pytest.mark.parametrize(
    "secrets",
    [
        ["SHOP_TOKEN"],
        "SHOP_TOKEN",
        {"SHOP_TOKEN": None},
        {"SHOP_TOKEN": "relative/file"},
        {"SHOP_TOKEN": "/an/absolute/file"},
        {"../SHOP_TOKEN": "file"},
        {"OTHERS__TOKEN": "env"},
        {"SHOP_": "file"},
        {"shop token": "env"},
        {"MESH_HOME": "env"},
        {"PYTHONPATH": "env"},
        {"LD_PRELOAD": "env"},
        {"PATH": "env"},
        {1: "env"},
    ],
)
def test_secrets_of_another_form_and_names_of_the_platform_are_refused(company, secrets):
    company.domain_file(secrets=secrets)
    with pytest.raises(
        ProjectError, match="not names with an origin.*`env` or `file`.*MESH_SECRET_SHOP__SHOP_TOKEN or in the file"
    ):
        load_domain(company.root, "shop")


KEYS = ["name", "title", "description", "owner", "channel", "broken_expectations", "secrets"]


@pytest.mark.parametrize("key", KEYS)
def test_a_misspelt_key_of_a_domain_file_is_an_error_with_the_nearest_one(company, key):
    for wrong in (key[:-1], key.upper(), key.replace("e", "ee", 1), f"{key}s"):
        company.domain_file("shop", **{wrong: "block"})
        with pytest.raises(ProjectError) as refusal:
            load_domain(company.root, "shop")
        assert f"domains/shop/domain.yaml has the key '{wrong}', which is unknown. Did you mean " in str(refusal.value)
        assert key in refusal.value.way_out


@pytest.mark.parametrize("key", ["own", 7, None, True])
def test_a_domain_file_has_no_keys_of_its_own(company, key):
    path = company.domain_file("shop")
    path.write_text(f"{path.read_text()}{'null' if key is None else key}: 1\n")
    with pytest.raises(ProjectError, match=r"domain\.yaml has the key .*, which is unknown"):
        load_domain(company.root, "shop")


@pytest.mark.parametrize(
    ("file", "named", "right"),
    [
        ("policy/own.sql", "policy/", "policies/"),
        ("waiver/own.yaml", "waiver/", "waivers/"),
        ("contract/pays.v1.odcs.yaml", "contract/", "contracts/"),
        ("products/pays.odps.yml", "products/pays.odps.yml", ".odps.yaml"),
        ("products/pays.lifecycle.yml", "products/pays.lifecycle.yml", ".lifecycle.yaml"),
        ("contracts/pays.v1.odcs.yml", "contracts/pays.v1.odcs.yml", ".odcs.yaml"),
        ("policies/own.SQL", "policies/own.SQL", ".sql"),
        ("waivers/own.yml", "waivers/own.yml", ".yaml"),
        ("waivers.yaml", "waivers.yaml", "waivers/"),
        ("domain.yml", "domain.yml", "domain.yaml"),
        ("pays.odps.yaml", "pays.odps.yaml", "products/"),
    ],
)
def test_a_file_that_is_nearly_one_that_is_read_is_an_error_of_the_domain(company, file, named, right):
    company.registry("shop", "books")
    company.domain_file("shop")
    company.domain_file("books")
    company.write(f"domains/shop/{file}", "")
    project = load_project(company.root, with_broken=True)
    assert project.broken["shop"].startswith(f"domains/shop/{named} is not read. ") and right in project.broken["shop"]
    assert list(project.domains) == ["books"]


def test_a_domain_may_have_folders_of_its_own_and_any_name(company):
    for name in ("policy", "product", "note", "sample"):
        company.domain_file(name)
        for file in (f"{name}/definitions.py", "docs/a.md", "notebooks/a.ipynb", "scripts/a.sql", "notes/a.txt", "README.md"):
            company.write(f"domains/{name}/{file}", "")
        assert load_domain(company.root, name).name == name
