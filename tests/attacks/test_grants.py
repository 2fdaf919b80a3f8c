"""A domain grants itself what belongs to the platform or to another domain, through `secrets` in its `domain.yaml`.

The company has two domains, and the platform has granted each a secret. The attempts of `shop` run where its code runs, in the
process of the platform that reads the values, and must end at once.
"""

import os

import pytest

from mesh_platform.errors import ProjectError
from mesh_platform.project import load_domain
from support.deadline import in_time

STOLEN = "s3cr3t-of-another-domain"


@pytest.fixture
def granted(company, tmp_path, monkeypatch):
    """The folder of secrets of the platform: one of `shop`, one of `shop_eu`."""
    monkeypatch.setenv("MESH_SECRETS", str(tmp_path / "secrets"))
    monkeypatch.setenv("MESH_SECRET_SHOP_EU__TOKEN", STOLEN)
    monkeypatch.setenv("MESH_SECRET_SHOP__EU__TOKEN", STOLEN)  # of a domain shop__eu
    monkeypatch.setenv("OTHER_TEAM_TOKEN", STOLEN)
    for domain, value in (("shop", "its own"), ("shop_eu", STOLEN)):
        (tmp_path / "secrets" / domain).mkdir(parents=True)
        (tmp_path / "secrets" / domain / "TOKEN").write_text(f"{value}\n", encoding="utf-8")
    return tmp_path / "secrets"


SELECTED = {
    "a file of another domain": {"STOLEN": "<secrets>/shop_eu/TOKEN"},
    "a file of another domain as a name": {"../shop_eu/TOKEN": "file"},
    "a file of another domain in capitals": {"SHOP_EU/TOKEN": "file"},
    "a source of another domain": {"STOLEN": "/etc/passwd"},
    "the environment of the platform": {"STOLEN": "/proc/self/environ"},
    "a file without end": {"STOLEN": "/dev/zero"},
    "a pipe": {"STOLEN": "<secrets>/../pipe"},
    "a variable of the platform": {"OTHER_TEAM_TOKEN": "env"},
    "a variable by the name of its grant": {"MESH_SECRET_SHOP_EU__TOKEN": "env"},
    "a variable of a domain with a longer name": {"EU__TOKEN": "env"},
    "a variable of a domain with a suffix": {"_EU__TOKEN": "env"},
    "another name for the file's": {"TOKEN\n": "file"},
    "an origin with a variable": {"TOKEN": "env:OTHER_TEAM_TOKEN"},
    "a list as the origin": {"TOKEN": ["file"]},
}
"""What `shop` writes under `secrets`."""


@pytest.mark.parametrize("attempt", SELECTED)
def test_a_domain_selects_among_its_own_grants_only(attempt, granted, company):
    os.mkfifo(granted.parent / "pipe")
    secrets = {
        name: origin.replace("<secrets>", str(granted)) if isinstance(origin, str) else origin
        for name, origin in SELECTED[attempt].items()
    }
    company.domain_file(secrets=secrets)
    with in_time(), pytest.raises(ProjectError) as refusal:
        load_domain(company.root, "shop").environment()
    assert STOLEN not in str(refusal.value)
    assert "MESH_SECRET_SHOP__" in str(refusal.value), "the way out names the variable of the domain"


def large(file):
    file.write_bytes(b"x" * (64 * 1024 + 1))


def outside(file):
    file.symlink_to("../shop_eu/TOKEN")


CONTENTS = {
    "a pipe": (os.mkfifo, "no regular file"),
    "a device without end": (lambda file: file.symlink_to("/dev/zero"), "leads out of the folder"),
    "the environment of the process": (lambda file: file.symlink_to("/proc/self/environ"), "leads out of the folder"),
    "a link to another domain's": (outside, "leads out of the folder"),
    "a link to itself": (lambda file: file.symlink_to(file.name), ""),
    "a folder": (lambda file: file.mkdir(), "Is a directory"),
    "too much": (large, "more than 65536 bytes"),
    "a text with NUL": (lambda file: file.write_bytes(b"a\0b"), "without NUL"),
    "no text": (lambda file: file.write_bytes(b"\xff\xfe"), "in UTF-8"),
    "nothing": (lambda file: None, "No such file"),
}
"""What is in the place of a granted file, and what the refusal says."""


@pytest.mark.parametrize("content", CONTENTS)
def test_a_granted_file_is_a_small_text_of_the_domains_own_folder(content, granted, company):
    make, words = CONTENTS[content]
    make(granted / "shop/KEY")
    company.domain_file(secrets={"KEY": "file", "TOKEN": "file"})
    with in_time(), pytest.raises(ProjectError, match=rf"KEY is not in .*{words}") as refusal:
        load_domain(company.root, "shop").environment()
    assert STOLEN not in str(refusal.value)


def test_control_own_grants_are_read_through_links_inside_the_folder_as_kubernetes_mounts_them(granted, company):
    (granted / "shop/..2026").mkdir()
    (granted / "shop/..2026/KEY").write_text("mounted", encoding="utf-8")
    (granted / "shop/..data").symlink_to("..2026")
    (granted / "shop/KEY").symlink_to("..data/KEY")
    company.domain_file(secrets={"KEY": "file", "TOKEN": "file"})
    assert load_domain(company.root, "shop").environment() == {"KEY": "mounted", "TOKEN": "its own"}
