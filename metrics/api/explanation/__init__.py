"""The API that says why usage is, or is not, on a customer."""
