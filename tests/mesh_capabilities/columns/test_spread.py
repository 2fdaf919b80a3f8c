"""Trees of lineage, downstream and upstream: paths that meet, cycles, and ports whose SQL cannot be parsed."""

import pytest

from mesh_capabilities.columns.derivation import Derivation, Origin, Relation
from mesh_capabilities.columns.mesh_lineage import MeshColumns, MeshLineage
from mesh_capabilities.columns.spread import reached, tree
from mesh_capabilities.errors import LineageError, UnknownColumn
from mesh_platform.errors import UnknownPort
from mesh_platform.names import PortAddress

port = PortAddress.parse


def origins(*names):
    """`"a/x.id"` → the column id of the port a/x."""
    parts = [name.replace("/", ".").split(".") for name in names]
    return frozenset(Origin(Relation(domain, table), column) for domain, table, column in parts)


def derivation(values, rows=()):
    """A derivation of columns, each with the origins of its values; `rows` are the origins of all their rows."""
    return Derivation(
        {column: origins(*names) for column, names in values.items()}, dict.fromkeys(values, origins(*rows)), frozenset()
    )


def mesh(ports, problems=(), reads=()):
    """A mesh with the derivations `ports`; `reads` lists further pairs of a reader and a port that it reads."""
    derivations = {port(name): derived for name, derived in ports.items()}
    inputs = {port(name): set() for name in (*ports, *problems)}
    for address, derived in derivations.items():
        inputs[address] |= {PortAddress(*relation) for relation in derived.relations}
    for reader, name in reads:
        inputs[port(reader)].add(port(name))
    unknown = {port(name): LineageError("It is written in Python.") for name in problems}
    return MeshLineage(MeshColumns(derivations, unknown), {key: frozenset(parts) for key, parts in inputs.items()})


CHAIN = {
    "a/x": derivation({"id": ["a/raw_x.id"], "kind": ["a/raw_x.kind"]}),
    "b/y": derivation({"id": ["a/x.id"], "n": []}, rows=["a/x.kind"]),
    "c/z": derivation({"total": ["b/y.n"], "other": []}),
}


def shape(branch):
    """A tree as nested dicts: port → (values, rows, what follows)."""
    return {str(one.reach.address): (sorted(one.reach.values), sorted(one.reach.rows), shape(one)) for one in branch.below}


def test_a_connection_by_rows_stays_indirect_over_any_distance():
    assert shape(tree(mesh(CHAIN), port("a/x"), "kind", True)) == {"b/y": ([], ["id", "n"], {"c/z": ([], ["total"], {})})}


def test_upstream_a_column_is_followed_to_its_source():
    assert shape(tree(mesh(CHAIN), port("c/z"), "total", False)) == {
        "b/y": (["n"], [], {"a/x": ([], ["kind"], {"a/raw_x": ([], ["kind"], {})})})
    }


def test_a_value_stays_direct_through_ports_that_pass_it_on():
    assert shape(tree(mesh(CHAIN), port("a/x"), "id", True)) == {"b/y": (["id"], [], {})}


def test_a_whole_port_reaches_all_its_readers():
    assert list(reached(mesh(CHAIN), port("a/x"), None)) == [port("b/y"), port("c/z")]


def test_a_port_reached_on_two_paths_has_the_columns_of_both():
    ports = {
        "a/x": derivation({"id": []}),
        "b/y": derivation({"k": ["a/x.id"]}),
        "c/z": derivation({"direct": ["a/x.id"], "through": ["b/y.k"]}),
        "d/end": derivation({"late": ["c/z.through"]}),
    }
    found = reached(mesh(ports), port("a/x"), "id")
    assert found[port("c/z")].values == {"direct", "through"}
    assert found[port("d/end")].values == {"late"}


def test_a_subtree_is_shown_once():
    ports = {"a/x": derivation({"id": []}), "e/end": derivation({"v": ["d/w.v"]})}
    ports |= {f"b/y{n}": derivation({"v": ["a/x.id"]}) for n in range(3)}
    ports["d/w"] = derivation({"v": [f"b/y{n}.v" for n in range(3)]})
    branches = [one for one in tree(mesh(ports), port("a/x"), "id", True) if one.reach.address == port("d/w")]
    assert [(one.again, len(one.below)) for one in branches] == [("", 1), ("above", 0), ("above", 0)]


