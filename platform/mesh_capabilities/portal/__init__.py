"""The portal: a folder of static pages on which people find, judge and learn to read the products of the mesh."""
