"""Import and export: what people keep in tables, in and out of files, with a preview, a rehearsal and a way back."""

MOST_BYTES = 256 * 1_048_576
"""The largest file that the setting ``files.megabytes`` can allow."""

__all__ = ["MOST_BYTES"]
