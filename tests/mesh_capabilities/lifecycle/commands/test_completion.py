"""What the shell offers after Tab for `mesh product`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MESH = Path(sys.executable).parent / "mesh"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mesh pro", ["products", "product"]),
        ("mesh product dep", ["deprecate"]),
        ("mesh product status ", ["books/sales", "shop/things"]),
    ],
)
def test_its_verbs_and_products_are_offered(shop, line, words):
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1), "_MESH_COMPLETE": "complete_bash"}
    done = subprocess.run([MESH], cwd=shop.root, env={**os.environ, **asked}, capture_output=True, text=True)
    assert done.stdout.split() == words
