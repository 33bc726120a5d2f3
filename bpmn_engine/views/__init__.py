"""Read models: what lists and pages show. Written by the store's queries, read by everybody else.

Keys are integers here; the web and the command line write them as decimal strings.
"""
