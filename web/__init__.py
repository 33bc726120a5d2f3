"""The web application: pages, JSON API and the compatible APIs."""
