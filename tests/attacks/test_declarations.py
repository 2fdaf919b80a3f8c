"""A hostile team's Python tries to reach beyond its domain while a command reads what the domain declares.

Each attempt is a domain of its own in one mesh. Every command runs once over all of them, and then each attempt is looked up:
what it would have left behind, changed or shown. Executed by Python without the sandbox, the attempts do what they say.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mesh_platform.errors import MeshError, SourceError
from mesh_platform.ingestion.declaration import sources_of
from mesh_platform.ingestion.source import CsvSource
from mesh_platform.project import load_domain
from support.company import Company

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
STOLEN = "s3cr3t-of-another-domain"
"""It is in a file of another domain, in a source file, and in a variable of the environment."""

VALID = "from mesh_platform import build_domain\ndefs = build_domain('{name}', __file__, sources=[])\n"
CSV = "from mesh_platform import CsvSource, build_domain\nsource = CsvSource('t', 't.csv', {{'id': 'INTEGER'}}, 'Rows.')\n"
SENT = """import os
for number in range(3, 64):
    try:
        os.write(number, {line!r} + b'\\n')
    except OSError:
        pass
os._exit(0)
"""


def sends(line: str) -> str:
    """Code that writes a message of its own into every open file, the socket to the platform too, and ends its process."""
    return SENT.replace("{line!r}", repr(line.encode()).replace("{", "{{").replace("}", "}}"))


def plants(place: str, before: str = "", after: str = "") -> str:
    """Code that writes a file with the mark of the attempt."""
    write = f"from pathlib import Path\ndef plant():\n    Path({place!r}).write_text('{{mark}}')\n"
    return f"{write}{before or 'plant()'}\n{after or VALID}"


PORT, CACHE = "{state}/ports/bank/accounts/{mark}", "{state}/code/{mark}.json"

# What ends in a write that must not happen.
WRITES = {
    "into a port": plants(PORT),
    "over a port's log": plants("{state}/ports/bank/accounts/v1/_delta_log/{mark}.json"),
    "into another domain": plants("{root}/domains/bank/contracts/{mark}.yaml"),
    "into its own domain": plants("{root}/domains/{name}/products/{mark}.yaml"),
    "into the registry": plants("{root}/workspace.yaml"),
    "into the list of capabilities": plants("{root}/mesh.toml"),
    "into the cache of declarations": plants(CACHE),
    "into the cache of another domain": plants("{state}/code/bank.json"),
    "into the verdicts": plants("{state}/refused/{mark}.json"),
    "beside the mesh": plants("{outside}/{mark}"),
    "from a module that it imports": {"definitions.py": "import {name}.ingestion\n" + VALID, "ingestion.py": plants(PORT)},
    "from its package": {"__init__.py": plants(PORT, after="pass"), "definitions.py": VALID},
    "from a module named like a library": {"definitions.py": VALID, "../yaml.py": plants(PORT, after="pass")},
    "from a thread": plants(PORT, "import threading\nthreading.Thread(target=plant).start()"),
    "from a thread that goes on": plants(
        PORT,
        "import threading, time\ndef later():\n    while True:\n        time.sleep(.05)\n        try:\n            plant()\n"
        "        except OSError:\n            pass\nthreading.Thread(target=later).start()",
    ),
    "at the end of the process": plants(PORT, "import atexit\natexit.register(plant)"),
    "from a process that it leaves behind": plants(
        PORT, "import os, time\nif not os.fork():\n    time.sleep(.3)\n    plant()\n    os._exit(0)"
    ),
    "from a program that it starts": plants(
        PORT,
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'open(' + repr({place!r}) + ', \"w\")'])".replace(
            "{place!r}", repr(PORT)
        ),
    ),
    "by the functions of the platform": plants(
        PORT, f"from mesh_isolation.files import write_whole\nwrite_whole({{{{Path({PORT!r}): '{{mark}}'}}}})"
    ),
    "by replaced functions of the platform": plants(
        PORT,
        "import json, mesh_isolation.declared as d, mesh_isolation.sandbox as s, mesh_platform.ingestion.declaration as i\n"
        "def hostile(*a, **k):\n    plant()\n    return []\n"
        "i._as_data = i.kinds_of_sources = d.plain_fields = s.restrict = json.dumps = hostile\nplant()",
    ),
    "by what pickle calls": plants(
        PORT,
        "class Bomb(str):\n    def __reduce__(self):\n        return (plant, ())\n"
        "    __str__ = __repr__ = __format__ = lambda *a: plant()\n",
        CSV + "defs = build_domain('{name}', __file__, [CsvSource('t', Bomb('t.csv'), {{'id': 'INTEGER'}}, Bomb('Rows.'))])\n",
    ),
    "by the name of a function": plants(
        PORT,
        'def f(sheet):\n    plant()\nf.__qualname__ = \'__import__("os").system("touch ' + PORT + "\")'\nf.__module__ = 'os'",
        CSV + "from mesh_platform import Reshape\n"
        "source = CsvSource('t', 't.csv', {{'id': 'INTEGER'}}, 'Rows.', reshape=Reshape(f, {{}}))\n"
        "defs = build_domain('{name}', __file__, [source])\n",
    ),
    "by a class of its own": plants(
        PORT,
        "class Feed:\n    asset_name, tables = 'raw_feed', ('feed',)\n    def description(self, domain):\n        plant()\n"
        "    def follows(self, domain):\n        plant()\n    def read(self, *a):\n        plant()\n",
        CSV + "defs = build_domain('{name}', __file__, [Feed()])\n",
    ),
    "by a class derived from the platform's": plants(
        PORT,
        "from mesh_platform import CsvSource\nclass CsvSource(CsvSource):\n"
        "    @property\n    def asset_name(self):\n        plant()\n",
        CSV.replace("CsvSource, ", "") + "defs = build_domain('{name}', __file__, [source])\n",
    ),
    "by a class with the name of another's": plants(
        PORT,
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass MetadataSource:\n    name: str\n    tables: tuple\n"
        "MetadataSource.__module__ = 'mesh_capabilities.governance.catalog.metadata_source'\n",
        "from mesh_platform import build_domain\ndefs = build_domain('{name}', __file__, [MetadataSource('m', "
        "('../../ports/bank/accounts/{mark}',))])\n",
    ),
    "by the name of a table": CSV
    + "source = CsvSource('../../ports/bank/accounts/{mark}', 't.csv', {{'id': 'INTEGER'}}, 'Rows.')\n"
    + "defs = build_domain('{name}', __file__, [source])\n",
    "by the type of a column": CSV
    + "kind = \"INTEGER); COPY (SELECT 1) TO '{state}/ports/bank/accounts/{mark}'; --\"\n"
    + "defs = build_domain('{name}', __file__, [CsvSource('t', 't.csv', {{'id': kind}}, 'Rows.')])\n",
    "by a result of its own": sends(
        '["result", [["CsvSource", {"table": "../../ports/bank/accounts/MARK", "file": "t.csv"}]]]'
    ),
    "by a class that it only names": sends('["result", [["Path", {"table": "t"}], ["os", {"name": "MARK"}]]]'),
}

# What ends in something that the command must not show or keep.
READS = {
    "a file of another domain": "raise RuntimeError(open('{root}/domains/bank/secret.txt').read())\n",
    "a folder of another domain": "import os\nraise RuntimeError(str(os.listdir('{root}/domains/bank')))\n",
    "a source file": "raise RuntimeError(open('{root}/sources/secret.csv').read())\n",
    "the environment": "import os\nraise RuntimeError(os.environ['BANK_TOKEN'])\n",
    "the environment of the platform": "import os\nraise RuntimeError(open(f'/proc/{{os.getppid()}}/environ').read())\n",
    "the memory of the platform": "import os\nraise RuntimeError(open(f'/proc/{{os.getppid()}}/maps').read())\n",
    "a file as a description": CSV
    + "text = open('{root}/domains/bank/secret.txt').read()\n"
    + "defs = build_domain('{name}', __file__, [CsvSource('t', 't.csv', {{'id': 'INTEGER'}}, text)])\n",
    "the key of the hashes": "raise RuntimeError(open('{state}/hash.key', 'rb').read().hex())\n",
    "another domain's module": "import bank\nraise RuntimeError(open(bank.__path__[0] + '/../secret.txt').read())\n",
}

# What no command may be stopped by, and what it says.
FAULTS = {
    "a sleep without end": ("import time\nwhile True:\n    time.sleep(60)\n", "it took more than 10 s"),
    "a huge message": (
        "import sys\nsys.stdout.write('x' * 50_000_000)\nraise RuntimeError('x' * 50_000_000)\n",
        "more than 1,000,000",
    ),
    "a huge declaration": (
        CSV + "defs = build_domain('{name}', __file__, [CsvSource('t', 't.csv', {{'id': 'INTEGER'}}, 'R' * 50_000_000)])\n",
        "it sent a message of more than 1,000,000 characters",
    ),
    "all memory": ("x = bytearray(1 << 40)\n", "MemoryError"),
    "the end of its process": ("import os\nos._exit(0)\n", "ended without a result"),
    "the end of its supervisor": ("import os\nos.kill(os.getppid(), 9)\n" + VALID, ""),
    "an interruption": ("raise KeyboardInterrupt\n", "definitions.py, line 1, KeyboardInterrupt"),
    "an exit": ("raise SystemExit(0)\n", "definitions.py, line 1, SystemExit: 0"),
    "a forged fault of the machine": (sends('["error", "MachineFault", {"found": 5, "place": 7}]'), "not one of its own"),
    "a forged error without texts": (sends('["error", "ProjectError", {"found": {"a": 5}, "way_out": null}]'), "{'a': 5} None"),
    "a forged answer that is deep": (sends('["result", ' + "[" * 100_000), "ended without a result"),
    "a forged answer of other types": (sends('["result", [["CsvSource", {"table": 5}]]]'), "has another table than declared"),
    "a forged answer that is no list": (sends('["result", "CsvSource"]'), "it has a value of the type str where"),
    "a forged answer that lacks a field": (
        sends('["result", [["CsvSource", {"table": "t"}]]]'),
        "The source t of .* has no file",
    ),
    "a forged answer with half a character": (
        sends(r'["result", [["CsvSource", {"table": "t", "file": "\ud800", "columns": {}, "description": ""}]]]'),
        "`columns` of the source t is {}, which names no column",  # and the half is a question mark by then
    ),
    "a forged answer with escapes": (
        sends(r'["result", [["\u001b[2J", {}]]]'),
        r"The source .*\\x1b\[2J of .* is of a kind that neither",
    ),
    "two messages": (sends('["begun"]\n["begun"]\n["event", "x", "started"]\n["result", []]'), ""),
    "another error for each text": (
        "class E(Exception):\n    def __str__(self):\n        raise self\nraise E\n",
        "definitions.py, line 4, E",
    ),
}

# What is no attack, and no declaration either.
NO_DECLARATIONS = {
    "nothing": "SOURCES = []\n",
    "another value": "defs = 5\n",
    "assets of its own": "import dagster\ndefs = dagster.Definitions(assets=[dagster.AssetSpec('bank/accounts')])\n",
    "two calls": VALID + VALID,
    "a call for another domain": "from mesh_platform import build_domain\ndefs = build_domain('bank', __file__)\n",
    "a call for another file": "from mesh_platform import build_domain\ndefs = build_domain('{name}', 'definitions.py')\n",
    "a declaration without a call": (
        "from mesh_platform.ingestion.declaration import Declaration\ndefs = Declaration('{name}', __file__, [])\n"
    ),
}

ATTEMPTS = {
    **{f"writes {name}": code for name, code in WRITES.items()},
    **{f"reads {name}": code for name, code in READS.items()},
    **{f"is {name}": code for name, (code, _) in FAULTS.items()},
    **{f"declares {name}": code for name, code in NO_DECLARATIONS.items()},
}
NAMES = {attempt: f"team{number}" for number, attempt in enumerate(ATTEMPTS)}
SENTENCES = {f"is {name}": sentence for name, (_, sentence) in FAULTS.items() if sentence}
SENTENCES |= {f"declares {name}": r"definitions\.py is not exactly one declaration of team" for name in NO_DECLARATIONS}
SENTENCES |= {
    "reads a file of another domain": "line 1, PermissionError: .*secret.txt.* sees the files of its own domain",
    "reads a source file": "line 1, PermissionError: .*secret.csv.* sees the files of its own domain",
    "reads the environment": "line 2, KeyError: .*BANK_TOKEN.* no environment variable",
    "writes by a class of its own": "The source Feed of .* is a Feed, a class of its own. Use CsvSource, MetadataSource",
    "writes by a class derived from the platform's": "is a CsvSource, a class of its own",
    "writes by the name of a table": "which is no name of a table",
    "writes by the name of a function": "cannot be called by its name in another process",
    "writes by a class with the name of another's": "which is no identifier of at most 100 characters",
    "writes by a class that it only names": "is of a kind that neither the platform nor a listed capability offers",
}


def mark(attempt: str) -> str:
    return f"planted-by-{NAMES[attempt]}-"


def files_of(attempt: str, mesh: Path) -> dict[str, str]:
    code = ATTEMPTS[attempt]
    texts = {"__init__.py": "", **(code if isinstance(code, dict) else {"definitions.py": code})}
    known = {
        "root": mesh,
        "state": mesh / ".mesh",
        "outside": mesh.parent / "outside",
        "name": NAMES[attempt],
        "mark": mark(attempt),
    }
    return {file: text.format(**known).replace("MARK", mark(attempt)) for file, text in texts.items()}


@pytest.fixture(scope="module")
def mesh(tmp_path_factory) -> Path:
    """A mesh with a bank, whose data are at stake, and a domain for each attempt."""
    company = Company(
        tmp_path_factory.mktemp("mesh") / "company", ["governance", "contract_change", "contract_lint", "columns", "doctor"]
    )
    for name in ("bank", *NAMES.values()):
        company.domain_file(name)
    for attempt, name in NAMES.items():
        for file, text in files_of(attempt, company.root).items():
            company.write(f"domains/{name}/{name}/{file}", text)
    company.contract("accounts", "bank")
    company.product("accounts", "bank")
    company.write("domains/bank/bank/__init__.py", "")
    company.write("domains/bank/bank/definitions.py", VALID.format(name="bank"))
    company.write("domains/bank/secret.txt", STOLEN)
    company.write("sources/secret.csv", STOLEN)
    company.write(".mesh/ports/bank/accounts/v1/_delta_log/00000000000000000000.json", '{"commitInfo": {}}')
    company.write(".mesh/hash.key", STOLEN)
    (company.root.parent / "outside").mkdir()
    company.registry("bank", *NAMES.values())
    return company.root


def at_stake(mesh: Path) -> dict[str, bytes]:
    """Every file that is not a cache, a lock, a log or a record of the platform itself."""
    own = {
        mesh / ".mesh" / name for name in ("code", "dbt", "locks", "dagster", "catalog", "refused", "warehouses", "compiled")
    }
    files = (path for path in mesh.parent.rglob("*") if path.is_file() and own.isdisjoint(path.parents))
    return {str(path): path.read_bytes() for path in files if path.parent != mesh / ".mesh" and path.suffix != ".pyc"}


LOADS = """
import importlib, os, sys
sys.path[:0] = os.environ.get("FIRST_ON_THE_PATH", "").split(os.pathsep) if "FIRST_ON_THE_PATH" in os.environ else []
for name in sys.argv[1:]:
    try:
        print(importlib.import_module(f"{name}.definitions").defs)
    except Exception as problem:
        print(problem)
