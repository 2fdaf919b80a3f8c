"""`mesh product`: the verbs over one product's life, each in the module of its name."""
