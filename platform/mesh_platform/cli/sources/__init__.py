"""`mesh sources`: the files that the sample company begins with."""
