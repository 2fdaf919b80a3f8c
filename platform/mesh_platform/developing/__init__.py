"""The developer's loop: what an edit does to a port's candidate, without publishing it."""
