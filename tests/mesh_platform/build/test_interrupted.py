"""Ctrl-C while dbt works ends the run; it is not an error of the project."""

import os
import signal
import threading

import pytest

from mesh_capabilities.compiled_models import load_compiled
from mesh_platform.build import dbt


@pytest.mark.parametrize("command", [dbt.parse, load_compiled], ids=["parse", "compile"])
def test_ctrl_c_inside_a_command_of_dbt_is_an_interruption(company, command):
    project = company.domain().dbt_project
    project.mkdir(parents=True, exist_ok=True)
    (project / "dbt_project.yml").write_text("{name: shop, version: '1.0.0', profile: shop}")
    (project / "models").mkdir()
    endless = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    (project / "models/slow.sql").write_text(f"{endless} select 1")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background ignores the signal
    timer = threading.Timer(3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        command(company.domain())
    timer.cancel()
    signal.signal(signal.SIGINT, before)
