"""Names that nothing new may have."""

import pytest

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.scaffolding.new_names import check_new, check_new_domain


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("platform", "is a reserved name"),
        ("raw", "is a reserved name"),
        ("class", "is a reserved name"),
        ("Logistics", "Start with a lowercase letter"),
        ("log-istics", "Start with a lowercase letter"),
        ("2nd", "Start with a lowercase letter"),
        ("", "Start with a lowercase letter"),
        ("a" * 61, "61 letters"),
        ("select", "belongs to SQL"),
        ("order", "belongs to SQL"),
        ("json", "belongs to Python's standard library"),
        ("match", "belongs to Python"),
        ("pandas", "belongs to the installed package pandas"),
        ("governance", "belongs to the platform"),
        ("mesh_platform", "belongs to the platform"),
        ("domains", "belongs to the repository's folder domains"),
        ("shop", "There is a domain 'shop' already"),
    ],
)
def test_a_domain_cannot_have_a_name_that_means_something_else(project, name, why):
    with pytest.raises(ScaffoldError, match=why):
        check_new_domain(name, project())


def test_a_domain_cannot_have_the_name_of_a_folder_that_nobody_has_registered(grown, project):
    (grown.root / "dbt_projects/logistics").mkdir(parents=True)
    with pytest.raises(ScaffoldError, match="There is a domain 'logistics' already"):
        check_new_domain("logistics", project())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("things", "shop has a product 'things' already"),
        ("raw_things", "private tables"),
        ("stg_things", "private tables"),
        ("group", "belongs to SQL"),
    ],
)
def test_a_product_cannot_have_a_name_that_is_taken(project, name, why):
    with pytest.raises(ScaffoldError, match=why):
        check_new(name, "product", project().domains["shop"].products, ".odps.yaml", "shop")


def test_any_other_name_will_do(project):
    assert check_new_domain("logistics", project()) == "logistics"
    assert check_new("orders", "product", project().domains["shop"].products, ".odps.yaml", "shop") == "orders"
