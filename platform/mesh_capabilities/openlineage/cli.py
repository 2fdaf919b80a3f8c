"""The command `mesh lineage export` with its help text; `export` does its work."""

from typing import Annotated

import typer

from mesh_capabilities.columns.cli import lineage
from mesh_platform.cli.arguments import Json


def export(
    to: Annotated[str | None, typer.Option("--to", metavar="FILE", help="File to write, one event per line.")] = None,
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="URL to post each event to: http://127.0.0.1:5000/api/v1/lineage.", show_default=False
        ),
    ] = None,
    port: Annotated[
        list[str] | None, typer.Option("--output-port", metavar="DOMAIN/PORT", help="Only this port; may be repeated.")
    ] = None,
    namespace: Annotated[str, typer.Option(help="The namespace of jobs and datasets.")] = "mesh",
    wait: Annotated[float, typer.Option(min=0.1, max=10**9, help="Seconds to wait for the response to one event.")] = 10,
    json: Json = False,
) -> None:
    """Export the history of all versions as OpenLineage run events, to a file, to a URL, or to both."""
    from mesh_capabilities.openlineage.export import export_events

    export_events(to, url, port or [], namespace, wait, json)


def register(app: typer.Typer) -> None:
    """Adds the command to `mesh lineage`, the group that the capability `columns` adds to `app`."""
    lineage.command(epilog="Example: mesh lineage export --to .mesh/lineage.ndjson")(export)
