"""What makes the pages of docs/made/, one module for each kind of page; and what Sphinx calls while it reads pages."""
