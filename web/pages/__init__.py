"""The pages that people see; every one of them is a function of the service's read models."""
