"""Renders Dagster's chart with the values beside this file, and holds values and manifests against their schemas.

    pip install helm-python-sdk kubernetes-validate
    python deploy/helm/check.py path/to/unpacked/chart

The chart comes from https://dagster-io.github.io/helm (`helm pull dagster/dagster --untar`). Nothing is downloaded here,
and no cluster is asked. Exit code 1 with one line a finding.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import helm_python
import jsonschema
import kubernetes_validate
import yaml
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

HERE = Path(__file__).parent
KUBERNETES = "1.33"


def findings(chart: Path) -> list[str]:
    """What is wrong with the values or the manifests, a sentence each."""
    values = helm_python.values_from_yaml((HERE / "values.yaml").read_text(encoding="utf-8"))
    merged = helm_python.Chart.load(chart).merge_values(values)
    below = chart / "charts" / "dagster-user-deployments"
    found = _against(chart / "values.schema.json", merged) + _against(
        below / "values.schema.json", merged["dagster-user-deployments"]
    )
    manifests = [*_rendered(chart, values), *yaml.safe_load_all((HERE / "homes.yaml").read_text(encoding="utf-8"))]
    for manifest in manifests:
        try:
            kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as problem:
            found.append(f"{manifest['kind']} {manifest['metadata']['name']}: {problem.message}")
    print(f"{len(manifests)} manifests of Kubernetes {KUBERNETES}", file=sys.stderr)
    return found


def _against(schema: Path, values: dict) -> list[str]:
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")), registry=_definitions())
    return [f"values {'.'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(values)]


def _definitions() -> Registry:
    """Kubernetes' types, to which the chart's schema refers by an address that is not asked."""
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / f"v{KUBERNETES}.0-local"
    types = json.loads((folder / "_definitions.json").read_text(encoding="utf-8"))["$defs"]
    return Registry(retrieve=lambda _: Resource.from_contents({"definitions": types, "$defs": types}, DRAFT202012))


def _rendered(chart: Path, values: dict) -> list[dict]:
    with tempfile.TemporaryDirectory() as folder:
        # Without its schemas, for which Helm itself would ask the network.
        bare = Path(shutil.copytree(chart, Path(folder) / chart.name, ignore=shutil.ignore_patterns("values.schema.json")))
        texts = helm_python.Chart.load(bare).render(values, name="mesh", namespace="mesh")
    documents = (document for path, text in texts.items() if path.endswith(".yaml") for document in yaml.safe_load_all(text))
    return [document for document in documents if document]


if __name__ == "__main__":
    found = findings(Path(sys.argv[1]))
    print("\n".join(found) or "✔ values and manifests are as their schemas want them")
    sys.exit(bool(found))
