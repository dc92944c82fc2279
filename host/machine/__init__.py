"""The machine that trading runs on: what it lacks, and what a process may ask of it."""
