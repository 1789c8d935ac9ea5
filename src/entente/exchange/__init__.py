"""Exchange: what passes between authorities, and what stays provable of it."""
