"""The API of meters."""
