"""Where results leave the program: Arrow files in a folder, or memory."""
