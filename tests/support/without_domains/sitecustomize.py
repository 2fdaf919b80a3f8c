"""Holds each Python process with this folder on its PYTHONPATH to the platform: it reads no domain of the repository."""

import runpy
from pathlib import Path

HERE = Path(__file__).parent

runpy.run_path(str(HERE.parent / "refused_reads.py"))["refuse_reads"](HERE)