loaded = [name for name in sys.modules if name.startswith("team") and not name.endswith("definitions") and "." in name]
assert not loaded and "bank.definitions" not in sys.modules, loaded
"""
DAGSTER = """
import sys
from dagster._core.workspace.autodiscovery import loadable_targets_from_python_module
for name in sys.argv[1:]:
    try:
        print(loadable_targets_from_python_module(f"{name}.definitions", working_directory=f"domains/{name}"))
    except Exception as problem:
        print(problem)
"""
COMMANDS = {
    "mesh status": [BIN / "mesh", "status"],
    "mesh products": [BIN / "mesh", "products"],
    "mesh doctor": [BIN / "mesh", "doctor"],
    "mesh run": [BIN / "mesh", "run", *NAMES.values()],
    "an import": [sys.executable, "-P", "-c", LOADS, *NAMES.values()],
    "an import with its folder on the path": [sys.executable, "-P", "-c", LOADS, *NAMES.values()],
    "a code location of Dagster": [sys.executable, "-P", "-c", DAGSTER, *NAMES.values()],
}


@pytest.fixture(scope="module", params=COMMANDS)
def ran(request, mesh) -> tuple[str, str, dict[str, bytes], dict[str, bytes]]:
    """A command that ran over all attempts: its name, what it printed, and all files before and after."""
    before = at_stake(mesh)
    shutil.rmtree(mesh / ".mesh/code", ignore_errors=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MESH", "DAGSTER"))}
    environment |= {"BANK_TOKEN": STOLEN, "COLUMNS": "400"}
    if request.param.endswith("on the path"):
        environment["FIRST_ON_THE_PATH"] = os.pathsep.join(str(mesh / "domains" / name) for name in NAMES.values())
    done = subprocess.run(
        COMMANDS[request.param], cwd=mesh, env=environment, capture_output=True, text=True, errors="replace", timeout=400
    )
    time.sleep(0.5)  # what was left behind would have written by now
    assert "was not prepared for" not in done.stderr + done.stdout
    return request.param, done.stdout + done.stderr, before, at_stake(mesh)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_nothing_is_written_and_nothing_is_shown(ran, mesh, attempt):
    command, printed, before, after = ran
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert not [path for path in changed if mark(attempt) in path or mark(attempt).encode() in after.get(path, b"")]
    assert not list(mesh.parent.rglob(f"*{mark(attempt)}*"))
    cache = mesh / f".mesh/code/{NAMES[attempt]}.json"
    assert not cache.exists() or STOLEN not in cache.read_text()


def test_nothing_at_all_has_changed(ran):
    _, printed, before, after = ran
    assert before == after
    assert STOLEN not in printed and STOLEN.encode().hex() not in printed


@pytest.mark.parametrize("attempt", SENTENCES)
def test_the_command_says_why_the_domain_does_not_load(ran, attempt):
    command, printed, *_ = ran
    printed = " ".join(printed.split())
    if command not in ("mesh products", "mesh doctor"):  # they say the same in tables
        start = rf"(domains/{NAMES[attempt]}/|code location {NAMES[attempt]}\b|of {NAMES[attempt]}\b|function)"
        assert re.search(SENTENCES[attempt].replace(" of .* ", f" of {NAMES[attempt]} "), printed) and re.search(start, printed)


def test_the_other_domain_loads(ran, mesh):
    assert sources_of(load_domain(mesh, "bank")) == []


# Whether the attempts are any: what Python does with them where nothing holds them.

UNHELD = """import mesh_platform, os, sys, time
from mesh_isolation.packages import execute_domains
execute_domains()
sys.path.insert(0, 'FOLDER')
import NAME.definitions as loaded
import yaml
for source in getattr(loaded.defs, "sources", ()):
    print(source.asset_name, getattr(source, "file", ""), getattr(source, "read", str)())
