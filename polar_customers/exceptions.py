class DatabaseUnavailable(Exception):
    """The database can't be used. The message is one sentence for whoever started the program."""
