"""A hostile domain, through its dbt project: it reaches its warehouse, its candidates and declared inputs, and nothing else.

Each attempt is executed by dbt as a publish executes it. Afterwards the whole mesh is searched: the planted values may be
nowhere that the domain can read, and nothing outside its own folders may have changed.
"""

import hashlib
import json
import os
import socket
from pathlib import Path

import duckdb
import pytest

from mesh_isolation.landlock import landlock_version
from mesh_platform.build import dbt
from mesh_platform.build.port_graph import load_port_graph
from mesh_platform.errors import MeshError, ProjectError

PLANTED = "PLANTED-VALUE-OF-ANOTHER-DOMAIN"
"""Stands in every file and variable that the attempts try to read."""

kernel = pytest.mark.skipif(not landlock_version(), reason="This kernel has no Landlock; see docs/security.md.")


class Mesh:
    """A mesh of two domains: `vault`, whose data the attempts want, and `shop`, which attempts."""

    def __init__(self, company, monkeypatch, server: int) -> None:
        self.domain, self.root = company.domain(), company.root
        self.home = self.domain.home.root
        self.server = server
        self.data = self.home / "ports/vault/secrets/v1/part-1.parquet"
        self.pinned = self.home / "ports/vault/declared/v1/part-1.parquet"
        for file, value in ((self.data, PLANTED), (self.pinned, "declared")):
            file.parent.mkdir(parents=True)
            duckdb.execute(f"COPY (SELECT '{value}' AS value) TO '{file}' (FORMAT parquet)")
        self.warehouse = self.home / "warehouses/vault/vault.duckdb"
        self.warehouse.parent.mkdir(parents=True)
        with duckdb.connect(self.warehouse) as connection:
            connection.execute(f"CREATE TABLE raw AS SELECT '{PLANTED}' AS value")
        (self.home / "read").mkdir()
        (self.home / "read/shop.json").write_text("{}", encoding="utf-8")
        self.text = company.write("secret.csv", f"value\n{PLANTED}\n")
        monkeypatch.setenv("SECRET_TOKEN", PLANTED)
        for folder in ("candidates/vault", "candidates/shop", "built/vault"):
            (self.home / folder).mkdir(parents=True)
            (self.home / folder / "secrets.parquet").write_bytes(self.data.read_bytes())

    def project(self, files: dict[str, str]) -> None:
        macros = Path(dbt.__file__).parent / "macros"
        standard = {
            "dbt_project.yml": json.dumps(
                {
                    "name": "shop",
                    "version": "1.0.0",
                    "profile": "shop",
                    "macro-paths": [str(macros), "macros"],
                    "models": {"shop": {"+materialized": "table"}},
                }
            ),
            "models/harmless.sql": f"select value from read_parquet('{self.pinned}')",
        }
        for name, content in {**standard, **files}.items():
            path = self.domain.dbt_project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content.startswith("link to "):
                path.symlink_to(self.filled(content).removeprefix("link to "))
            else:
                path.write_text(self.filled(content), encoding="utf-8")

    def filled(self, text: str) -> str:
        """The attempt with the paths of this mesh: words in angle brackets."""
        words = {
            "data": self.data,
            "pinned": self.pinned,
            "warehouse": self.warehouse,
            "text": self.text,
            "home": self.home,
            "root": self.root,
            "port": self.server,
            "candidates": self.home / "built",
            "judged": self.home / "candidates",
        }
        for word, value in words.items():
            text = text.replace(f"<{word}>", str(value))
        return text

    def build(self, *models: str) -> dict[str, str]:
        """Builds the models; the status and message of each node, or of the whole build, by name."""
        try:
            nodes = dbt.build_models(self.domain, models, [self.pinned], lambda *_: None)
        except MeshError as problem:
            return {"": f"refused: {problem}"}
        return {node.name: f"{'done' if node.good else 'refused'}: {node.message}" for node in nodes.values()}

    def outside(self) -> dict[str, str]:
        """The SHA-256 of every file that is not the domain's own."""
        own = [self.home / part for part in ("built/shop", "warehouses/shop", "dbt/shop")]
        files = [path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink()]
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
            if not any(path.is_relative_to(folder) for folder in [*own, self.domain.dbt_project])
        }

    def leaked(self) -> list[str]:
        """The files of the domain, and tables of its warehouse, that hold a planted value."""
        folders = [self.home / part / "shop" for part in ("built", "warehouses", "dbt")]
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        leaks = [str(path) for path in files if PLANTED.encode() in path.read_bytes()]
        for path in (path for path in files if path.suffix == ".parquet"):
            if duckdb.sql(f"SELECT count(*) FROM '{path}' AS t WHERE t::VARCHAR LIKE '%{PLANTED}%'").fetchone()[0]:
                leaks.append(str(path))
        warehouse = self.home / "warehouses/shop/shop.duckdb"
        if warehouse.exists():
            with duckdb.connect(warehouse, read_only=True) as connection:
                tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
                leaks += [
                    name
                    for schema, name in tables
                    if connection.execute(
                        f'SELECT count(*) FROM "{schema}"."{name}" AS t WHERE t::VARCHAR LIKE \'%{PLANTED}%\''
                    ).fetchone()[0]
                ]
        return leaks


