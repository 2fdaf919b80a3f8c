"""The commands of `mesh portal` with their help texts; `show` does their work."""

from typing import Annotated

import typer

from mesh_platform.cli.arguments import Json

portal = typer.Typer(help="Build and serve the portal: pages to find, assess and read data products.", no_args_is_help=True)


@portal.command(epilog="Example: mesh portal build --to .mesh/portal")
def build(
    to: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Folder to write to. Default: portal in the mesh's home.")
    ] = None,
    json: Json = False,
) -> None:
    """Build the portal: static pages that open from disk and from any web host; exit code 1 if a part of the mesh is broken."""
    from mesh_capabilities.portal.show import build_portal

    raise typer.Exit(build_portal(to, json))


@portal.command("serve", epilog="Example: mesh portal serve --port 3001")
def serve_until_stopped(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3001,
    seconds: Annotated[float | None, typer.Option(min=0, max=10**9, help="Stop after this many seconds.")] = None,
) -> None:
    """Build the portal and serve it on this machine until Ctrl-C."""
    from mesh_capabilities.portal.show import serve_portal

    serve_portal(port, seconds)
