"""The formats of texts, each held against an implementation that is not ours."""

import base64
import datetime
import ipaddress
import string
import uuid
from email.errors import MessageError
from email.headerregistry import Address

import duckdb
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mesh_isolation.engine import literal
from mesh_isolation.text_formats import judge_of

BOUNDED = settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def engine():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/Sao_Paulo'")  # a format does not depend on it
        yield connection


def good(name, texts, engine):
    """The texts that have the format."""
    broken = judge_of(name)("text")
    listed = ", ".join(map(literal, texts))
    flags = engine.execute(f"SELECT list_transform([{listed}], lambda text: {broken})").fetchone()[0]
    return [text for text, is_broken in zip(texts, flags) if not is_broken]


LONG = "a" * 63 + "."
EMAIL = {
    True: [
        "a@example.com",
        "a.b+c@mail.example.com",
        "x@localhost",
        "!#$%&'*+-/=?^_`{|}~@x.example",
        '"a b"@x.example',
        '"a..b"@x.example',
        r'"\"@\\"@x.example',
        '""@x.example',
        "a@[127.0.0.1]",
        "a@[IPv6:::1]",
        "a" * 64 + "@x.example",
        "a@" + LONG * 3 + "a" * 50,
        "1@1",
        "a@b-c.example",
    ],
    False: [
        "a..b@example.com",
        ".a@x.example",
        "a.@x.example",
        "a@",
        "@x.example",
        "a",
        "",
        "a b@x.example",
        "a@b@x.example",
        "a@-x.example",
        "a@x-.example",
        "a@x..example",
        "a@.x",
        "a@x.",
        "a" * 65 + "@x.example",
        "a@" + LONG * 3 + "a" * 61,
        '"a@x.example',
        'a"b"@x.example',
        '"a"b@x.example',
        '"a\n"@x.example',
        '"é"@x.example',
        "é@x.example",
        "a@é.example",
        "a@[256.0.0.1]",
        "a@[::1]",
        "a@[x:y]",
        "a@x_y.example",
        "(c)a@x.example",
        "a@x.example ",
        " a@x.example",
        "a,b@x.example",
        "<a@x.example>",
        "a@" + "b" * 64 + ".example",
    ],
}


def test_an_address_is_a_mailbox_of_rfc_5321(engine):
    assert good("email", [*EMAIL[True], *EMAIL[False]], engine) == EMAIL[True]


@BOUNDED
@given(st.lists(st.text(alphabet="ab.!+@-", max_size=9), min_size=5, max_size=40))
def test_a_local_part_without_quotes_is_what_the_parser_of_python_takes(engine, parts):
    def parses(text):
        try:
            return Address(addr_spec=text).addr_spec == text
        except (MessageError, IndexError, ValueError):
            return False

    texts = [f"{part}@example.com" for part in parts if "@" not in part]
    assert good("email", texts, engine) == [text for text in texts if parses(text)]


def is_ip(kind):
    def judge(text):
        try:
            return bool(kind(text)) and "%" not in text
        except ValueError:
            return False

    return judge


def is_uuid(text):
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def is_date(text):
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_base64(text):
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode()[:-3] == text[:-3] and len(text) % 4 == 0
    except ValueError:
        return False


def mangled(texts):
    """Texts of a format, and texts one edit away from them."""

    @st.composite
    def drawn(draw):
        text = draw(texts)
        at = draw(st.integers(0, len(text)))
        edit = draw(st.integers(0, 4))
        sign = draw(st.sampled_from(":.-/0129afgzGTtZ+=% é"))
        return [text, text, text[:at] + sign + text[at:], text[:at] + text[at + 1 :], text[:at] + sign + text[at + 1 :]][edit]

    return st.lists(drawn(), min_size=10, max_size=40)


ORACLES = {
    "ipv4": (st.ip_addresses(v=4).map(str) | st.from_regex(r"\A[0-9]{1,3}(\.[0-9]{1,3}){2,4}\Z"), is_ip(ipaddress.IPv4Address)),
    "ipv6": (
        st.ip_addresses(v=6).map(str)
        | st.ip_addresses(v=6).map(lambda address: address.exploded)
        | st.lists(st.sampled_from(["", "0", "1a", "FFFF", "10000", "1.2.3.4"]), min_size=2, max_size=10).map(":".join),
        is_ip(ipaddress.IPv6Address),
    ),
    "uuid": (st.uuids().map(str) | st.uuids().map(lambda key: str(key).upper()), is_uuid),
    "date": (st.dates().map(str) | st.from_regex(r"\A[0-9]{4}-[01][0-9]-[0-3][0-9]\Z"), is_date),
    "byte": (st.binary(max_size=9).map(lambda data: base64.b64encode(data).decode()), is_base64),
}


