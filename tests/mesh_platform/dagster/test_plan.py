"""Planning a run: the ports, the order of their domains, and targets that are refused."""

import pytest

from mesh_platform.dagster.execute import plan_run
from mesh_platform.errors import ProjectError, UnknownPort
from mesh_platform.ingestion.source import CsvSource

MESH = {
    "zoo": {"visits": ["farm/cows", "mill/flour"], "raw_tickets": []},
    "mill": {"flour": ["farm/wheat", "mill/raw_stones"], "raw_stones": []},
    "farm": {"cows": ["farm/raw_cows", "farm/wheat"], "wheat": ["farm/raw_fields"], "raw_cows": [], "raw_fields": []},
}


def order(plan):
    return [location.name for location in plan.order]


def test_without_targets_everything_runs_producers_first(project):
    plan = plan_run(project(**MESH), [])
    assert order(plan) == ["farm", "mill", "zoo"]
    assert {domain: sorted(ports) for domain, ports in plan.selected.items()} == {
        "zoo": ["visits"],
        "mill": ["flour"],
        "farm": ["cows", "wheat"],
    }
    assert plan.broken == {}


def test_targets_are_domains_or_ports_in_any_order(project):
    plan = plan_run(project(**MESH), ["zoo", "farm/cows"])
    assert order(plan) == ["farm", "zoo"]
    assert plan.selected == {"zoo": ["visits"], "farm": ["cows"]}


def test_a_domain_named_beside_one_of_its_ports_runs_whole(project):
    plan = plan_run(project(**MESH), ["farm/cows", "farm"])
    assert sorted(plan.selected["farm"]) == ["cows", "wheat"]


def test_only_the_domains_that_are_wanted_are_loaded(project):
    plan = plan_run(project(**MESH, ruin="raise RuntimeError('not to be loaded')"), ["farm"])
    assert (order(plan), plan.broken) == (["farm"], {})


def test_what_a_port_is_made_of_is_known(project):
    (farm,) = plan_run(project(**MESH), ["farm"]).order
    assert farm.ports["cows"] == {("farm", "raw_cows"), ("farm", "wheat")}
    assert farm.producers == set()
    (zoo,) = plan_run(project(hill={"view": ["farm/cows", "hill/grass"], "grass": []}), []).order
    assert zoo.producers == {"farm"}


@pytest.fixture
def fields(sources):
    """The file that farm/wheat is made from."""
    sources["farm"] = [CsvSource("fields", "fields.csv", {"id": "INTEGER"}, "Fields.")]


@pytest.mark.parametrize(
    ("names", "accepted"),
    [
        (["farm/fields"], ["farm/fields"]),
        (["mill/flour", "farm/cows"], ["farm/cows", "mill/flour"]),
        (["farm"], ["farm/cows", "farm/fields", "farm/wheat"]),
        ([], []),
    ],
)
def test_a_volume_is_accepted_by_source_by_port_or_by_domain(project, fields, names, accepted):
    assert list(map(str, plan_run(project(**MESH), [], names).accepted)) == accepted


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("farm/field", "This run has no source or port farm/field. Did you mean farm/fields"),
        ("zoo", "This run has no source or port zoo"),
        ("fields", "This run has no source or port fields"),
    ],
)
def test_a_volume_of_what_the_run_does_not_have_is_refused(project, fields, name, message):
    with pytest.raises(UnknownPort) as refused:
        plan_run(project(**MESH), ["farm"], [name])
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nowhere", "There is no domain 'nowhere'. There are farm, mill, zoo."),
        ("nowhere/cows", "There is no domain 'nowhere'"),
        ("farm/pigs", "farm has no port 'pigs'. There are cows, wheat."),
        ("farm/raw_cows", "farm has no port 'raw_cows'"),
        ("farm/", "'farm/' is not a port address"),
        ("farm/cows/x", "'farm/cows/x' is not a port address"),
        ("", "There is no domain ''"),
    ],
)
def test_an_unknown_target_is_answered_with_what_there_is(project, target, message):
    with pytest.raises(UnknownPort) as refusal:
        plan_run(project(**MESH), [target])
    assert str(refusal.value).startswith(message)


def test_a_volume_of_a_domain_that_does_not_load_is_left_to_the_reason_why_it_does_not(project):
    mesh = project(**MESH, ruin="raise RuntimeError('walls are down')")
    for name in ("ruin/walls", "ruin"):
        plan = plan_run(mesh, ["farm", "ruin"], [name])
        assert plan.accepted == []
        assert "ruin does not load: RuntimeError: walls are down" in plan.broken["ruin"]


def test_a_domain_that_does_not_load_holds_up_nobody_else(project):
    plan = plan_run(project(**MESH, ruin="raise RuntimeError('walls are down')", shed="from nowhere_at_all import x"), [])
    assert order(plan) == ["farm", "mill", "zoo"]
    assert sorted(plan.broken) == ["ruin", "shed"]
    assert "ruin does not load: RuntimeError: walls are down" in plan.broken["ruin"]
    assert "nowhere_at_all" in plan.broken["shed"]


def test_an_error_of_the_platform_is_told_in_its_own_words(project):
    code = "from mesh_platform.errors import ContractError\nraise ContractError('x.yaml is empty.', 'Fill it.')"
    assert plan_run(project(ruin=code), []).broken == {"ruin": "x.yaml is empty. Fill it."}


def test_domains_that_consume_each_other_are_refused_with_the_cycle(project):
    cycle = {"egg": {"shell": ["hen/nest"]}, "hen": {"nest": ["egg/shell"]}}
    with pytest.raises(ProjectError, match="in a cycle: (egg → hen → egg|hen → egg → hen)"):
        plan_run(project(**cycle), [])


TOMB = """
from dagster import AssetSpec, Definitions

defs = Definitions(
    assets=[
        AssetSpec(["farm", "cows"], tags={"mesh/stage": "active"}),
        AssetSpec(["farm", "dodos"], tags={"mesh/stage": "retired"}),
        AssetSpec(["farm", "llamas"], tags={"mesh/stage": "proposed"}),
    ]
)
"""


def test_a_run_of_a_domain_leaves_out_what_is_only_described(project):
    assert plan_run(project(farm=TOMB), ["farm"]).selected == {"farm": ["cows"]}


@pytest.mark.parametrize(("port", "stage"), [("dodos", "retired"), ("llamas", "proposed")])
def test_a_port_that_is_only_described_is_not_run_by_its_name(project, port, stage):
    with pytest.raises(UnknownPort, match=rf"farm/{port} is not built: its product is {stage}\. `mesh product status`"):
        plan_run(project(farm=TOMB), [f"farm/{port}"])
