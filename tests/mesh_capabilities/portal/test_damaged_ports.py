"""What a build of the portal says of damaged ports: a problem if no version can be read, else a warning."""

from types import SimpleNamespace

import pytest

from mesh_capabilities.portal.site import _damages_of
from support.ports import contract, home, orders, provenance, publish  # noqa: F401


@pytest.mark.parametrize("spoil", [lambda file: file.unlink(), lambda file: file.write_bytes(b"")], ids=["gone", "emptied"])
def test_only_a_port_without_a_readable_version_is_broken(publish, home, orders, spoil):  # noqa: F811
    project = SimpleNamespace(home=home)
    assert _damages_of(project) == ([], [])
    for number in range(2):
        publish(f"SELECT {number} AS id", rows=1)
    assert _damages_of(project) == ([], [])
    (newest,), (oldest,) = (orders.at(number).files for number in (1, 0))
    spoil(newest)
    found, unserved = _damages_of(project)
    assert len(found) == 1 and "Version 0 is served instead" in found[0] and unserved == []
    spoil(oldest)
    found, (unserved,) = _damages_of(project)
    assert "sales/orders: version 1 is damaged" in unserved
