"""Review: what a change would do to contracts, policies and data, before it is merged or published."""

from mesh_platform.hooks import hookimpl

REQUIRES = (
    "governance",
    "contract_change",
    "contract_lint",
)


@hookimpl
def commands(app):
    from mesh_capabilities.review.cli import register

    register(app)
