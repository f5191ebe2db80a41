"""Conventions of the printed Official Report (Hansard) that several sources share."""
