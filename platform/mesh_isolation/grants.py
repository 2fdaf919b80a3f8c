"""Secrets that whoever runs code grants to it: the code names them, and only the grantor decides where their values are.

The value of `NAME` for the grantee `sales` is that of the environment variable `MESH_SECRET_SALES__NAME` (origin `env`), or the
content of the file `$MESH_SECRETS/sales/NAME` (origin `file`; default folder: `/run/secrets`). A name holds no `__`, so no two
pairs of a grantee and a name have one variable.
"""

import os
import re
import stat
from pathlib import Path
from typing import Any

_SECRET = re.compile(r"(?!MESH_|PYTHON|LD_|DAGSTER_|PATH=|HOME=)[A-Z][A-Z0-9]*(_[A-Z0-9]+)*=(env|file)")
_MOST = 64 * 1024
"""The most bytes of a file."""


class NotGranted(Exception):
    """A secret has no value. The message says where it was expected."""


def are_named(secrets: Any) -> bool:
    """Whether it maps names of environment variables to origins, and none is a variable of the platform or the system."""
    return isinstance(secrets, dict) and all(_SECRET.fullmatch(f"{name}={origin}") for name, origin in secrets.items())


def expected(grantee: str) -> str:
    """The sentence for secrets that are not named like this."""
    return (
        "Write the name of an environment variable, and `env` or `file`: SHOP_TOKEN: env. The platform sets its value, as the "
        f"variable {variable_of(grantee, 'SHOP_TOKEN')} or in the file $MESH_SECRETS/{grantee}/SHOP_TOKEN."
    )


def variable_of(grantee: str, name: str) -> str:
    """The environment variable that holds the secret."""
    return f"MESH_SECRET_{grantee.upper()}__{name}"


def granted(grantee: str, name: str, origin: str) -> str:
    """The value of a secret, without the new line at the end of its file. Raises NotGranted."""
    if origin == "env":
        if (value := os.environ.get(variable_of(grantee, name))) is None:
            raise NotGranted(f"{name} is not in the environment, where it is {variable_of(grantee, name)}")
        return value
    folder = Path(os.environ.get("MESH_SECRETS", "/run/secrets"), grantee)
    try:
        return _content(folder, name).rstrip("\n")
    except (OSError, RuntimeError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise NotGranted(f"{name} is not in {folder / name}: {reason}") from None


def _content(folder: Path, name: str) -> str:
    """The text of a small regular file. A link may lead to another file of the folder, as in a volume of Kubernetes."""
    path = (folder / name).resolve(strict=True)
    if not path.is_relative_to(folder.resolve(strict=True)):
        raise ValueError("a link leads out of the folder")
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("no regular file")
        content = file.read(_MOST + 1)
    if len(content) > _MOST:
        raise ValueError(f"more than {_MOST} bytes")
    if b"\0" in content:
        raise ValueError("a text without NUL was expected")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("a text in UTF-8 was expected") from None
