"""Scripts that people write into diagrams, run apart from the worker and confined."""
