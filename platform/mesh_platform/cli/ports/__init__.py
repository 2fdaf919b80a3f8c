"""`mesh ports`: the verbs over the files of ports, each in the module of its name."""
