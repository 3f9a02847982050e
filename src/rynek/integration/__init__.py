"""Integration: the ways between Rynek and the programs of others."""
