"""Honours 评先树优, from nomination to conferral."""
