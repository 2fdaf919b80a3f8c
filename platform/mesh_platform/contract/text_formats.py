"""The formats of texts that can be judged, each as the grammar of its standard."""

from collections.abc import Callable

from mesh_platform.names import literal

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = rf"{_LABEL}(?:\.{_LABEL})*"
_GROUP = "[0-9A-Fa-f]{1,4}"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


def _ipv6() -> str:
    """RFC 3986, section 3.2.2: eight groups, the last two of which may be an IPv4 address, or a gap of at least one."""
    last = f"(?:{_GROUP}:{_GROUP}|{_IPV4})"
    forms = [f"(?:{_GROUP}:){{6}}{last}", f"::(?:{_GROUP}:){{5}}{last}"]
    forms += [f"(?:(?:{_GROUP}:){{0,{left}}}{_GROUP})?::(?:{_GROUP}:){{{4 - left}}}{last}" for left in range(5)]
    forms += [f"(?:(?:{_GROUP}:){{0,5}}{_GROUP})?::{_GROUP}", f"(?:(?:{_GROUP}:){{0,6}}{_GROUP})?::"]
    return f"(?:{'|'.join(forms)})"


_GRAMMARS = {
    "email": rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_HOSTNAME}",  # a mailbox as RFC 5321 writes it without quotes
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*",  # RFC 3986
    "uuid": "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",  # RFC 9562
    "hostname": _HOSTNAME,  # RFC 1123, section 2.1
    "ipv4": _IPV4,
    "ipv6": _ipv6(),
    "byte": "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",  # base64, RFC 4648
    "date": _DATE,  # RFC 3339, section 5.6
    "time": _TIME,
    "date-time": rf"{_DATE}[Tt]{_TIME}",
}
# What a grammar does not see.
_BEYOND = {
    "hostname": "length({0}) > 253",
    "date": "TRY_CAST({0} AS DATE) IS NULL",
    "date-time": "TRY_CAST(left({0}, 10) AS DATE) IS NULL",
}


def judge_of(name: str) -> Callable[[str], str] | None:
    """From the SQL of a text to the SQL that is true when it is not of that format; None for a format nobody can judge."""
    if name not in _GRAMMARS:
        return None
    grammar = literal(f"^(?:{_GRAMMARS[name]})$")
    beyond = f" OR {_BEYOND[name]}" if name in _BEYOND else ""
    # AND keeps a missing text out: it is of no format, and `required` has its own rule.
    return lambda value: f"({value} IS NOT NULL AND (NOT regexp_matches({value}, {grammar}){beyond.format(value)}))"
