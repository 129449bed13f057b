"""Inspection exercises as coordinators and members use them."""
