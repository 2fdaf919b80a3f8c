"""What a run of attempts is for decides what it may do: only a publish asks every gate and can commit."""

import pytest

from mesh_platform.build.port_graph import PortModel
from mesh_platform.errors import PublishError
from mesh_platform.product.offer import load_offer
from mesh_platform.publish.attempt import Purpose, Work
from mesh_platform.publish.publishing import commit


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.PUBLISH])
def test_what_was_not_built_to_be_published_cannot_be_committed(company, parquet, purpose):
    domain = company.domain()
    company.contract()
    company.product()
    graph = {"things": PortModel("things", "models/ports/things.sql", ("things",), (), (), (), ())}
    work = Work(load_offer(domain), graph, None, purpose=purpose)
    attempt = work.attempts(["things"])["things"]
    parquet("SELECT 1::INTEGER AS id", domain.home.candidates("shop") / "things.parquet")
    with pytest.raises(PublishError, match=f"shop/things was built for a {purpose.value} and cannot be committed"):
        commit(attempt, work)
    assert attempt.version is None
    assert not attempt.candidate.port.published
