"""Channels: where people and machines buy."""
