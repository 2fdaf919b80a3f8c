"""Who reads what: the tables of inputs declared and used, of the relations in SQL, and of columns made of columns."""

from collections.abc import Mapping

from mesh_capabilities.governance.catalog.declared.table import PORT, SMALL, TEXT, TRUTH, Table

TABLES: Mapping[str, Table] = {
    "inputs_declared": Table(
        "The ports that products declare to read.",
        {
            "product": (TEXT, "The product that reads, written domain/product."),
            "input": (TEXT, "The port that is read, written domain/port."),
            "input_major": (SMALL, "The major that is read."),
            "contract": (TEXT, "The id of the contract that is relied on."),
            "domain": (TEXT, "The domain that reads."),
            "input_domain": (TEXT, "The domain that is read."),
            "latest_days": (SMALL, "How many days are read, ending with the newest; empty for all."),
            "file": (TEXT, "The descriptor that declares it."),
        },
        ("product", "input", "input_major"),
    ),
    "inputs_used": Table(
        "The ports that the models of ports read, as their SQL says.",
        {
            "port": (TEXT, "The port that reads, written domain/port."),
            "product": (TEXT, "The product that it belongs to."),
            "input": (TEXT, "The port that is read, written domain/port."),
            "domain": (TEXT, "The domain that reads."),
            "input_domain": (TEXT, "The domain that is read."),
            "file": (TEXT, "The model, from the repository's root."),
        },
        ("port", "input"),
    ),
    "relations_read": Table(
        "Every relation that the compiled SQL of a model reads.",
        {
            "domain": (TEXT, "The domain of the model."),
            "model": (TEXT, "Its name."),
            "file": (TEXT, "Its file, from the repository's root."),
            "schema": (TEXT, "The schema of the relation; empty for none, as with a file."),
            "relation": (TEXT, "Its name."),
            "allowed": (TRUTH, "Whether a model of the domain may read it."),
            "why": (TEXT, "What makes it allowed or not."),
        },
        ("domain", "model", "schema", "relation"),
    ),
    "column_lineage": Table(
        "What the columns of ports are made of: one step, from port to port or to a source table.",
        {
            "port": (TEXT, "The port that is made."),
            "column": (TEXT, "Its column."),
            "from_port": (TEXT, "The port that is read, or a source table: sales/raw_orders."),
            "from_column": (TEXT, "The column that is read."),
            "kind": (TEXT, "value: the column is made of it; rows: it decides which rows there are."),
        },
        ("port", "column", "from_port", "from_column", "kind"),
    ),
    "unfollowed": Table(
        "Ports whose SQL could not be followed; of these the ports that are read are known, and no columns.",
        {
            "port": PORT,
            "file": (TEXT, "The model, from the repository's root."),
            "problem": (TEXT, "Why it could not be followed."),
        },
        ("port",),
    ),
}
