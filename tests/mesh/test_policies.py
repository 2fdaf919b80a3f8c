"""The policies on the sample mesh: it keeps them all, a product that breaks one is not published, and Dagster shows it."""

import pytest
from dagster import AssetCheckKey, AssetKey, DagsterInstance


@pytest.fixture
def latest_check(mesh):
    """The newest evaluation of a port's check `policies`, from Dagster's event log."""

    def latest(domain, port):
        with DagsterInstance.from_config(str(mesh.home / "dagster")) as instance:
            key = AssetCheckKey(AssetKey([domain, port]), "policies")
            (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
            return record.evaluation

    return latest


def test_the_sample_mesh_keeps_every_policy_without_a_waiver(mesh):
    said = mesh.json("policy", "check")
    assert (said["ok"], said["findings"], said["waivers"]) == (True, [], [])
    judged = {policy["policy"]: policy["results"] for policy in said["policies"]}
    # These judge nothing on this mesh: no contract was deleted, and everything is young.
    assert {policy for policy, results in judged.items() if not results} == {"contract_kept_until_its_end"}


def test_every_port_shows_the_policies_of_publishing_as_one_check(mesh, latest_check):
    evaluation = latest_check("sales", "orders")
    assert evaluation.passed
    of_publishing = {row["policy"] for row in mesh.json("policy", "check", "--phase", "publish")["policies"]}
    assert evaluation.metadata["policies"].value == len(of_publishing - {"finance.no_personal_data"}) > 3
    assert evaluation.metadata["passed"].value >= len(of_publishing) - 1


def test_a_port_that_breaks_a_policy_of_publishing_is_not_published(mesh, latest_check):
    before = mesh.versions()["sales/sellers"]
    contract = "domains/sales/contracts/sellers.v1.odcs.yaml"
    unclassified = "        logicalTypeOptions: {minLength: 2, maxLength: 2}\n"
    with mesh.changed(contract, (f"{unclassified}        classification: internal\n", unclassified)):
        said = mesh.run("run", "sales/sellers", code=1).stdout
    assert "sales/sellers breaks a policy of the mesh and was not published:" in said
    assert "columns_classified: sales.sellers.v1.state: it has no classification" in said
    assert "Set the classification of the column in its contract to " in said
    assert "`mesh policy explain columns_classified` says more" in said
    assert mesh.versions()["sales/sellers"] == before
    evaluation = latest_check("sales", "sellers")
    assert (evaluation.passed, evaluation.severity.value) == (False, "ERROR")
    assert "**columns_classified** violated: `sales.sellers.v1.state`" in evaluation.metadata["found"].value


def test_what_was_told_about_a_person_stays_about_that_person(mesh):
    contract = "domains/marketing/contracts/customer_segments.v1.odcs.yaml"
    personal = "        required: true\n        classification: {}\n        relationships:\n"
    with mesh.changed(contract, (personal.format("personal"), personal.format("internal"))):
        said = mesh.run("policy", "check", "personal_data_propagates", code=1).stdout
    assert "marketing.customer_segments.v1.customer_unique_id: it is internal, but derived from " in said
    assert "sales/customers.customer_unique_id, which is personal" in said


def test_a_policy_of_a_domain_judges_its_ports_only(mesh):
    said = mesh.json("policy", "check", "finance.no_personal_data")
    (policy,) = said["policies"]
    assert policy["domain"] == "finance"
    assert policy["results"] == {"passed": 35}
