"""The asset spec of a port, with the statements of its contract that no audit can check."""

from datetime import timedelta

import pytest

from mesh_platform.build.port_graph import PortModel
from mesh_platform.dagster.checks import check_specs
from mesh_platform.dagster.specs import port_spec
from mesh_platform.errors import ContractError
from mesh_platform.product.offer import load_offer
from support.company import COLUMNS, DAY

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


@pytest.mark.parametrize("name", ["two words", "größe", "x" * 64])
def test_the_name_of_a_product_that_dagster_cannot_show_is_refused_with_its_file(company, name):
    domain = company.domain()
    company.product(name, ports=["things"])
    company.contract("things", dataProduct=name)
    with pytest.raises(ContractError, match=rf"products/{name}\.odps\.yaml has name: '{name}'\. Name the file and the product"):
        load_offer(domain)


@pytest.mark.parametrize("seconds", [0, 1, 59, 60])
def test_a_frequency_of_seconds_is_shown_as_a_minute(company, seconds):
    domain = company.domain()
    company.product("things")
    company.contract("things", slaProperties=[{"property": "frequency", "value": seconds, "unit": "s"}])
    policy = port_spec(load_offer(domain), GRAPH, "things").freshness_policy
    assert policy is None if seconds == 0 else policy.fail_window.to_timedelta() == timedelta(minutes=1)


@pytest.mark.parametrize(
    "options", [{"maximum": "9999-12-31"}, {"exclusiveMaximum": "9999-12-31"}, {}, {"minimum": "0001-01-01"}]
)
def test_any_days_of_a_contract_are_partitions(company, options):
    domain = company.domain()
    company.product("things")
    company.contract("things", columns=[DAY | {"logicalTypeOptions": {"minimum": "2017-01-01"} | options}])
    partitions = port_spec(load_offer(domain), GRAPH, "things").partitions_def
    assert partitions.start.year in (1, 2017)
    assert partitions.end is None or partitions.end.year == 9999


def test_any_classification_rule_and_column_can_be_shown(company):
    domain = company.domain()
    company.product("things")
    query = {"type": "sql", "query": "SELECT count(*) FROM ${table}", "mustBe": 0}
    columns = [column | {"classification": "top secret: <größe>", "name": "an id/é"} for column in COLUMNS]
    company.contract("things", columns=columns, quality=[query | {"name": name} for name in ("größe", "<b>", "x" * 300)])
    offer = load_offer(domain)
    assert port_spec(offer, GRAPH, "things").metadata["dagster/column_schema"]
    assert len([*check_specs(offer, GRAPH["things"])]) >= 3
