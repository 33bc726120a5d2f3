"""The REST API under /api/v1, described by the OpenAPI 3.1 document it serves itself."""
