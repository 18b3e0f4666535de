"""A county's season in one command, and its front doors."""
