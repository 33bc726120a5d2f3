"""Beyond the rules of the standard: what of a compiled process can go wrong when it runs.

Nothing found here refuses a file. `process_analysis.analyse_process` looks at one process,
`messages.analyse_messages` at all that are deployed together; both are pure and linear but for
the soundness of what cannot be reduced, which has a bound (`exploration.MOST_MARKINGS`).
"""
