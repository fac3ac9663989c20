"""What the program does for its user, one job a module. Knows the domain only; says what it needs."""
