"""Writes what each domain of a deployment may read: deploy/docker/reads.yaml for compose, deploy/terraform/reads.tf for roles.

    python deploy/reads.py            compares, and exits with 1 if a file is not as the descriptors want it
    python deploy/reads.py --refresh  writes both files

A domain reads the ports that its products declare as inputs. The domain that describes the mesh, by a `MetadataSource`,
reads the commits of all ports; compose mounts no part of a port, so there it can read the ports of all domains.
"""

import json
import sys
from pathlib import Path

import yaml

from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_project

HERE = Path(__file__).parent
STATE = "Made from the descriptors by deploy/reads.py; change those, and run `make deployment`."


def deployed() -> list[str]:
    """The domains of the deployment."""
    entries = yaml.safe_load((HERE / "dagster/workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    return [entry["grpc_server"]["location_name"] for entry in entries]


def ports_and_inputs(root: Path = HERE.parent) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """By domain: the ports that it publishes, and those of others that its products declare as inputs."""
    domains = load_project(root).domains
    offers = {name: load_offer(domains[name]) for name in deployed()}
    ports = {name: sorted(str(contract.address) for contract in offer.contracts.values()) for name, offer in offers.items()}
    inputs = {
        name: sorted({str(port.address) for product in offer.products.values() for port in product.inputs})
        for name, offer in offers.items()
    }
    return ports, {name: [port for port in read if not port.startswith(f"{name}/")] for name, read in inputs.items()}


def describes(domain: str, root: Path = HERE.parent) -> bool:
    """Whether the domain describes the mesh."""
    return "MetadataSource(" in (root / f"domains/{domain}/{domain}/definitions.py").read_text(encoding="utf-8")


def compose(ports: dict[str, list[str]], inputs: dict[str, list[str]]) -> str:
    """For each domain, a service with its volumes, and one that makes the folders that others mount."""
    services = {}
    for domain in ports:
        read = [port for other in ports if other != domain for port in ports[other]] if describes(domain) else inputs[domain]
        services[domain] = {
            "volumes": [
                {"type": "volume", "source": f"home-{domain}", "target": "/mesh"},
                *(
                    {
                        "type": "volume",
                        "source": f"home-{port.partition('/')[0]}",
                        "target": f"/mesh/ports/{port}",
                        "read_only": True,
                        "volume": {"subpath": f"ports/{port}"},
                    }
                    for port in read
                ),
                {
                    "type": "bind",
                    "source": f"${{MESH_SECRETS:-./secrets}}/{domain}",
                    "target": f"/run/secrets/{domain}",
                    "read_only": True,
                    "bind": {"create_host_path": True},
                },
            ]
        }
        services[f"prepare-{domain}"] = {
            "command": ["mkdir", "-p", *(f"/mesh/ports/{port}" for port in ports[domain])],
            "volumes": [{"type": "volume", "source": f"home-{domain}", "target": "/mesh"}],
        }
    text = yaml.safe_dump({"services": services}, sort_keys=False, width=120)
    opening = (
        "# The volumes of each domain: its own home and secrets, and of others only the ports that it declares, read-only."
    )
    return f"{opening}\n# {STATE}\n# Not run: as in compose.yaml.\n{text}"


def terraform(inputs: dict[str, list[str]]) -> str:
    """The inputs of each domain, for roles.tf."""
    lines = [f"    {domain:<10} = {json.dumps(read)}" for domain, read in inputs.items()]
    return "\n".join(
        ["# The ports of others that each domain reads.", f"# {STATE}", "# The state of these sentences: as in main.tf.", ""]
        + ["locals {", "  reads = {", *lines, "  }", "}", ""]
    )


def files() -> dict[Path, str]:
    """What the files must hold."""
    ports, inputs = ports_and_inputs()
    return {HERE / "docker/reads.yaml": compose(ports, inputs), HERE / "terraform/reads.tf": terraform(inputs)}


if __name__ == "__main__":
    outdated = [path for path, text in files().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if "--refresh" in sys.argv[1:]:
        for path in outdated:
            path.write_text(files()[path], encoding="utf-8")
        outdated = []
    for path in outdated:
        print(f"✘ {path.name} is not as the descriptors want it: run `make deployment`")
    sys.exit(bool(outdated))
