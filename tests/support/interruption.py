"""Ctrl-C while dbt works on a project."""

import os
import signal
import threading
from collections.abc import Callable

import pytest

from mesh_platform.project import DomainFolder
from support.company import Company


def interrupt(company: Company, command: Callable[[DomainFolder], object]) -> None:
    """Runs the command on a project that dbt never finishes, and holds it to ending as what Ctrl-C interrupts does."""
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
