"""Acceptance tests of the shipped processes: a package, so that their company ends with them."""
