"""What becomes of every key of ODCS, as the table in docs/contracts/README.md.

Prints it; with --refresh, writes it there.
"""

import sys
from itertools import groupby
from pathlib import Path

from mesh_capabilities.contract_lint.executed import BY_PATH, TABLE
from mesh_capabilities.contract_lint.key_use import KeyUse

DOCUMENT = Path(__file__).parents[2] / "docs/contracts/README.md"
BEGIN, END = "<!-- keys:begin -->", "<!-- keys:end -->"


def supported_keys() -> str:
    """A row for each run of keys that stand in one place and share their fate.

    Quality rules of columns are those of tables, and what is true of a column is true of its parts.
    """
    rows = ["| key | use | what happens |", "|---|---|---|"]
    told = [key for key in TABLE if not (key.path.endswith("[]") and key.use == "executed")]
    told = [key for key in told if not key.path.startswith("schema[].properties[].quality")]
    told = [key for key in told if not _like_a_column(key)]
    for (above, use, says), keys in groupby(told, key=lambda key: (_above(key), key.use.value, _says(key))):
        names = ", ".join(f"`{key.path.removeprefix(above)}`" for key in keys)
        rows.append(f"| {f'`{above}` ' if above else ''}{names} | {use} | {says} |")
    return "\n".join(rows)


def _like_a_column(key: KeyUse) -> bool:
    """Whether it is a key of a column's part that means there what it means in a column."""
    column = BY_PATH.get(key.path.replace("[].items.", "[].", 1))
    return column is not None and column.path != key.path and (column.use, column.sentence) == (key.use, key.sentence)


def _above(key: KeyUse) -> str:
    """The path of what the key stands in, with the point at its end."""
    return "".join(key.path.rpartition(".")[:2])


def _says(key: KeyUse) -> str:
    besides = f"; beside `{key.overruled_by}` documentation only" if key.overruled_by else ""
    return key.sentence + besides + (f"; nothing without `{key.needs}`" if key.needs else "")


def in_document() -> str:
    """What stands between the marks."""
    return DOCUMENT.read_text(encoding="utf-8").partition(f"{BEGIN}\n")[2].partition(f"\n{END}")[0]


if __name__ == "__main__":
    if "--refresh" in sys.argv:
        text = DOCUMENT.read_text(encoding="utf-8")
        head, tail = text.partition(f"{BEGIN}\n")[0], text.partition(f"\n{END}")[2]
        DOCUMENT.write_text(f"{head}{BEGIN}\n{supported_keys()}\n{END}{tail}", encoding="utf-8")
    else:
        print(supported_keys())
