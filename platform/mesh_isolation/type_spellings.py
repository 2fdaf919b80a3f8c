"""How other systems spell types: Snowflake, BigQuery, PostgreSQL, Redshift, Spark, Iceberg, Trino, MySQL, SQL Server, Oracle.

A name is mapped if a port stores every value of the type, and nothing else that the name says is lost. Any other name that
these systems use is refused, with the reason and the nearest type.
"""


def _each(**spelled: str) -> dict[str, str]:
    return {name.strip(): kind.replace("_", " ") for kind, names in spelled.items() for name in names.split(",")}


TEXT = _each(
    VARCHAR="VARCHAR, TEXT, STRING, CHAR, CHARACTER, CHARACTER VARYING, CHAR VARYING, BPCHAR, NCHAR, NVARCHAR, VARCHAR2, "
    "NVARCHAR2, NATIONAL CHARACTER, NATIONAL CHARACTER VARYING, TINYTEXT, MEDIUMTEXT, LONGTEXT, NTEXT, CLOB, NCLOB"
)
"""Texts. They may state their largest number of characters, as `40` or `40 CHAR`; `MAX` states none."""

BINARY = _each(
    BLOB="BLOB, BYTEA, BYTES, BINARY, VARBINARY, BINARY VARYING, VARBYTE, RAW, LONG RAW, FIXED, IMAGE, TINYBLOB, MEDIUMBLOB, "
    "LONGBLOB"
)
"""Bytes. They may state their largest number of bytes; `MAX` states none."""

WHOLE_NUMBERS = _each(
    TINYINT="TINYINT, BYTE, INT1",
    SMALLINT="SMALLINT, INT2, INT16, SHORT, SMALLSERIAL, SERIAL2",
    INTEGER="INTEGER, INT, INT4, INT32, MEDIUMINT, SERIAL, SERIAL4",
    BIGINT="BIGINT, INT8, INT64, LONG, BIGSERIAL, SERIAL8",
)
"""Integers. The width that MySQL states, as in INT(11), is how they are shown, and is ignored."""

OTHERS = _each(
    BOOLEAN="BOOLEAN, BOOL",
    FLOAT="FLOAT, REAL, FLOAT4, FLOAT32, BINARY_FLOAT",
    DOUBLE="DOUBLE, DOUBLE PRECISION, FLOAT8, FLOAT64, BINARY_DOUBLE",
    DATE="DATE, DATE32",
) | {"SMALLMONEY": "DECIMAL(10,4)"}
"""Types that state nothing more."""

TIMES = _each(
    TIMESTAMP="TIMESTAMP, TIMESTAMP WITHOUT TIME ZONE, TIMESTAMP_NTZ, TIMESTAMPNTZ, DATETIME, DATETIME2, SMALLDATETIME",
    TIMESTAMP_WITH_TIME_ZONE="TIMESTAMP WITH TIME ZONE, TIMESTAMPTZ, TIMESTAMP_LTZ, TIMESTAMPLTZ, "
    "TIMESTAMP WITH LOCAL TIME ZONE",
)
"""Times. They may state up to six digits of a second; a port stores microseconds."""

DECIMALS = {"DECIMAL": None, "NUMERIC": None, "DEC": None, "NUMBER": 38, "BIGNUMERIC": None, "BIGDECIMAL": None}
"""Decimals, and the digits of one that states none; None if systems differ, so that it has to state them."""

NESTED = {
    "STRUCT": "STRUCT",
    "ROW": "STRUCT",
    "OBJECT": "STRUCT",
    "RECORD": "STRUCT",
    "MAP": "MAP",
    "ARRAY": "LIST",
    "LIST": "LIST",
}
"""Types of parts, in round or angle brackets. T[] is a list too."""

_SIGNED = "a port stores no unsigned integers"
_OFFSET = "it keeps the offset of each value, and a port stores the moment alone"
_PARTS = "it does not state its parts"
_NONE = "a port stores no such type"

