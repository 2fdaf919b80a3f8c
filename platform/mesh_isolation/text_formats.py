r"""The formats of texts that JSON Schema names, as SQL of DuckDB, each by the grammar of its own RFC.

Decisions where an RFC leaves a choice: an e-mail address is a Mailbox of RFC 5321, so a quoted local part and an address
literal are valid, and comments and spaces of RFC 5322 are not; a second 60 occurs at 23:59:60 UTC only; a year has four digits.
"""

from collections.abc import Callable
from urllib.parse import quote, unquote

from mesh_isolation.engine import engine, literal

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


def _email() -> str:
    """RFC 5321, section 4.1.2: `Mailbox`. Its lengths are conditions of their own."""
    atom = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
    quoted = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
    return rf"(?:{atom}(?:\.{atom})*|{quoted})@(?:{_HOSTNAME}|\[(?:{_IPV4}|[Ii][Pp][Vv]6:{_ipv6()})\])"


def _uri() -> str:
    """RFC 3986, appendix A: `URI`."""
    encoded, plain = "%[0-9A-Fa-f]{2}", "A-Za-z0-9._~!$&'()*+,;=-"
    character = f"(?:[:@{plain}]|{encoded})"
    host = rf"(?:\[(?:{_ipv6()}|[vV][0-9A-Fa-f]+\.[:{plain}]+)\]|(?:[{plain}]|{encoded})*)"
    authority = f"(?:(?:[:{plain}]|{encoded})*@)?{host}(?::[0-9]*)?"
    path = f"(?://{authority}(?:/{character}*)*|/(?:{character}+(?:/{character}*)*)?|{character}+(?:/{character}*)*|)"
    return rf"[A-Za-z][A-Za-z0-9+.-]*:{path}(?:\?(?:{character}|[/?])*)?(?:#(?:{character}|[/?])*)?"


_GRAMMARS = {
    "email": _email(),
    "uri": _uri(),
    "uuid": "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",  # RFC 9562
    "hostname": _HOSTNAME,  # RFC 1123, section 2.1
    "ipv4": _IPV4,
    "ipv6": _ipv6(),
    "byte": "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",  # base64, RFC 4648
    "date": _DATE,  # RFC 3339, section 5.6
    "time": _TIME,
    "date-time": rf"{_DATE}[Tt]{_TIME}",
}
# Conditions that a regular expression cannot check: true for a text that breaks one.
_LEAP_SECOND = (
    "(substr({0}, {1}, 2) = '60' AND "
    "epoch(TRY_CAST('2000-01-02 ' || substr({0}, {1} - 6, 6) || '59' || "
    "upper(regexp_extract({0}, '[Zz+-][0-9:]*$')) AS TIMESTAMPTZ))::BIGINT % 86400 IS DISTINCT FROM 86399)"
)
_BEYOND = {
    # RFC 5321, section 4.5.3.1: a local part has at most 64 octets, a path 256 with its brackets. The grammar is ASCII.
    "email": "length({0}) > 254 OR length(regexp_extract({0}, '^(.*)@', 1)) > 64",
    "hostname": "length({0}) > 253",
    "date": "TRY_CAST({0} AS DATE) IS NULL",
    "time": _LEAP_SECOND.replace("{1}", "7"),
    "date-time": "TRY_CAST(left({0}, 10) AS DATE) IS NULL OR " + _LEAP_SECOND.replace("{1} - 6", "12").replace("{1}", "18"),
}


def judge_of(name: str) -> Callable[[str], str] | None:
    """Maps the SQL of a text to SQL that is true if the text does not have the format `name`; None for an unknown format."""
    if name not in _GRAMMARS:
        return None
    grammar = literal(f"^(?:{_GRAMMARS[name]})$")
    beyond = f" OR {_BEYOND[name]}" if name in _BEYOND else ""
    # A NULL does not break the format: `required` has its own rule.
    return lambda value: f"({value} IS NOT NULL AND (NOT regexp_matches({value}, {grammar}){beyond.format(value)}))"


def has_format(text: str, name: str) -> bool:
    """Whether a text has the format `name`, one of those that `judge_of` knows."""
    with engine().cursor() as connection:
        (broken,) = connection.execute(f"SELECT {judge_of(name)('text')} FROM (SELECT ?::VARCHAR AS text)", [text]).fetchone()
    return not broken


def mail_url(address: str) -> str:
    """The URL of a mail address, by RFC 6068: `mailto:movers@example.com`."""
    return f"mailto:{quote(address, safe='@!$*+-._~')}"


def mail_address(url: object) -> str | None:
    """The address in a URL of `mail_url`; None for anything else."""
    return unquote(url.removeprefix("mailto:")) if isinstance(url, str) and url.startswith("mailto:") else None
