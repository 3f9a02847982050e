"""A plugin as others would write it: greets whoever orders."""
