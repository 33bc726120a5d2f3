"""Browser tests: a package of its own, so that its company ends with them."""
