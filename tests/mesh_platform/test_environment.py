"""The prepared process: state below the home, tools beside the interpreter, no telemetry."""

import os
import sys
from pathlib import Path

import pytest
import yaml

from mesh_platform.home import MeshHome

pytestmark = pytest.mark.usefixtures("own_environment")


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("MESH_HOME", "DAGSTER_HOME", "DO_NOT_TRACK", "DBT_SEND_ANONYMOUS_USAGE_STATS"):
        monkeypatch.delenv(name, raising=False)
    return MeshHome(tmp_path / "home")


def test_state_goes_below_the_home(home):
    home.prepare()
    assert os.environ["MESH_HOME"] == str(home.root)
    assert os.environ["DAGSTER_HOME"] == str(home.root / "dagster")


def test_telemetry_and_the_first_visit_pop_up_are_off(home):
    home.prepare()
    assert os.environ["DO_NOT_TRACK"] == "1"
    assert os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
    settings = yaml.safe_load((home.dagster / "dagster.yaml").read_text())
    assert settings["telemetry"] == {"enabled": False}
    assert settings["nux"] == {"enabled": False}


def test_one_run_at_a_time_writes_to_a_warehouse(home):
    home.prepare()
    settings = yaml.safe_load((home.dagster / "dagster.yaml").read_text())
    assert settings["concurrency"]["pools"]["default_limit"] == 1


def test_tools_beside_the_interpreter_are_found_without_an_activated_environment(home, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin")
    home.prepare()
    home.prepare()
    assert os.environ["PATH"].split(os.pathsep) == [str(Path(sys.executable).parent), "/usr/bin"]


def test_a_code_location_keeps_the_dagster_instance_of_its_deployment(home, tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "instance"))
    home.prepare(keep_instance=True)
    assert os.environ["DAGSTER_HOME"] == str(tmp_path / "instance")
    assert not home.root.exists()
    assert not (tmp_path / "instance").exists()


def test_a_code_location_without_a_deployment_uses_the_instance_of_the_home(home):
    home.prepare(keep_instance=True)
    assert os.environ["DAGSTER_HOME"] == str(home.dagster)
    assert (home.dagster / "dagster.yaml").is_file()


def test_the_command_line_uses_the_instance_of_its_home_whatever_was_set(home, tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "instance"))
    home.prepare()
    assert os.environ["DAGSTER_HOME"] == str(home.dagster)


def test_unchanged_settings_are_not_written_again(home):
    home.prepare()
    settings = home.dagster / "dagster.yaml"
    os.utime(settings, (1, 1))
    home.prepare()
    assert settings.stat().st_mtime == 1
    settings.write_text("telemetry: {enabled: true}\n")
    home.prepare()
    assert yaml.safe_load(settings.read_text())["telemetry"] == {"enabled": False}


def test_the_instance_of_a_deployment_is_never_changed(home, tmp_path, monkeypatch):
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance/dagster.yaml").write_text("# the deployment's own\n")
    monkeypatch.setenv("MESH_INSTANCE", str(tmp_path / "instance"))
    home.prepare()
    assert os.environ["DAGSTER_HOME"] == str(tmp_path / "instance")
    assert (tmp_path / "instance/dagster.yaml").read_text() == "# the deployment's own\n"
    assert not home.root.exists()