def test_a_mesh_of_many_paths_has_a_small_tree():
    ports = {"a/p0": derivation({"v": []}), "a/q0": derivation({"v": []})}
    for n in range(1, 40):
        both = [f"a/p{n - 1}.v", f"a/q{n - 1}.v"]
        ports |= {f"a/p{n}": derivation({"v": both}), f"a/q{n}": derivation({"v": both})}
    assert len(list(tree(mesh(ports), port("a/p0"), "v", True))) < 200


def test_a_cycle_is_reported_and_the_rest_is_shown():
    ports = {
        "a/x": derivation({"v": ["b/y.v"]}),
        "b/y": derivation({"v": ["a/x.v"]}),
        "c/z": derivation({"v": ["b/y.v"]}),
    }
    lineage = mesh(ports)
    (cycle,) = lineage.cycles
    assert (cycle[0], set(cycle)) == (cycle[-1], {port("a/x"), port("b/y")})
    branches = list(tree(lineage, port("a/x"), "v", True))
    assert [str(one.reach.address) for one in branches if one.again == "cycle"] == ["a/x"]
    assert reached(lineage, port("a/x"), "v").keys() == {port("b/y"), port("c/z")}


def test_two_cycles_are_two_and_a_port_that_reads_itself_is_one():
    ports = {f"{d}/x": derivation({"v": [f"{e}/x.v"]}) for d, e in ("ab", "ba", "cd", "dc")}
    ports["e/x"] = derivation({"v": ["e/x.v"]})
    assert sorted({str(part) for part in cycle} for cycle in mesh(ports).cycles) and len(mesh(ports).cycles) == 3
    assert mesh(CHAIN).cycles == []


def test_a_port_that_cannot_be_parsed_may_pass_on_every_column():
    ports = {"a/x": derivation({"id": []}), "c/z": derivation({"v": ["b/odd.v"], "w": []})}
    lineage = mesh(ports, problems=["b/odd"], reads=[("b/odd", "a/x")])
    found = reached(lineage, port("a/x"), "id")
    assert (found[port("b/odd")].whole, found[port("b/odd")].note) == (True, "It is written in Python.")
    assert found[port("c/z")].values == {"v"}
    (up,) = tree(lineage, port("b/odd"), None, False).below
    assert (up.reach.address, up.reach.whole) == (port("a/x"), True)


def test_a_port_that_only_counts_rows_is_a_reader():
    ports = {"a/x": derivation({"id": []}), "b/count": derivation({"n": []})}
    lineage = mesh(ports, reads=[("b/count", "a/x")])
    assert reached(lineage, port("a/x"), None)[port("b/count")].whole
    assert reached(lineage, port("a/x"), "id") == {}


def test_a_start_is_an_existing_port_or_column():
    lineage = mesh(CHAIN)
    assert lineage.start("b/y.n") == (port("b/y"), "n")
    assert lineage.start("a/raw_x") == (port("a/raw_x"), None)
    with pytest.raises(UnknownColumn, match=r"b/y has no column 'm'. There are id, n."):
        lineage.start("b/y.m")
    with pytest.raises(UnknownPort, match="There is no port b/nobody"):
        lineage.start("b/nobody")
    with pytest.raises(UnknownPort, match="is not a port address"):
        lineage.start("nonsense")


def test_readers_of_a_big_mesh_are_looked_up_and_not_searched():
    asked = []

    class Counted(dict):
        def __getitem__(self, key):
            asked.append(key)
            return super().__getitem__(key)

    chain = {port(f"a/p{n}"): derivation({"v": [f"a/p{n - 1}.v"]}) for n in range(1, 2000)}
    columns = MeshColumns(Counted(chain), {})
    found = columns.readers(port("a/p0"), ["v"])
    assert len(found) == 1999 == len(asked)
