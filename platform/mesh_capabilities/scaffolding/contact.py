"""Who answers for what a domain makes, and where they can be written to: as its products say it, else as its name suggests."""

from mesh_capabilities.scaffolding.record import read_record
from mesh_platform.errors import ScaffoldError
from mesh_platform.project import DomainFolder
from mesh_platform.yaml_files import read_mapping


def contact_of(domain: DomainFolder) -> dict[str, str]:
    """The team, its channel and its mail address, as the templates ask for them."""
    team = domain.owner.removeprefix("team:")
    return {"team": team, "channel": domain.channel, "address": _address(domain)}


def _address(domain: DomainFolder) -> str:
    for path in sorted(domain.products.glob("*.odps.yaml")):
        for support in read_mapping(path, ScaffoldError).get("support") or ():
            if isinstance(support, dict) and str(support.get("url")).startswith("mailto:"):
                return support["url"].removeprefix("mailto:")
    for grown in read_record(domain.root, domain.name):
        if "address" in grown.answers:
            return grown.answers["address"]
    return f"data-{domain.name.replace('_', '-')}@example.com"
