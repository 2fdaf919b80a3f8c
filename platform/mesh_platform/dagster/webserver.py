"""`dagster dev` with a webserver that answers its own pages only, and whose pages load nothing from other servers."""

import sys
from collections.abc import Sequence

from dagster._cli import dev, main
from dagster_webserver import app, cli
from starlette.middleware import Middleware

from mesh_isolation.servers import own_pages_only

OWN = "default-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:"
"""What the pages may load, beside the scripts and styles that Dagster's own policy names."""


class Webserver(app.DagsterWebserver):
    """Dagster's webserver, which would answer under every host name and to every origin."""

    def build_middleware(self) -> list:
        return [Middleware(own_pages_only), *super().build_middleware()]

    def make_csp_header(self, nonce: str) -> str:
        return f"{super().make_csp_header(nonce)} {OWN}; form-action 'self'; frame-ancestors 'none'"


def run_dagster(arguments: Sequence[str]) -> None:
    """Runs `dagster dev` for the arguments `dev …`. It starts this module again, with other arguments: as its webserver."""
    start = dev.open_ipc_subprocess
    dev.open_ipc_subprocess = lambda command, **options: start(
        [__spec__.name if part == "dagster_webserver" else part for part in command], **options
    )
    app.DagsterWebserver = Webserver
    main() if arguments[:1] == ["dev"] else cli.main()


if __name__ == "__main__":
    run_dagster(sys.argv[1:])
