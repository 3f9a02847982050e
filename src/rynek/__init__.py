"""Rynek: omnichannel commerce on one truth and one event log."""
