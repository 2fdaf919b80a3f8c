"""The table of keys in docs/contracts/README.md is the one that `mesh contract lint` reads."""

import importlib.util
from pathlib import Path


def test_the_documentation_tells_what_becomes_of_every_key():
    spec = importlib.util.spec_from_file_location("supported_keys", Path(__file__).with_name("supported_keys.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.supported_keys()
    assert module.in_document() == made, f"python tests/docs/supported_keys.py --refresh writes\n{made}"
