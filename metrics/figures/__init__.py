"""What is reported about an organization's sales and usage: which figures there are, and how each is read."""
