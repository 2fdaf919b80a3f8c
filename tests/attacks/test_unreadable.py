"""A folder that cannot be read makes only its own port unreadable: every command names it, and reads the others."""

import ctypes
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from mesh_platform.errors import MeshError, PortDamaged
from mesh_platform.names import PortAddress
from mesh_platform.port.query import query_ports
from mesh_platform.port.shelf import count_reads, damages, published_ports
from mesh_platform.port.whole_versions import open_table

LEADS = PortAddress("marketing", "leads")
_OVERRIDES = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@contextmanager
def permissions_apply() -> Iterator[None]:
    """Root reads everything because of two capabilities; inside the block this thread does without them.

    capset(2): https://man7.org/linux/man-pages/man2/capset.2.html
    """
    library = ctypes.CDLL(None, use_errno=True)
    header, held = struct.pack("=Ii", 0x20080522, 0), ctypes.create_string_buffer(24)
    assert library.capget(header, held) == 0
    effective, *others = struct.unpack("=6I", held.raw)
    assert library.capset(header, struct.pack("=6I", effective & ~_OVERRIDES, *others)) == 0
    try:
        yield
    finally:
        assert library.capset(header, held.raw) == 0


def without_overrides() -> None:
    """Before a program starts: as root, it gets all capabilities but these two."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP, without effect for any other user


def closed(folder: Path) -> None:
    folder.chmod(0)


def without_search(folder: Path) -> None:
    folder.chmod(0o600)


def loop_of_links(folder: Path) -> None:
    folder.rename(folder.with_name(f".{folder.name}"))
    folder.symlink_to(folder.name)


def file_in_its_place(folder: Path) -> None:
    folder.rename(folder.with_name(f".{folder.name}"))
    folder.write_text("not a folder")


HARMS = {
    "no permission": closed,
    "no permission to search": without_search,
    "a loop of links": loop_of_links,
    "a file in its place": file_in_its_place,
}
FOLDERS = {"its domain's folder": "", "its folder": "orders", "its major": "orders/v1", "its log": "orders/v1/_delta_log"}
CASES = [
    pytest.param(harm, folder, id=f"{name}, {where}")
    for name, harm in HARMS.items()
    for where, folder in FOLDERS.items()
    if not (harm is file_in_its_place and folder in ("", "orders"))  # a file beside the folders is no port
]


@contextmanager
def harmed(folder: Path, harm) -> Iterator[None]:
    """Harms a folder, and puts it back."""
    mode = folder.stat().st_mode
    harm(folder)
    try:
        yield
    finally:
        if (kept := folder.with_name(f".{folder.name}")).exists():
            folder.unlink()
            kept.rename(folder)
        folder.chmod(mode)


@pytest.mark.parametrize(("harm", "folder"), CASES)
def test_one_port_is_named_and_the_others_are_read(publish, orders, home, harm, folder):
    publish("SELECT 1 AS id")
    publish("SELECT 7 AS id", address=LEADS)
    before = {path: path.read_bytes() for path in home.ports.rglob("*") if path.is_file()}
    name = "sales/orders" if "orders" in folder and (harm is not without_search or folder != "orders") else "sales/"
    with harmed(home.ports / "sales" / folder, harm), permissions_apply():
        answer = query_ports(home, "FROM marketing.leads")
        assert answer.rows == [(7,)]
        (remark,) = answer.remarks
        assert remark.startswith(name) and "is damaged, " in remark, remark
        assert "`mesh run " in remark, "it says what to do next"
        (damage,) = damages(home)
        assert damage == remark
        assert count_reads(published_ports(home)) == {}
        with pytest.raises(MeshError, match="sales"):
            query_ports(home, "FROM sales.orders")
        assert orders.published and orders.history() == []
        for read in (orders.current, lambda: orders.at(0), orders.heal, lambda: orders.rollback(0)):
            with pytest.raises(
                PortDamaged,
                match=r"sales/orders.* is damaged, .*cannot be read|sales/orders is damaged, .*Restore it, or move .* away",
            ):
                read()
        with pytest.raises(PortDamaged):
            publish("SELECT 2 AS id")
        with suppress(PortDamaged):  # and no other error; the threads of delta-rs may keep the capabilities, and read it
            open_table(orders.log)
    assert {path: path.read_bytes() for path in before} == before, "nothing was changed"
    assert query_ports(home, "FROM sales.orders").rows == [(1,)]


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_a_day_of_a_port_that_cannot_be_read_is_named(company, parquet, harm):
    from mesh_platform.contract.document import load_contract
    from mesh_platform.port.version import Provenance
    from mesh_platform.publish.candidate import Candidate

    options = {"logicalTypeOptions": {"minimum": "2017-01-01"}}
    day = {"name": "day", "logicalType": "date", "physicalType": "DATE", "partitioned": True, "primaryKey": True}
    domain = company.domain("shop")
    contract = load_contract(company.contract(columns=[day | options | {"required": True}]), company.root)
    candidate = Candidate(contract, domain.home)
    parquet("SELECT DATE '2017-01-01' + i::INTEGER AS day FROM range(3) t(i)", candidate.path)
    candidate.files()
    version = candidate.publish(Provenance(contract.id, contract.version, contract.file, contract.digest, 3, 1))
    with harmed(version.files[0].parent, harm), permissions_apply():
        with pytest.raises(PortDamaged, match="shop/things: version 0 is damaged, .*day="):
            candidate.port.current()
        assert len(damages(domain.home)) == 1
        assert len(candidate.port.history()) == 1
    assert candidate.port.current() == version


# Commands of a whole mesh while the folder of sales/orders cannot be read, with their exit codes.
COMMANDS = {
    "query": (["query", "SELECT count(*) AS n FROM sales.sellers"], 0),
    "status": (["status"], 0),
    "products": (["products"], 0),
    "doctor": (["doctor"], 1),
    "portal": (["portal", "build"], 1),
    "policies": (["policy", "check"], None),
    "OpenLineage": (["lineage", "export", "--to", "state/events.json"], 0),
    "verify": (["ports", "verify"], 1),
    "sweep": (["ports", "sweep", "--dry-run"], None),
    "vacuum": (["ports", "vacuum", "--dry-run"], 1),
    "show": (["show", "sales/orders"], 1),
    "contract": (["contract", "test", "sales/orders"], 1),
    "history": (["history", "sales/orders"], 0),
    "trace": (["trace", "sales/orders"], 1),
    "a run of it": (["run", "sales/orders"], 1),
    "a run of a consumer": (["run", "finance/daily_revenue"], 1),
    "rollback": (["rollback", "sales/orders", "--to", "0"], 1),
    "show of another port": (["show", "sales/sellers"], 0),
    "contract of another port": (["contract", "test", "sales/sellers"], 0),
    "a run of another port": (["run", "marketing"], None),
    "impact": (["impact", "sales/orders"], 0),
    "lineage": (["lineage", "sales/orders"], 0),
    "trace of a consumer": (["trace", "finance/daily_revenue"], 0),
}
NAMED = {"query", "status", "products", "doctor", "verify", "vacuum", "show", "contract", "history", "trace"}
NAMED |= {"a run of it", "a run of a consumer", "rollback"}


@pytest.mark.parametrize("folder", ["v1", "v1/_delta_log"])
@pytest.mark.parametrize("harm", [closed, loop_of_links])
def test_every_command_names_the_port_and_reads_the_others(mesh, harm, folder, tmp_path):
    port = mesh.home / "ports/sales/orders"
    before = {path: path.stat().st_size for path in port.rglob("*") if path.is_file()}
    kept = tmp_path / "kept"
    shutil.copytree(mesh.home, kept, symlinks=True)
    try:
        with harmed(port / folder, harm):
            for name, (arguments, code) in COMMANDS.items():
                done = subprocess.run(
                    mesh.command(*arguments),
                    cwd=mesh.root,
                    env=mesh.environment,
                    preexec_fn=without_overrides,
                    capture_output=True,
                    text=True,
                )
                printed = " ".join((done.stdout + done.stderr).split())
                assert "Unexpected" not in printed and "Traceback" not in printed, (name, printed)
                assert name not in NAMED or "sales/orders is damaged" in printed, (name, printed)
                assert code is None or done.returncode == code, (name, done.returncode, printed)
        assert {path: path.stat().st_size for path in before} == before
    finally:
        shutil.rmtree(mesh.home)
        kept.rename(mesh.home)
