"""What the program knows and decides. Pure: no input or output, no clock, no threads, no Qt."""
