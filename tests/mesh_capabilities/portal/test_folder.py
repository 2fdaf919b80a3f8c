"""The folder of a portal: other files are left alone, and outdated files are removed."""

import pytest

from mesh_capabilities.errors import PortalError
from mesh_capabilities.portal.site import Folder


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(PortalError, match="contains files that are not a portal's. Name a new or empty folder with --to"):
        Folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_refused_as_a_folder(tmp_path):
    (tmp_path / "site").write_text("")
    with pytest.raises(PortalError, match="is a file"):
        Folder(tmp_path / "site")


def test_outdated_files_are_removed_with_their_folders_and_the_rest_stays(tmp_path):
    first = Folder(tmp_path)
    first.put("products/a/one.html", "1")
    first.put("index.html", "x")
    assert first.close() == 2
    (tmp_path / "CNAME").write_text("mesh.example")
    second = Folder(tmp_path)
    second.put("index.html", "x")
    second.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mesh-portal.json", "CNAME", "index.html"]
    assert second.written == 0


@pytest.mark.parametrize("name", ["../out.html", "a/../../out.html", "/tmp/out.html"])
def test_nothing_is_written_outside(tmp_path, name):
    folder = Folder(tmp_path / "site")
    with pytest.raises(PortalError, match="outside the portal"):
        folder.put(name, "x")
    assert list(tmp_path.iterdir()) == []


def test_a_manipulated_list_of_files_removes_nothing_outside(tmp_path):
    (tmp_path / "keep.txt").write_text("mine")
    site = tmp_path / "site"
    Folder(site).put("index.html", "x")
    (site / ".mesh-portal.json").write_text('["../keep.txt", "index.html"]')
    folder = Folder(site)
    folder.put("index.html", "y")
    folder.close()
    assert (tmp_path / "keep.txt").read_text() == "mine"
