"""The life of a data product: its stages, what each step asks for, and the record of who took it, when and why."""
