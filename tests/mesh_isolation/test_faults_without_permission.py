"""Without permission to write, the message names the folder and the permission: no hidden file, and no read-only disk."""

import errno
import sqlite3

import pytest

from mesh_isolation import machine


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MESH_HOME", str(tmp_path))
    monkeypatch.setattr(machine.os, "access", lambda folder, mode: str(folder) != str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("code", ["SQLITE_READONLY", "SQLITE_READONLY_DIRECTORY", "SQLITE_CANTOPEN"])
def test_a_database_in_a_folder_that_may_not_be_written_names_the_folder(home, code):
    problem = sqlite3.OperationalError("attempt to write a readonly database")
    problem.sqlite_errorname = code
    fault = machine.fault_of(problem)
    assert fault.found == f"The system refuses {home}: Permission denied."
    assert "permissions" in fault.way_out


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_a_file_that_could_not_be_created_is_named_by_its_folder(home, number):
    fault = machine.fault_of(PermissionError(number, "no", str(home / ".source.628bea.new")))
    assert fault.found.startswith(f"The system refuses {home}: ")


def test_a_file_that_exists_is_named_itself(home):
    (home / "facts.json").touch()
    fault = machine.fault_of(PermissionError(errno.EACCES, "no", str(home / "facts.json")))
    assert fault.found.startswith(f"The system refuses {home / 'facts.json'}: ")