time.sleep(1)
ENDS
"""


@pytest.mark.parametrize(
    "attempt",
    [name for name in ATTEMPTS if name.startswith("writes") and not re.search(r" by (the|a) (?!class of|class derived)", name)],
)
def test_the_attempt_succeeds_without_the_sandbox(attempt, tmp_path):
    root = tmp_path / "company"
    for folder in (".mesh/ports/bank/accounts/v1/_delta_log", ".mesh/code", ".mesh/refused", "domains/bank/contracts"):
        (root / folder).mkdir(parents=True)
    (root / f"domains/{NAMES[attempt]}/products").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    for file, text in files_of(attempt, root).items():
        path = root / "domains" / NAMES[attempt] / NAMES[attempt] / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    code = UNHELD.replace("FOLDER", str(root / "domains" / NAMES[attempt])).replace("NAME", NAMES[attempt])
    code = code.replace("ENDS", "os._exit(0)" if "goes on" in attempt else "pass")
    subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, timeout=60)
    own = (f"domains/{NAMES[attempt]}/team", "__pycache__")
    planted = [path for path in tmp_path.rglob("*") if path.is_file() and not any(part in str(path) for part in own)]
    assert [path for path in planted if mark(attempt) in path.name or mark(attempt) in path.read_text()]


# What is kept of a declaration.


@pytest.fixture
def shop(company):
    company.registry("shop")
    company.domain_file("shop")
    company.write("domains/shop/shop/__init__.py", "")
    company.write("domains/shop/shop/definitions.py", VALID.format(name="shop"))
    return company


def test_python_that_takes_too_long_is_executed_once_until_a_file_changes_or_ten_minutes_have_passed(shop, monkeypatch):
    shop.write("domains/shop/shop/definitions.py", "while True: pass\n")
    domain, now = load_domain(shop.root, "shop"), time.time()
    monkeypatch.setattr("mesh_platform.ingestion.declaration._SECONDS", 0.5)

    def refused() -> float:
        start = time.monotonic()
        with pytest.raises(
            MeshError, match=r"took more than .* executed again when a file of the domain changes, or after 10 min"
        ):
            sources_of(domain)
        return time.monotonic() - start

    assert refused() > 0.5
    assert refused() < 0.4
    shop.write("domains/shop/shop/definitions.py", "while True:\n    pass\n")
    assert refused() > 0.5
    monkeypatch.setattr(time, "time", lambda: now + 3_600)
    assert refused() > 0.5
    shop.write("domains/shop/shop/definitions.py", VALID.format(name="shop"))
    assert sources_of(domain) == []


def test_what_the_code_reads_is_part_of_what_is_kept(shop):
    """A declaration that is computed from another file of the domain is computed again when that changes."""
    reads = "import pathlib\ntext = (pathlib.Path(__file__).parents[1] / 'names.txt').read_text()\n"
    made = "defs = build_domain('shop', __file__, [CsvSource(text, 't.csv', {'id': 'INTEGER'}, 'Rows.')])\n"
    shop.write("domains/shop/shop/definitions.py", f"from mesh_platform import CsvSource, build_domain\n{reads}{made}")
    domain = load_domain(shop.root, "shop")
    for name in ("one", "two"):
        shop.write("domains/shop/names.txt", name)
        assert [source.table for source in sources_of(domain)] == [name]


@pytest.mark.parametrize(("table", "file"), [("t", "u.csv"), ("T", "u.csv"), ("t", "t.csv")])
def test_two_sources_of_one_table_are_refused_with_both_named(shop, table, file):
    made = f"defs = build_domain('shop', __file__, [source, CsvSource('{table}', '{file}', {{'id': 'INTEGER'}}, 'Rows.')])\n"
    shop.write("domains/shop/shop/definitions.py", CSV.format() + made)
    both = re.escape(f"CsvSource('t', 't.csv') and CsvSource('{table}', '{file}')")
    with pytest.raises(SourceError, match=f"Two sources of shop make the table '{table}': {both}"):
        sources_of(load_domain(shop.root, "shop"))


def declare_file(shop, file):
    """Writes the declaration of one source, of that file."""
    declaration = f"defs = build_domain('shop', __file__, [CsvSource('t', {file!r}, {{'id': 'INTEGER'}}, 'Rows.')])\n"
    shop.write("domains/shop/shop/definitions.py", f"from mesh_platform import CsvSource, build_domain\n{declaration}")


@pytest.mark.parametrize("file", ["books/t.csv", "./Books/deep/t.csv", "olist/../books/t.csv", "BOOKS/../books/./t.csv"])
def test_a_source_is_no_file_in_the_folder_of_another_domain(shop, file):
    shop.domain_file("books")
    declare_file(shop, file)
    with pytest.raises(
        SourceError, match="The source t of shop names .*, and the folder books holds the files of the domain books"
    ):
        sources_of(load_domain(shop.root, "shop"))


@pytest.mark.parametrize("file", ["shop/t.csv", "olist/books/t.csv", "books.csv", "bookshelf/t.csv"])
def test_a_source_is_a_file_of_its_own_folder_or_of_none(shop, file):
    shop.domain_file("books")
    declare_file(shop, file)
    assert [source.file for source in sources_of(load_domain(shop.root, "shop"))] == [file]


DAMAGES = ["", "{}", "[]", '{"digest": 5}', '{"digest": "x", "sources": [["os", {}]], "until": 1.0}', "\0", "[" * 100_000]


@pytest.mark.parametrize("text", DAMAGES)
def test_a_damaged_cache_is_made_again(shop, text):
    shop.write(".mesh/code/shop.json", text)
    assert sources_of(load_domain(shop.root, "shop")) == []
    assert json.loads((shop.root / ".mesh/code/shop.json").read_text())["sources"] == []


def test_what_a_domain_declares_arrives_as_it_was_declared(shop):
    made = """from mesh_platform import CsvSource, Reshape, build_domain

def long(sheet):
    return sheet

whole = dict(null="N/A", byte_order_mark=True, timestamp_format="%d/%m/%Y", trailing_comma=True, set_aside=3)
whole |= dict(volume=None, reason="why")
source = CsvSource("t", "a/t.csv", {"größe ☃": "VARCHAR"}, "x", reshape=Reshape(long, {"a": "DATE"}), **whole)
defs = build_domain("shop", __file__, (source,))
"""
    shop.write("domains/shop/shop/definitions.py", made)
    (source,) = sources_of(load_domain(shop.root, "shop"))
    whole = {"null": "N/A", "byte_order_mark": True, "timestamp_format": "%d/%m/%Y", "trailing_comma": True, "set_aside": 3}
    whole |= {"volume": None, "reason": "why", "reshape": source.reshape}
    assert source == CsvSource("t", "a/t.csv", {"größe ☃": "VARCHAR"}, "x", **whole)
    assert source.reshape.function == ("shop.definitions", "long", shop.root / "domains/shop")
    assert source.reshape.columns == {"a": "DATE"}
