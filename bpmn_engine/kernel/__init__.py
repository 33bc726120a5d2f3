"""Stage 4, the execution kernel: step(graph, state, command, now) -> Step | Rejection. Pure."""
