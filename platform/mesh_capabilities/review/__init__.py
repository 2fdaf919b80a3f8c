"""What a change to the repository would do to the mesh: everything a pull request is judged by, and nothing else."""
