"""The files of `deploy/`: each held against the tool that reads it, and all of them against the registry of domains."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.deploy

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOMAINS = [
    entry["grpc_server"]["location_name"]
    for entry in yaml.safe_load((DEPLOY / "dagster/workspace.yaml").read_text())["load_from"]
]
TOLD = sorted(
    path.relative_to(DEPLOY).as_posix()
    for path in DEPLOY.rglob("*")
    if path.is_file() and path.suffix not in (".lock", ".py", ".pyc")
)


def tool(name: str, *arguments: object, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs a tool of the environment."""
    import compose

    # The script of the same name in `bin` forgets the exit code.
    program = Path(compose.__file__).parent / name if name == "docker-compose" else Path(sys.executable).parent / name
    command = [str(program), *map(str, arguments)]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **settings}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def composed(file: Path, **settings: str) -> dict:
    done = tool("docker-compose", "-f", file, "config", **settings)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def load(file: str) -> dict:
    return yaml.safe_load((DEPLOY / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", TOLD)
def test_every_file_says_first_what_has_been_run_and_what_has_not(file):
    opening = []
    for line in (DEPLOY / file).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        opening.append(line.lstrip("# "))
    said = " ".join(opening)
    assert re.search(r"Not run|not run|No image has been built|as in main.tf", said), said


def test_the_dockerfile_is_as_hadolint_wants_it():
    done = tool("hadolint", DEPLOY / "docker/Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_hadolint_would_have_said_so(tmp_path):
    spoiled = (DEPLOY / "docker/Dockerfile").read_text().replace("python:3.11.14-slim-bookworm", "python:latest")
    (tmp_path / "Dockerfile").write_text(spoiled)
    done = tool("hadolint", tmp_path / "Dockerfile")
    assert done.returncode == 1
    assert "DL3007" in done.stdout


def test_the_images_are_of_one_pinned_base_and_run_as_nobody():
    text = (DEPLOY / "docker/Dockerfile").read_text()
    starts = re.findall(r"^FROM (\S+) AS (\S+)$", text, re.MULTILINE)
    assert [name for _, name in starts] == ["base", "control", "domain"]
    assert {base for base, _ in starts[1:]} == {"base"}
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", starts[0][0])
    for image in text.split("\nFROM ")[2:]:
        assert re.findall(r"^USER (.+)$", image, re.MULTILINE) == ["10001:10001"]


def test_compose_accepts_the_whole_mesh():
    compose = composed(DEPLOY / "docker/compose.yaml", DAGSTER_PG_PASSWORD="x", MESH_SOURCE="/sources")
    prepared = [f"prepare-{domain}" for domain in DOMAINS]
    assert sorted(compose["services"]) == sorted([*DOMAINS, *prepared, "daemon", "postgres", "webserver"])
    for domain in DOMAINS:
        service = compose["services"][domain]
        assert service["build"]["args"] == {"DOMAIN": domain}
        assert service["build"]["target"] == "domain"
        assert service["read_only"] is True
    assert compose["services"]["webserver"]["ports"][0]["host_ip"] == "127.0.0.1"
    assert {service.get("image", "").rpartition(":")[2] for service in compose["services"].values()} <= {
        "0.1.0",
        "15.14-bookworm",
    }


def declared() -> dict[str, set[str]]:
    """By domain, the ports of others that its descriptors declare as inputs: read here without the platform."""
    found: dict[str, set[str]] = {}
    for domain in DOMAINS:
        files = (ROOT / "domains" / domain / "products").glob("*.odps.yaml")
        ports = {port["name"] for file in files for port in yaml.safe_load(file.read_text()).get("inputPorts") or ()}
        found[domain] = {port for port in ports if not port.startswith(f"{domain}/")}
    return found


def published() -> set[str]:
    """Every port that a descriptor offers."""
    files = (file for domain in DOMAINS for file in (ROOT / "domains" / domain / "products").glob("*.odps.yaml"))
    return {
        f"{file.parents[1].name}/{port['name']}"
        for file in files
        for port in yaml.safe_load(file.read_text()).get("outputPorts") or ()
    }


def test_a_container_sees_its_own_home_and_only_its_declared_inputs_read_only():
    compose = composed(DEPLOY / "docker/compose.yaml", DAGSTER_PG_PASSWORD="x", MESH_SOURCE="/sources")
    wanted = declared()
    # It describes the mesh, so it reads the commits of every port.
    wanted["governance"] = {port for port in published() if not port.startswith("governance/")}
    for domain in DOMAINS:
        mounts = [mount for mount in compose["services"][domain]["volumes"] if mount["target"].startswith("/mesh")]
        own = [mount for mount in mounts if mount["target"] == "/mesh"]
        assert [mount["source"] for mount in own] == [f"home-{domain}"]
        others = [mount for mount in mounts if mount not in own]
        assert {mount["target"].removeprefix("/mesh/ports/") for mount in others} == wanted[domain]
        for mount in others:
            port = mount["target"].removeprefix("/mesh/ports/")
            assert mount["read_only"] is True
            assert (mount["source"], mount["volume"]["subpath"]) == (f"home-{port.split('/')[0]}", f"ports/{port}")
        folders = set(compose["services"][f"prepare-{domain}"]["command"][2:])
        assert folders == {f"/mesh/ports/{port}" for port in published() if port.startswith(f"{domain}/")}
    for service in ("webserver", "daemon"):
        assert [mount["target"] for mount in compose["services"][service]["volumes"]] == ["/dagster/storage"]
    assert compose["volumes"].keys() == {"database", "logs", *(f"home-{domain}" for domain in DOMAINS)}
    for domain in DOMAINS:
        sources = {
            name: {mount["source"] for mount in service.get("volumes", ())} for name, service in compose["services"].items()
        }
        readers = {name for name in DOMAINS if any(port.startswith(f"{domain}/") for port in wanted[name])}
        assert {name for name in sources if f"home-{domain}" in sources[name]} == {domain, f"prepare-{domain}", *readers}
        waits = compose["services"][domain]["depends_on"].keys()
        assert waits == {"postgres", *(f"prepare-{other}" for other in DOMAINS)}


def test_a_container_mounts_the_secrets_of_its_own_domain_read_only():
    compose = composed(DEPLOY / "docker/compose.yaml", DAGSTER_PG_PASSWORD="x", MESH_SOURCE="/sources", MESH_SECRETS="/granted")
    for name, service in compose["services"].items():
        mounts = [each for each in service.get("volumes", ()) if each["target"].startswith("/run/secrets")]
        own = [("/granted/" + name, "/run/secrets/" + name, True)] if name in DOMAINS else []
        assert [(each["source"], each["target"], each["read_only"]) for each in mounts] == own
    for each in load("helm/values.yaml")["dagster-user-deployments"]["deployments"]:
        assert each["volumes"][1]["secret"] == {"secretName": f"mesh-secrets-{each['name']}", "optional": True}
        assert each["volumeMounts"][1] == {"name": "secrets", "mountPath": f"/run/secrets/{each['name']}", "readOnly": True}


def test_a_role_reads_the_rows_of_its_own_ports_and_its_declared_inputs_only(terraform):
    import json

    ports = "arn:aws:s3:::mesh/ports"
    for policy in terraform["aws_iam_policy"]:
        domain = policy["name"].removeprefix("mesh-")
        if domain not in DOMAINS:
            continue
        allowed = [one for one in json.loads(policy["policy"])["Statement"] if "s3:GetObject" in one["Action"]]
        paths = [path.split(":::")[-1].partition("/ports/")[2] for one in allowed for path in one["Resource"]]
        rows = {path for path in paths if not path.startswith(("*/_delta_log/", "*/_contracts/"))}
        assert rows == {f"{domain}/*", *(f"{port}/*" for port in declared()[domain])}, ports
        writes = [one for one in json.loads(policy["policy"])["Statement"] if "s3:PutObject" in one["Action"]]
        assert [one["Resource"][0].rpartition("/ports/")[2] for one in writes] == [f"{domain}/*"]


def test_what_the_domains_read_is_made_from_their_descriptors():
    done = subprocess.run([sys.executable, str(DEPLOY / "reads.py")], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), "`make deployment` writes it anew"


def test_compose_asks_for_what_must_not_stand_in_a_file(tmp_path):
    done = tool("docker-compose", "-f", DEPLOY / "docker/compose.yaml", "config", MESH_SOURCE="/sources")
    assert done.returncode != 0
    assert "DAGSTER_PG_PASSWORD" in done.stderr


def test_compose_would_have_refused_what_it_does_not_know(tmp_path):
    spoiled = shutil.copytree(DEPLOY / "docker", tmp_path / "docker") / "compose.yaml"
    spoiled.write_text(spoiled.read_text().replace("read_only: true", "readonly: true"))
    done = tool("docker-compose", "-f", spoiled, "config", DAGSTER_PG_PASSWORD="x", MESH_SOURCE="/sources")
    assert done.returncode != 0
    assert "readonly" in done.stderr


def test_every_domain_is_deployed_but_for_those_that_have_grown_and_have_no_entry_yet():
    entries = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    registered = {entry["python_module"]["location_name"] for entry in entries}
    grown = {domain for domain in registered if (ROOT / "domains" / domain / ".scaffold.yaml").exists()}
    assert registered - grown <= set(DOMAINS) <= registered


def test_adding_a_domain_is_one_entry_and_every_part_has_it(terraform):
    servers = [entry["grpc_server"] for entry in load("dagster/workspace.yaml")["load_from"]]
    deployments = load("helm/values.yaml")["dagster-user-deployments"]["deployments"]
    homes = [home["metadata"]["name"] for home in yaml.safe_load_all((DEPLOY / "helm/homes.yaml").read_text())]
    assert [(server["host"], server["port"], server["location_name"]) for server in servers] == [(d, 4000, d) for d in DOMAINS]
    assert [(each["name"], each["port"]) for each in deployments] == [(domain, 4000) for domain in DOMAINS]
    for domain, each in zip(DOMAINS, deployments):
        assert each["image"]["repository"].endswith(f"/mesh-{domain}")
        assert each["dagsterApiGrpcArgs"] == ["--module-name", f"{domain}.definitions", "--location-name", domain]
        assert each["volumes"][0]["persistentVolumeClaim"]["claimName"] == f"mesh-home-{domain}"
    assert homes == [f"mesh-home-{domain}" for domain in DOMAINS]
    assert sorted(terraform["variable"]["domains"]["default"]) == sorted(DOMAINS)


def test_the_deployment_is_locked_in_the_versions_of_the_repository():
    versions = [_locked(ROOT / "requirements.lock"), *(_locked(file) for file in sorted(DEPLOY.glob("*.lock")))]
    repository, deployment, tests = versions
    shared = repository.keys() & deployment.keys()
    assert {name: deployment[name] for name in shared} == {name: repository[name] for name in shared}
    assert {name: tests[name] for name in deployment} == deployment
    assert {"dagster-postgres", "obstore", "psycopg2-binary"} <= deployment.keys()
    assert not {"pytest", "playwright", "moto"} & deployment.keys()


def _locked(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", file.read_text(), re.MULTILINE))


def test_terraform_makes_a_closed_bucket_that_keeps_what_is_removed(terraform):
    found = terraform
    [public], [versioning] = found["aws_s3_bucket_public_access_block"], found["aws_s3_bucket_versioning"]
    assert all(public[key] is True for key in public if key.startswith(("block_", "ignore_", "restrict_")))
    assert versioning["versioning_configuration"]["status"] == "Enabled"
    assert found["output"]["mesh_ports"]["value"] == "s3://mesh/ports"


def test_terraform_gives_every_domain_a_role_of_its_own(terraform):
    found = terraform
    assert sorted(role["name"] for role in found["aws_iam_role"]) == sorted(f"mesh-{domain}" for domain in DOMAINS)
    for role in found["aws_iam_role"]:
        assert f"system:serviceaccount:mesh:{role['name']}" in role["assume_role_policy"]
