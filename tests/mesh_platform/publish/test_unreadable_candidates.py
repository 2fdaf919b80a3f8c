"""A candidate that was damaged between build and audit is refused, and the other checks of its port are not run."""

import pytest

from mesh_platform.build.port_graph import PortModel
from mesh_platform.errors import PublishError
from mesh_platform.product.offer import load_offer
from mesh_platform.publish.attempt import Work
from mesh_platform.publish.publishing import judge_attempt


def cut(whole):
    return whole[: len(whole) // 2]


def overwritten(whole):
    """Overwrites everything between the two ends of the file."""
    return whole[:4] + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :]


@pytest.mark.parametrize(
    ("spoil", "message"), [(cut, "is not a complete Parquet file"), (overwritten, "cannot be read")], ids=["cut", "overwritten"]
)
def test_a_candidate_spoiled_before_its_audit_is_refused_by_name(company, parquet, spoil, message):
    columns = [{"name": "id", "logicalType": "string", "physicalType": "VARCHAR", "logicalTypeOptions": {"pattern": "x.*"}}]
    domain = company.domain("shop")
    company.contract(columns=columns)
    company.product()
    graph = {"things": PortModel("things", "models/ports/things.sql", ("things",), (), (), (), ())}
    work = Work(load_offer(domain), graph, None, "run")
    candidate = parquet(
        "SELECT 'x' || md5(range::VARCHAR) AS id FROM range(50_000)", domain.home.candidates("shop") / "things.parquet"
    )
    whole = work.attempts(["things"])
    judge_attempt(whole["things"], whole, work)
    assert whole["things"].audit.rows == 50_000
    candidate.write_bytes(spoil(candidate.read_bytes()))
    spoiled = work.attempts(["things"])
    judge_attempt(spoiled["things"], spoiled, work)
    assert spoiled["things"].audit is None
    problem = spoiled["things"].problem
    assert isinstance(problem, PublishError)
    assert f"shop/things was not published: its candidate {candidate} {message}" in str(problem)
    assert "`mesh run shop/things` rebuilds the candidate" in str(problem)
