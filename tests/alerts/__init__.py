"""Alerts as officials use them."""
