"""What a mesh can do besides publishing: one folder a capability, of which mesh.toml lists those in force."""