@pytest.fixture
def server():
    """The port of a server that must get no connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening.getsockname()[1]
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.fixture
def mesh(company, monkeypatch, server):
    return Mesh(company, monkeypatch, server)


HOOK = '{{{{ config(pre_hook="{}") }}}} select 1 as value'
AFTER = '{{{{ config(post_hook="{}") }}}} select 1 as value'
ASK = (
    "{{% if execute %}}{{% set answer = run_query(\"{}\") %}}select '{{{{ answer.rows[0][0] }}}}' as value"
    "{{% else %}}select 1{{% endif %}}"
)

QUERIES = {
    "another port": "select * from read_parquet('<data>')",
    "another port by its name alone": "select * from '<data>'",
    "another port through dots": "select * from read_parquet('<home>/ports/vault/declared/v1/../../secrets/v1/part-1.parquet')",
    "another port by a file URL": "select * from read_parquet('file://<data>')",
    "another port by a glob": "select * from read_parquet('<home>/ports/*/*/v1/*.parquet')",
    "another port beside the declared file": "select * from read_parquet(['<pinned>', '<data>'])",
    "another port by a UNC path": "select * from read_parquet('//localhost<data>')",
    "a glob of the home": "select * from glob('<home>/**')",
    "its bytes": "select content::varchar as value from read_blob('<data>')",
    "a text file": "select * from read_text('<text>')",
    "a CSV file": "select * from read_csv('<text>')",
    "the format of a CSV file": "select * from sniff_csv('<text>')",
    "a JSON file": "select * from read_json('<text>')",
    "a Delta table": "select * from delta_scan('<home>/ports/vault/secrets/v1')",
    "the footer of a file": "select * from parquet_metadata('<data>')",
    "key values of a file": "select * from parquet_kv_metadata('<data>')",
    "a query in a text": "select * from query('select * from read_' || 'text(''<text>'')')",
    "a table by its name": "select * from query_table('<data>')",
    "another warehouse": "select * from '<warehouse>'",
    "another database system": "select * from sqlite_scan('<home>/dagster/x.db', 't')",
    "a candidate of another domain": "select * from read_parquet('<candidates>/vault/secrets.parquet')",
    "the network": "select * from read_csv('http://127.0.0.1:<port>/x.csv')",
    "a bucket": "select * from read_parquet('s3://bucket/x.parquet')",
    "a variable of the environment": "select getenv('SECRET_TOKEN') as value",
    "the environment of its process": "select * from read_text('/proc/self/environ')",
    "the environment of its parent": "select * from read_text('/proc/1/environ')",
    "a variable of Python": "select * from PLANTED",
    "the passwords of the machine": "select * from read_text('/etc/shadow')",
}
"""What a SELECT tries to read."""

STATEMENTS = {
    "copy another port": "copy (select * from read_parquet('<data>')) to '<candidates>/shop/stolen.csv'",
    "copy to another domain": "copy (select 1) to '<candidates>/vault/secrets.parquet' (format parquet)",
    "overwrite a declared input": "copy (select 2 as value) to '<pinned>' (format parquet, use_tmp_file false)",
    "write what is recorded of its sources": "copy (select 1) to '<home>/read/shop.json' (format json, use_tmp_file false)",
    "overwrite another port": "copy (select 2 as value) to '<data>' (format parquet, use_tmp_file false)",
    "copy to its own folder under another name": "copy (select 1) to '<candidates>/shop/x.parquet' (format parquet)",
    "copy partitions": "copy (select 1 as a, 2 as b) to '<candidates>/vault' (format csv, partition_by (a), overwrite true)",
    "copy into a table": "create table t (value varchar); copy t from '<text>'",
    "explain analyze a copy": "explain analyze copy (select 2 as value) to '<pinned>' (format parquet, use_tmp_file false)",
    "prepare a copy": "prepare p as copy (select 2 as value) to '<pinned>' (format parquet, use_tmp_file false)",
    "attach": "attach '<warehouse>' as other (read_only)",
    "attach in memory and copy": "attach ':memory:' as m; copy from database m to shop",
    "export": "export database '<candidates>/shop/export'",
    "import": "import database '<home>'",
    "install": "install httpfs",
    "load": "load httpfs",
    "a secret": "create secret s (type s3, key_id 'x', secret 'y')",
    "a persistent secret": "create persistent secret s (type s3, key_id 'x', secret 'y')",
    "open the lock": "set lock_configuration = false",
    "allow more files": "set allowed_directories = ['/']",
    "allow everything": "set enable_external_access = true",
    "a macro": "create macro f() as table select * from read_text('<text>'); create table s as select * from f()",
    "a view": "create view v as select * from read_parquet('<data>'); create table s as select * from v",
    "a log": "call enable_logging(storage = 'file', storage_path = '<candidates>/vault')",
    "a profile of the query": "pragma profiling_output = '<home>/ports/vault/x.json'",
    "another temporary folder": "set temp_directory = '<home>/ports/vault'",
}
"""What a statement in a hook or a macro tries to do."""

PYTHON = {
    "open a file": "open('<text>').read()",
    "open another port": "open('<data>', 'rb').read().hex()",
    "write another port": "open('<data>', 'wb').write(b'x')",
    "write a declared input": "open('<pinned>', 'wb').write(b'x')",
    "write what is recorded of its sources": "open('<home>/read/shop.json', 'w').write('{}')",
    "remove a declared input": "__import__('os').unlink('<pinned>')",
    "list the ports": "','.join(__import__('os').listdir('<home>/ports'))",
    "a variable of the environment": "__import__('os').environ['SECRET_TOKEN']",
    "a program": "__import__('subprocess').check_output(['cat', '<text>']).decode()",
    "a shell": "__import__('os').popen('cat <text>').read() or 1/0",
    "the network": "__import__('urllib.request').request.urlopen('http://127.0.0.1:<port>/', timeout=2).read()",
    "a server": "__import__('socket').create_server(('127.0.0.1', 0)).getsockname()",
    "the platform's process": "__import__('os').kill(__import__('os').getppid(), 9)",
    "the memory of a process": "open(f\"/proc/{__import__('os').getppid()}/mem\", 'rb').read(1)",
    "a free connection": "str(__import__('_duckdb').connect().sql(\"select * from read_text('<text>')\").fetchall())",
    "another warehouse": "str(__import__('_duckdb').connect('<warehouse>').sql('select * from raw').fetchall())",
    "a link": "(__import__('os').symlink('<text>', '<candidates>/shop/x.csv'), open('<candidates>/shop/x.csv').read())",
    "the code of the platform": "open(__import__('mesh_platform').__file__, 'a').write('x')",
    "the next build": "open('<home>/dbt/shop/profiles.yml', 'w').write('x')",
    "the cached graph": "open('<home>/dbt/shop/ports.json', 'w').write('{}')",
    "the folder of what is judged": "open('<judged>/shop/x.parquet', 'wb').write(b'x')",
    "a candidate of its own": "open('<judged>/shop/secrets.parquet', 'ab').write(b'x')",
    "its own source code": "open('<root>/domains/shop/domain.yaml', 'w').write('x')",
}
"""What a Python model tries."""


def named(kind: str, attempt: str) -> str:
    return "_".join([kind, *"".join(character if character.isalnum() else " " for character in attempt.lower()).split()])


MODELS = {
    **{named("select", name): query for name, query in QUERIES.items()},
    **{named("view", name): "{{ config(materialized='view') }} " + query for name, query in list(QUERIES.items())[:6]},
    **{named("port", name): "{{ config(materialized='port') }} " + query for name, query in list(QUERIES.items())[:6]},
    **{named("macro", name): ASK.format(query) for name, query in list(QUERIES.items())[:12]},
    **{named("before", name): HOOK.format(statement) for name, statement in STATEMENTS.items()},
    **{named("after", name): AFTER.format(statement) for name, statement in list(STATEMENTS.items())[:8]},
    "port_that_ends_its_copy": "{{ config(materialized='port') }} select 1 as value) where true) to "
    "'<candidates>/vault/secrets.parquet' (format parquet); copy (select * from (select 2 as value",
    "port_with_another_query_behind": "{{ config(materialized='port') }} select 1 as value; copy (select 1) to '<pinned>' "
    "(format parquet, use_tmp_file false)",
    "port_in_a_comment": "{{ config(materialized='port') }} select 1 as value /*",
    "external": "{{ config(materialized='external', location='<candidates>/vault/secrets.parquet') }} select 1 as value",
    "variable": "select '{{ env_var(\"SECRET_TOKEN\") }}' as value",
}
"""Attempts that are one SQL model each; one build runs them all."""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """The messages of all attempts of `MODELS` and `PYTHON`, after one build of each kind."""
    from support.company import Company

    root = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as monkeypatch, socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("MESH_HOME", str(root / ".mesh"))
        company = Company(root)
        company.registry("shop")
        company.domain_file()
        listening.setblocking(False)
        mesh = Mesh(company, monkeypatch, listening.getsockname()[1])
        models = {f"models/{name}.sql": content for name, content in MODELS.items() if name != "variable"}
        for number, code in enumerate(PYTHON.values()):
            body = f"def model(dbt, session):\n    import pandas\n    return pandas.DataFrame({{'value': [str({code})]}})\n"
            models[f"models/python_{number}.py"] = body
        mesh.project(models)
        before = mesh.outside()
        messages = mesh.build("*")
        with pytest.raises(BlockingIOError):
            listening.accept()
        yield messages, before, mesh


def test_a_declared_input_is_read(outcome):
    assert outcome[0]["harmless"].startswith("done")


@pytest.mark.parametrize("attempt", [name for name in MODELS if name != "variable"])
def test_an_attempt_in_sql_is_refused(outcome, attempt):
    assert outcome[0][attempt].startswith("refused"), outcome[0][attempt]


@kernel
@pytest.mark.parametrize("attempt", PYTHON)
def test_an_attempt_in_python_is_refused(outcome, attempt):
    message = outcome[0][f"python_{list(PYTHON).index(attempt)}"]
    assert message.startswith("refused"), message


def test_nothing_of_another_domain_was_read(outcome):
    assert outcome[2].leaked() == []


def test_nothing_outside_the_domain_was_changed(outcome):
    assert outcome[2].outside() == outcome[1]


PROJECTS = {
    "a hook at the start": {
        "dbt_project.yml": {"on-run-start": ["copy (select 1) to '<pinned>' (format parquet, use_tmp_file false)"]}
    },
    "a hook at the end": {"dbt_project.yml": {"on-run-end": ["attach '<warehouse>' as other"]}},
    "the port materialisation, overridden": {
        "models/mine.sql": "{{ config(materialized='port') }} select 1 as value",
        "macros/port.sql": "{% materialization port, adapter='duckdb' %}{% call statement('main') %}copy (select 1) "
        "to '<pinned>' (format parquet, use_tmp_file false){% endcall %}{{ return({'relations': []}) }}"
        "{% endmaterialization %}",
    },
    "a macro that every model calls": {
        "macros/table.sql": "{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql') %}"
        "copy (select 1) to '<pinned>' (format parquet, use_tmp_file false){% endmacro %}",
    },
    "a variable, while dbt parses": {"models/mine.sql": "select '{{ env_var(\"SECRET_TOKEN\") }}' as value"},
    "a variable in the project": {"dbt_project.yml": {"vars": {"x": "{{ env_var('SECRET_TOKEN') }}"}}},
    "an attachment in the profile": {
        "profiles.yml": "shop: {target: t, outputs: {t: {type: duckdb, path: x, attach: [{path: '<warehouse>', alias: o}]}}}"
    },
    "a plugin in the profile": {
        "profiles.yml": "shop: {target: t, outputs: {t: {type: duckdb, path: x, plugins: [{module: sqlalchemy}]}}}"
    },
    "another path in the project's name": {
        "dbt_project.yml": {"name": "vault", "models": {"vault": {"+materialized": "port"}}},
        "models/secrets.sql": "select 2 as value",
    },
    "a target folder elsewhere": {"dbt_project.yml": {"target-path": "<home>/ports/vault"}},
    "a package": {
        "packages.yml": "packages: [{local: '<root>/package'}]",
        "dbt_packages/package/dbt_project.yml": "{name: package, version: 1.0.0}",
        "dbt_packages/package/macros/hook.sql": "{% macro evil() %}attach '<warehouse>' as o{% endmacro %}",
        "models/mine.sql": "{{ config(pre_hook='{{ package.evil() }}') }} select 1 as value",
    },
    "a seed that is a link": {"seeds/stolen.csv": "link to <text>"},
    "a model that is a link": {"models/mine.sql": "link to <text>"},
    "a folder that is a link": {"seeds": "link to <root>"},
    "a snapshot": {
        "snapshots/s.sql": "{% snapshot s %}{{ config(unique_key='value', strategy='check', check_cols='all') }}"
        "select * from read_parquet('<data>'){% endsnapshot %}"
    },
    "a test": {"tests/t.sql": "select value from read_parquet('<data>')"},
    "a source of a file": {
        "models/s.yml": "sources: [{name: x, meta: {external_location: '<data>'}, tables: [{name: secrets}]}]",
        "models/mine.sql": "select * from {{ source('x', 'secrets') }}",
    },
    "a loader of a source": {
        "models/s.yml": "sources: [{name: x, meta: {plugin: excel}, "
        "tables: [{name: secrets, meta: {external_location: '<text>'}}]}]",
        "models/mine.sql": "select * from {{ source('x', 'secrets') }}",
    },
}
"""Attempts through the project as a whole: each needs a build of its own."""


@pytest.mark.parametrize("attempt", PROJECTS)
def test_an_attempt_through_the_project_reaches_nothing(mesh, attempt):
    files = dict(PROJECTS[attempt])
    standard = {"name": "shop", "version": "1.0.0", "profile": "shop", "models": {"shop": {"+materialized": "table"}}}
    macros = str(Path(dbt.__file__).parent / "macros")
    changes = files.get("dbt_project.yml", {})
    files["dbt_project.yml"] = json.dumps({**standard, "macro-paths": [macros, "macros"], **changes})
    mesh.project(files)
    before = mesh.outside()
    messages = mesh.build("*")
    assert mesh.outside() == before
    assert mesh.leaked() == []
    assert any(message.startswith("refused") for message in messages.values()) or attempt in HARMLESS, messages


HARMLESS = {
    "a variable in the project",  # dbt does not render variables of a project
    "a folder that is a link",  # dbt finds no file in it
    "a target folder elsewhere",  # dbt's flags of the platform prevail over those of the project
}
"""Attempts that end well and had no effect."""


NAMED = {"macros/names.sql": "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}"}
"""The project chooses the names of its schemas."""
PORT = "{{ config(materialized='port') }} select 1 as value"
PACKAGE = {
    "packages.yml": "packages: [{local: dbt_packages/package}]",
    "dbt_packages/package/dbt_project.yml": "{name: package, version: 1.0.0}",
}

PLACES = {
    "an input, by a table": {**NAMED, "models/mine.sql": "{{ config(schema='vault', alias='secrets') }} select 1 as value"},
    "an input, in another case": {
        **NAMED,
        "models/mine.sql": "{{ config(schema='Vault', alias='Secrets') }} select 1 as value",
    },
    "an input, by a snapshot": {
        "snapshots/s.sql": "{% snapshot s %}{{ config(unique_key='value', strategy='check', check_cols='all', "
        "schema='vault') }}select 1 as value{% endsnapshot %}",
        **NAMED,
    },
    "an input, by a seed": {
        **NAMED,
        "seeds/secrets.csv": "value\n1\n",
        "seeds/s.yml": "seeds: [{name: secrets, config: {schema: vault}}]",
    },
    "an input, by the failures of a test": {
        **NAMED,
        "tests/t.sql": "{{ config(store_failures=true, schema='vault', alias='secrets') }} select 1 as value",
    },
    "a source table": {**NAMED, "models/mine.sql": "{{ config(schema='raw', alias='things') }} select 1 as value"},
    "a port, by the alias of another model": {
        "models/things.sql": PORT,
        "models/mine.sql": PORT.replace("')", "', alias='x')"),
    },
    "a port, by two packages": {
        **PACKAGE,
        "models/things.sql": PORT,
        "dbt_packages/package/models/things.sql": PORT.replace("')", "', schema='x')"),
    },
    "a port, by two versions": {
        "models/things_v1.sql": PORT,
        "models/things_v2.sql": PORT,
        "models/things.yml": "models: [{name: things, latest_version: 2, versions: [{v: 1}, {v: 2}]}]",
    },
    "a model, in another case": {
        "models/one.sql": "{{ config(alias='THING') }} select 1 as value",
        "models/two.sql": "{{ config(alias='thing') }} select 2 as value",
    },
}
"""What a project puts a table of its own in the place of. Lineage, policies and readers would follow the name."""


@pytest.mark.parametrize("attempt", PLACES)
def test_a_table_takes_no_other_place(mesh, company, attempt):
    company.domain_file("vault")
    mesh.project(PLACES[attempt])
    with pytest.raises(ProjectError, match="builds"):
        load_port_graph(mesh.domain)


def test_a_declared_secret_is_there_and_no_other(mesh, monkeypatch):
    from dataclasses import replace

    monkeypatch.setenv(f"MESH_SECRET_{mesh.domain.name.upper()}__SHOP_TOKEN", "declared")
    mesh.domain = replace(mesh.domain, secrets={"SHOP_TOKEN": "env"})
    mesh.project({"models/mine.sql": "select '{{ env_var(\"SHOP_TOKEN\") }}' as value"})
    assert mesh.build("mine")["mine"].startswith("done")
    assert "SECRET_TOKEN" in os.environ
