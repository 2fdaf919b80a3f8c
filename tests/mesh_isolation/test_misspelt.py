"""A name is near to another one if a slip of the hand makes the one from the other; any other name is the writer's own."""

import os

import pytest

from mesh_isolation.misspelt import misspelt_entries, near, unread_files

KNOWN = ("versionRetention", "setAside", "tier", "policies", "broken_expectations", "endsOn")


def slips(name):
    """The name with each letter left out, doubled, replaced, or exchanged with the next, in other cases, and with more."""
    for at in range(len(name)):
        yield name[:at] + name[at + 1 :]
        yield name[:at] + name[at] + name[at:]
        yield f"{name[:at]}x{name[at + 1 :]}"
        yield name[:at] + name[at : at + 2][::-1] + name[at + 2 :]
    yield from (name.upper(), name.lower(), name.capitalize(), f"{name} ", f"_{name}", name.replace("_", "-"), f"{name}s")


@pytest.mark.parametrize("name", KNOWN)
def test_every_slip_is_near(name):
    assert {slip: near(slip, KNOWN) for slip in slips(name) if slip != name and near(slip, KNOWN) != [name]} == {}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("policy", "policies"),
        ("Policies", "policies"),
        ("version_retention", "versionRetention"),
        ("versionRetenton", "versionRetention"),
        ("verisonRetenton", "versionRetention"),  # two slips in a long name
        ("p\N{CYRILLIC SMALL LETTER O}licies", "policies"),
    ],
)
def test_a_plural_a_case_and_two_slips_in_a_long_name_are_near(name, known):
    assert near(name, KNOWN) == [known]


OTHERS = (
    *("docs", "notebooks", "scripts", "notes", "examples", "tests", "data", "archive", "sql", "", "s", "\0", "x" * 100_000),
    *("predecessor", "steward", "title", "note", "costCenter", "dataRetention", "servedTo", "earliestDays", "purpose"),
)


@pytest.mark.parametrize("name", OTHERS)
def test_other_names_are_not_near(name):
    known = ("contracts", "policies", "products", "samples", "waivers", "tier", "successor", "versionRetention", "servedFrom")
    assert near(name, (*known, "latestDays", "processingPurpose", "re", "fy")) == []


def test_a_name_is_not_near_to_itself_and_the_short_ones_of_two_letters_only_in_another_case():
    assert near("tier", KNOWN) == []
    assert near("FY", ["fy", "ly"]) == ["fy"]
    assert near("th", ["re", "ly", "fy"]) == near("ry", ["re", "ly", "fy"]) == []


def test_entries_are_found_at_any_depth_and_whatever_stands_around_them():
    document = {
        "custom": [
            {"property": "Tier"},
            {"property": "tier"},
            {"property": "mine"},
            {"property": 1},
            {"other": "Tier"},
            "Tier",
            None,
        ],
        "a": [{"b": {"custom": [{"property": "teir", "value": {"custom": [{"property": "tiers"}]}}]}}],
        "b": {"custom": {"property": "Tier"}},
        "other": [{"property": "Tier"}],
    }
    assert list(misspelt_entries(document, "custom", ["tier"])) == [
        (("custom", 0), "Tier", ["tier"]),
        (("a", 0, "b", "custom", 0), "teir", ["tier"]),
        (("a", 0, "b", "custom", 0, "value", "custom", 0), "tiers", ["tier"]),
    ]
    assert [name for _, name, _ in misspelt_entries(document, "custom", ["tier"], str.lower)] == ["teir", "tiers"]


FOLDERS = {"policies": (".sql",), "products": (".odps.yaml", ".life.yaml"), "samples": (), "shop": ()}
UNREAD = {
    "policy/one.sql": ("policy/", "policies/"),
    "POLICIES/one.sql": ("POLICIES/", "policies/"),
    "prodcuts/pays.odps.yaml": ("prodcuts/", "products/"),
    "smaples/pays.csv": ("smaples/", "samples/"),
    "policies/one.SQL": ("policies/one.SQL", ".sql"),
    "policies/one.sq": ("policies/one.sq", ".sql"),
    "products/pays.odps.yml": ("products/pays.odps.yml", ".odps.yaml"),
    "products/pays.opds.yaml": ("products/pays.opds.yaml", ".odps.yaml"),
    "products/pays.yaml": ("products/pays.yaml", ".odps.yaml or .life.yaml"),
    "products/pays.lief.yml": ("products/pays.lief.yml", ".life.yaml"),
    "products/PAYS.ODPS.YAML": ("products/PAYS.ODPS.YAML", ".odps.yaml"),
    "pays.odps.yaml": ("pays.odps.yaml", "products/"),
    "pays.odps.yml": ("pays.odps.yml", "products/"),
    "policies.sql": ("policies.sql", "policies/"),
    "product.yaml": ("product.yaml", "products/"),
    "policies": ("policies", "folder"),
    "policies/privacy/one.sql": ("policies/privacy/", "none of folders in it"),
    "products/old/pays.odps.yml": ("products/old/", "none of folders in it"),
    "domain.yml": ("domain.yml", "domain.yaml"),
    "Domain.yaml": ("Domain.yaml", "domain.yaml"),
    "domains.yaml": ("domains.yaml", "domain.yaml"),
}
"""The file that is written → the path that is named, and the way out."""


def write(folder, *files):
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("")


@pytest.mark.parametrize("file", UNREAD)
def test_a_file_or_folder_that_is_nearly_read_is_named_with_the_right_name(tmp_path, file):
    path, way_out = UNREAD[file]
    write(tmp_path, "domain.yaml", file)
    ((found, said),) = unread_files(tmp_path, "domain.yaml", FOLDERS)
    assert found == path and way_out in said


def test_the_right_one_beside_it_changes_nothing(tmp_path):
    write(tmp_path, "domain.yaml", "policies/one.sql", "policy/one.sql", "products/pays.odps.yaml", "products/pays.odps.yml")
    assert [path for path, _ in unread_files(tmp_path, "domain.yaml", FOLDERS)] == ["policy/", "products/pays.odps.yml"]


def test_what_is_read_and_what_is_the_writer_s_own_is_no_finding(tmp_path):
    read = [
        "domain.yaml",
        "policies/one.sql",
        "products/pays.odps.yaml",
        "products/pays.life.yaml",
        "samples/x.yml",
        "shop/x.py",
    ]
    own = ["docs/policy.md", "notebooks/a.ipynb", "scripts/run.sql", "notes/n.txt", "examples/x.sql", "README.md", "shop.yaml"]
    beside = ["products/README.md", "policies/notes.txt", "policies/.one.sq.swp", "products/pays.odps.yaml~", ".policy/x.sql"]
    write(tmp_path, *read, *own, *beside, "shop/x.py", "sample/x.csv", "shops/x.py", "query.sql", "products/old/pays.yml")
    assert list(unread_files(tmp_path, "domain.yaml", FOLDERS)) == []


def test_a_folder_that_is_missing_or_a_file_has_no_finding_and_a_name_that_is_no_text_can_be_shown(tmp_path):
    assert list(unread_files(tmp_path / "none", "domain.yaml", FOLDERS)) == []
    write(tmp_path, "file")
    assert list(unread_files(tmp_path / "file", "domain.yaml", FOLDERS)) == []
    (tmp_path / os.fsdecode(b"policie\xff")).mkdir()
    ((path, _),) = unread_files(tmp_path, "domain.yaml", FOLDERS)
    assert path.isprintable() and path.encode("utf-8")
