"""An arrow between two domains: the consumer's file of inputs, and what the product that reads declares."""

from pathlib import Path

from mesh_capabilities.scaffolding.growth import Growth
from mesh_capabilities.scaffolding.inputs import Input
from mesh_capabilities.scaffolding.insertion import add_before, add_entry, has_key
from mesh_capabilities.scaffolding.rendering import render
from mesh_platform.names import PortAddress
from mesh_platform.project import DomainFolder


def add_arrow(growth: Growth, root: Path, consumer: DomainFolder, producer: PortAddress) -> None:
    """Lets the consumer's models name the producer's port; nothing where they can already."""
    path = f"dbt_projects/{consumer.name}/models/inputs/{producer.domain}.yml"
    if not (root / path).is_file():
        answers = {"domain": consumer.name, "producer": producer.domain, "port": producer.port}
        growth.make(render(["input"], answers))
        return
    if f"[{producer.domain}, {producer.port}]" in (root / path).read_text(encoding="utf-8"):
        return
    key = f"[{producer.domain}, {producer.port}]"
    entry = [f"name: {producer.port}", f"config: {{meta: {{dagster: {{asset_key: {key}}}}}}}"]
    growth.edit(root, path, lambda text: add_entry(text, ["sources", 0, "tables"], entry, path))


def declare_input(growth: Growth, root: Path, descriptor: str, source: Input) -> bool:
    """Adds the port to the inputs of a product; gives whether it had not been there."""
    contract = source.contract
    entry = [f"name: {source.address}", f"version: {contract.version}", f"contractId: {contract.id}"]
    text = growth.made.get(descriptor) or (root / descriptor).read_text(encoding="utf-8")
    if f"contractId: {contract.id}\n" in text:
        return False
    if has_key(text, "inputPorts"):
        growth.edit(root, descriptor, lambda now: add_entry(now, ["inputPorts"], entry, descriptor))
    else:
        block = ["inputPorts:", f"  - {entry[0]}", *(f"    {line}" for line in entry[1:])]
        growth.edit(root, descriptor, lambda now: add_before(now, "outputPorts", block, descriptor))
    return True
