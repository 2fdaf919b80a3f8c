"""Executes the Rego policies on exported facts: python run_rego.py FACTS.json; needs regopy, in an environment of its own.

Prints one JSON document: by policy, the CPU seconds and the number of subjects that violate it.
`bench/catalog/peer/compare.py` calls it.
"""

import json
import sys
import time
from pathlib import Path

import regopy


def main(file: str, policies: list[str]) -> None:
    """Evaluates every policy once, in one interpreter with the facts."""
    start = time.process_time()
    interpreter = regopy.Interpreter()
    interpreter.add_module("policies.rego", Path(__file__).with_name("policies.rego").read_text(encoding="utf-8"))
    interpreter.set_input(json.loads(Path(file).read_text(encoding="utf-8")))
    results = {"load": {"seconds": time.process_time() - start}}
    for policy in policies:
        start = time.process_time()
        answer = json.loads(str(interpreter.query(f"data.mesh.{policy}")))
        broken = answer["expressions"][0]
        results[policy] = {"seconds": time.process_time() - start, "violations": len(broken)}
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
