"""Writes CODEOWNERS from the owners of the domains: `python .github/owners.py [ORGANISATION]`."""

import sys
from pathlib import Path

from mesh_capabilities.scaffolding.code_owners import code_owners
from mesh_platform.project import load_project

text = code_owners(load_project(), *sys.argv[1:2])
Path(__file__).with_name("CODEOWNERS").write_text(text, encoding="utf-8")
