"""The plan of `mesh check --plan --json` as outputs of a GitHub Actions job: one line a list, `domains` and `groups`."""

import json
import sys
from pathlib import Path

plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
for name in ("domains", "groups"):
    print(f"{name}={json.dumps(plan[name], separators=(',', ':'))}")
