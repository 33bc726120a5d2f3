"""Stage 5, transactional persistence: takes a Session, never commits, knows no business rules.

Lock order for every caller: instance rows first, in ascending key order, then their waits.
"""
