"""The graph of the whole mesh as text: what Dagster shows of every asset before anything has run.

Prints it; with --refresh, writes it to mesh_graph.txt beside this file, where a change of the graph is a diff in review.
"""

import sys
from pathlib import Path

from mesh_platform.project import load_project

SNAPSHOT = Path(__file__).with_suffix(".txt")


def describe() -> str:
    """One paragraph an asset, code location by code location."""
    from dagster import AssetKey

    from mesh_platform.dagster.factory import definitions_of

    def name(key: AssetKey) -> str:
        return "/".join(key.path)

    def paragraph(spec, checks) -> str:
        schema = spec.metadata.get("dagster/column_schema")  # sources and what is only described have none
        lines = {
            "group": spec.group_name,
            "owners": ", ".join(sorted(spec.owners)),
            "kinds": ", ".join(sorted(spec.kinds)),
            "deps": ", ".join(sorted(name(dep.asset_key) for dep in spec.deps)),
            "checks": ", ".join(sorted(check.name for check in checks if check.asset_key == spec.key)),
            "stage": stage if (stage := spec.tags.get("mesh/stage", "active")) != "active" else "",
            "columns": ", ".join(column.name for column in schema.columns) if schema else "",
            "days": f"{days.start:%Y-%m-%d} to {days.end:%Y-%m-%d}, end exclusive" if (days := spec.partitions_def) else "",
            "runs by itself": "when its inputs move" if spec.automation_condition else "",
        }
        return "\n".join([name(spec.key), *(f"  {key}: {value}" for key, value in lines.items() if value)])

    paragraphs = []
    project = load_project(Path(__file__))
    for domain in project.domains:
        definitions = definitions_of(project.root, domain)
        specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs() if spec.key.path[0] == domain}
        checks = [check for assets in definitions.assets for check in getattr(assets, "check_specs", ())]
        sensors = ", ".join(sorted(sensor.name for sensor in definitions.sensors or ()))
        paragraphs.append(f"# {domain}: {len(specs)} assets, {len(checks)} checks, sensors {sensors}")
        paragraphs += [paragraph(specs[key], checks) for key in sorted(specs)]
    return "\n\n".join(paragraphs) + "\n"


if __name__ == "__main__":
    if "--refresh" in sys.argv:
        SNAPSHOT.write_text(describe(), encoding="utf-8")
    else:
        sys.stdout.write(describe())
