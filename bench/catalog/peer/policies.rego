# The policies that need the catalog only, in Rego; each returns the same subjects as its SQL file.
package mesh

import rego.v1

levels := {"public": 1, "internal": 2, "confidential": 3, "personal": 4, "sensitive-personal": 5}

personal := {"personal", "sensitive-personal"}

blank(row, key) if row[key] == null

blank(row, key) if trim_space(row[key]) == ""

subject(column) := concat(".", [column.contract, column.column])

accountable_owner contains product.product if {
	some product in input.products
	blank(product, "owner")
}

accountable_owner contains product.product if {
	some product in input.products
	blank(product, "owner_address")
}

accountable_owner contains product.product if {
	some product in input.products
	not regex.match(`^[^@\s<>"',;]+@[^@\s<>"',;]+\.[^@\s<>"',;]+$`, product.owner_address)
}

valid_product contains product.product if {
	some product in input.products
	product.problem != null
}

valid_contract contains contract.contract if {
	some contract in input.contracts
	contract.valid == false
}

support_channel contains contract.contract if {
	some contract in input.contracts
	contract.valid != false
	blank(contract, "support_channel")
}

plain_names contains product.product if {
	some product in input.products
	not regex.match(`^[a-z][a-z0-9_]*$`, product.name)
}

columns_described contains subject(column) if {
	some column in input.columns
	blank(column, "description")
}

columns_described contains subject(column) if {
	some column in input.columns
	trim_right(trim_space(lower(column.description)), ".") in {lower(column.column), replace(lower(column.column), "_", " ")}
}

columns_classified contains subject(column) if {
	some column in input.columns
	not levels[column.classification]
}

times_in_utc contains subject(column) if {
	some column in input.columns
	startswith(column.type, "TIME")
	column.type != "TIMESTAMP WITH TIME ZONE"
}

personal_data_has_a_basis contains subject(column) if {
	some column in input.columns
	column.classification in personal
	some key in ["purpose", "legal_basis", "retention"]
	blank(column, key)
}

keyed contains column.contract if {
	some column in input.columns
	column.primary_key
}

tested contains rule.contract if {
	some rule in input.rules
	rule.kind == "primary_key"
}

primary_key_tested contains contract.contract if {
	some contract in input.contracts
	contract.valid != false
	not contract.contract in keyed
}

primary_key_tested contains contract.contract if {
	some contract in input.contracts
	contract.valid != false
	not contract.contract in tested
}

level_of[place] := level if {
	some column in input.columns
	place := concat(".", [column.port, column.column])
	level := object.get(levels, column.classification, 0)
}

column_at[place] := column if {
	some column in input.columns
	place := concat(".", [column.port, column.column])
}

personal_data_propagates contains subject(made) if {
	some step in input.column_lineage
	step.kind == "value"
	place := concat(".", [step.port, step.column])
	level_of[concat(".", [step.from_port, step.from_column])] > level_of[place]
	made := column_at[place]
	made.declassified_by == null
	made.masking == null
}
