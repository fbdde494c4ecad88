"""The dashboard's pages about customers, by noun: their list, one of them, changes to one, and saved views."""
