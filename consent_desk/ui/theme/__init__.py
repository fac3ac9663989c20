"""How the window looks: colours, fonts, icons, and what sets them for the whole program."""