@pytest.mark.parametrize("name", ORACLES)
def test_a_format_is_what_the_standard_library_takes(engine, name):
    texts, oracle = ORACLES[name]

    @BOUNDED
    @given(mangled(texts))
    def compare(drawn):
        drawn = [text for text in drawn if text.isascii() and not (name == "date" and text.startswith("0000"))]
        assert good(name, drawn, engine) == [text for text in drawn if oracle(text)]

    compare()


TIMES = st.builds(
    "{:02}:{:02}:{:02}{}{}".format,
    *(st.integers(0, 24), st.integers(0, 60), st.integers(50, 61)),
    st.sampled_from(["", ".5", ".123456789", "."]),
    st.sampled_from(["Z", "z", "+01:00", "-08:30", "+00:59", "+24:00", "", "+0100"]),
)
PEERS = {
    "time": TIMES,
    "date-time": st.builds("{}{}{}".format, st.dates().map(str), st.sampled_from("Tt "), TIMES),
    "hostname": st.from_regex(r"\A[a-z0-9-]{0,4}(\.[a-z0-9-]{0,4}){0,3}\Z"),
    "uri": st.from_regex(r"\A[a-z0-9+]{1,3}:(//)?[a-z@:/?#%2F.\[\] -]{0,12}\Z"),
    "ipv4": ORACLES["ipv4"][0],
    "ipv6": ORACLES["ipv6"][0],
    "uuid": ORACLES["uuid"][0],
}


@pytest.mark.parametrize("name", PEERS)
def test_a_format_is_what_a_validator_of_json_schema_takes(engine, name):
    validator = jsonschema_rs.validator_for({"type": "string", "format": name}, validate_formats=True)

    @BOUNDED
    @given(st.lists(PEERS[name], min_size=10, max_size=40))
    def compare(texts):
        texts = [text for text in texts if text.isascii()]
        assert good(name, texts, engine) == [text for text in texts if validator.is_valid(text)]

    compare()


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("23:59:60Z", True),
        ("23:59:60.5z", True),
        ("15:59:60-08:00", True),
        ("00:29:60+00:30", True),
        ("08:30:60Z", False),
        ("23:59:60+01:00", False),
    ],
)
def test_a_second_60_occurs_at_the_end_of_a_day_of_utc(engine, text, valid):
    assert good("time", [text], engine) == ([text] if valid else [])
    assert good("date-time", [f"2016-12-31T{text}"], engine) == ([f"2016-12-31T{text}"] if valid else [])


URI = {
    True: [
        "http://a",
        "urn:isbn:0451450523",
        "mailto:a@x.example",
        "x:%20",
        "x:",
        "http://u:p@x.example:80/a;b?c=d/e?f#g/h?i",
        "file:///etc",
        "http://[::1]:80/",
        "http://[v1.a:b]/",
        "http://x:/",
        "a+b-c.d:e",
        "http://",
        "x:a:b",
        "x:/a//b",
        "tel:+1-816-555-1212",
    ],
    False: [
        "",
        "a",
        "//a",
        "1x:y",
        "http://a b",
        "x:%2",
        "x:%zz",
        "http://[::1",
        "http://[1::2::3]/",
        "x:#a#b",
        "x:[a]",
        "http://a:b:c/",
        "x:\\",
        "x:{a}",
        "x:é",
        "http://x:80a/",
        'x:"',
        "x:^",
        ":a",
        "x:<a>",
    ],
}


def test_a_uri_is_one_of_rfc_3986(engine):
    assert good("uri", [*URI[True], *URI[False]], engine) == URI[True]


def test_every_character_is_allowed_where_rfc_3986_says(engine):
    allowed = set(string.ascii_letters + string.digits + "-._~:@!$&'()*+,;=/?#%")
    paths = [f"x:a{chr(code)}" for code in range(1, 256)]
    assert {text[-1] for text in good("uri", paths, engine)} == allowed - {"%"}


def test_a_format_that_is_not_known_has_no_judge():
    assert judge_of("password") is None
