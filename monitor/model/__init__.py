"""Frozen dataclasses and enums that the stages hand to each other. They decide nothing."""
