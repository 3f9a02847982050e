"""The ground every context stands on."""
