"""`mesh contract`: the verbs over contracts, each in the module of its name."""
