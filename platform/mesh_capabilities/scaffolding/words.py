"""Plain English made of names: what one row of `order_events` is, and how a text is written as YAML."""

import json
import re

_PLAIN = re.compile(r"[A-Za-z][^:#\[\]{}&*!|>'\"%@`]*")


def singular(name: str) -> str:
    """The name of one of them: `shipments` → `shipment`, `order_entries` → `order_entry`; as it is where it has no plural."""
    if name.endswith("ies") and len(name) > 4:
        return f"{name[:-3]}y"
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name[:-2]
    if name.endswith("s") and not name.endswith(("ss", "us", "is", "ws")) and len(name) > 3:
        return name[:-1]
    return name


def said(name: str) -> str:
    """A name as people say it: `order_events` → `order events`."""
    return name.replace("_", " ")


def a(name: str) -> str:
    """With its article: `an order`, `a shipment`."""
    return f"{'an' if name[0] in 'aeiou' else 'a'} {said(name)}"


def scalar(text: str) -> str:
    """A text as one line of YAML: plain where it can be, else in double quotes."""
    text = " ".join(text.split())
    plain = _PLAIN.fullmatch(text) and text.lower() not in ("yes", "no", "on", "off", "true", "false", "null", "y", "n")
    return text if plain and not text.endswith(" ") else json.dumps(text, ensure_ascii=False)
