"""Portal: the catalog of the mesh as a static site for people and machines."""

from mesh_platform.hooks import hookimpl

REQUIRES = ("governance", "contract_change")


@hookimpl
def commands(app):
    from mesh_capabilities.portal.cli import portal

    app.add_typer(portal, name="portal")


@hookimpl
def companions(project, port, ui):
    from mesh_capabilities.portal.show import serve_beside

    return serve_beside(project, port, ui)
