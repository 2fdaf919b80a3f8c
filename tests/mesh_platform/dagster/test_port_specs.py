"""The asset spec of a port, with the statements of its contract that no audit can check."""

import pytest

from mesh_platform.build.port_graph import PortModel
from mesh_platform.dagster.specs import port_spec
from mesh_platform.product.offer import load_offer

GRAPH = {"things": PortModel("things", "models/ports/things.sql", ("things",), (), (), (), ())}


def test_what_no_audit_holds_is_shown_as_such(company):
    domain = company.domain()
    company.product("things")
    company.contract("things", quality=[{"type": "text", "description": "The things are nice."}])
    assert "**Not audited.**\n\n* The things are nice." in port_spec(load_offer(domain), GRAPH, "things").description


def test_a_contract_that_data_can_prove_as_a_whole_says_nothing_more(company):
    domain = company.domain()
    company.product("things")
    company.contract("things")
    assert port_spec(load_offer(domain), GRAPH, "things").description.endswith("questions to #data-shop.")


@pytest.mark.parametrize("tag", ["", " ", "consumer aligned", "x" * 300, "<script>", "a/b", "a\nb", "größe", "\u202e", "$(x)"])
def test_any_tag_of_a_product_is_one_that_dagster_allows(company, tag):
    domain = company.domain()
    company.product("things", tags=[tag, "plain"])
    company.contract("things")
    assert "mesh/plain" in port_spec(load_offer(domain), GRAPH, "things").tags