REFUSED: dict[str, tuple[str, str]] = {
    "TINYINT UNSIGNED": (_SIGNED, "SMALLINT"),
    "UTINYINT": (_SIGNED, "SMALLINT"),
    "UINT8": (_SIGNED, "SMALLINT"),
    "SMALLINT UNSIGNED": (_SIGNED, "INTEGER"),
    "USMALLINT": (_SIGNED, "INTEGER"),
    "UINT16": (_SIGNED, "INTEGER"),
    "MEDIUMINT UNSIGNED": (_SIGNED, "INTEGER"),
    "INT UNSIGNED": (_SIGNED, "BIGINT"),
    "INTEGER UNSIGNED": (_SIGNED, "BIGINT"),
    "UINTEGER": (_SIGNED, "BIGINT"),
    "UINT32": (_SIGNED, "BIGINT"),
    "BIGINT UNSIGNED": (_SIGNED, "DECIMAL(20,0)"),
    "UBIGINT": (_SIGNED, "DECIMAL(20,0)"),
    "UINT64": (_SIGNED, "DECIMAL(20,0)"),
    "HUGEINT": ("a port stores integers of at most 64 bits", "DECIMAL(38,0)"),
    "UHUGEINT": ("a port stores integers of at most 64 bits", "DECIMAL(38,0)"),
    "BYTEINT": ("it has 8 bits in Redshift and 38 digits in Snowflake", "TINYINT or DECIMAL(38,0)"),
    "MONEY": ("its digits differ between systems", "DECIMAL(19,4) or DECIMAL(19,2)"),
    "BIT": ("it is a boolean in SQL Server and bits elsewhere", "BOOLEAN or BLOB"),
    "BIT VARYING": (_NONE, "BLOB"),
    "VARBIT": (_NONE, "BLOB"),
    "ROWVERSION": (_NONE, "BLOB"),
    "YEAR": (_NONE, "SMALLINT"),
    "TIME": (_NONE, "VARCHAR, with format: time"),
    "TIMETZ": (_NONE, "VARCHAR, with format: time"),
    "TIME WITH TIME ZONE": (_NONE, "VARCHAR, with format: time"),
    "TIME WITHOUT TIME ZONE": (_NONE, "VARCHAR, with format: time"),
    "TIMESTAMP_TZ": (_OFFSET, "TIMESTAMP WITH TIME ZONE"),
    "TIMESTAMPTZ_NS": ("a port stores microseconds", "TIMESTAMP WITH TIME ZONE"),
    "DATETIMEOFFSET": (_OFFSET, "TIMESTAMP WITH TIME ZONE"),
    "TIMESTAMP_NS": ("a port stores microseconds", "TIMESTAMP"),
    "TIMESTAMP_MS": ("a port stores microseconds", "TIMESTAMP"),
    "TIMESTAMP_S": ("a port stores microseconds", "TIMESTAMP"),
    "INTERVAL": (_NONE, "BIGINT of a stated unit, or VARCHAR"),
    "UUID": (_NONE, "VARCHAR, with format: uuid"),
    "UNIQUEIDENTIFIER": (_NONE, "VARCHAR, with format: uuid"),
    "GUID": (_NONE, "VARCHAR, with format: uuid"),
    "ENUM": (_NONE, "VARCHAR, with enum"),
    "SET": (_NONE, "VARCHAR[]"),
    "JSON": (_PARTS, "VARCHAR, or STRUCT(name T, …)"),
    "JSONB": (_PARTS, "VARCHAR, or STRUCT(name T, …)"),
    "VARIANT": (_PARTS, "VARCHAR, or STRUCT(name T, …)"),
    "SUPER": (_PARTS, "VARCHAR, or STRUCT(name T, …)"),
    "SQL_VARIANT": (_PARTS, "VARCHAR"),
    "XML": (_PARTS, "VARCHAR"),
    "HSTORE": (_PARTS, "MAP(VARCHAR, VARCHAR)"),
    "STRUCT": (_PARTS, "STRUCT(name T, …)"),
    "ROW": (_PARTS, "STRUCT(name T, …)"),
    "RECORD": (_PARTS, "STRUCT(name T, …)"),
    "OBJECT": (_PARTS, "STRUCT(name T, …)"),
    "MAP": (_PARTS, "MAP(T, T)"),
    "ARRAY": (_PARTS, "T[]"),
    "LIST": (_PARTS, "T[]"),
    "UNION": (_NONE, "STRUCT(name T, …)"),
    "VECTOR": (_NONE, "FLOAT[], with logicalType: vector"),
    "GEOGRAPHY": (_NONE, "BLOB or VARCHAR, as WKB or WKT"),
    "GEOMETRY": (_NONE, "BLOB or VARCHAR, as WKB or WKT"),
    "INET": (_NONE, "VARCHAR, with format: ipv4 or ipv6"),
    "CIDR": (_NONE, "VARCHAR"),
    "IPADDRESS": (_NONE, "VARCHAR, with format: ipv4 or ipv6"),
    "MACADDR": (_NONE, "VARCHAR"),
    "ROWID": (_NONE, "VARCHAR"),
}
"""Names that are understood and refused: the reason, and the nearest type."""
